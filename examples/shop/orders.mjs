/** What a shop does with an order, in any framework: express.mjs, fastify.mjs and next/ call it. Put your database in place of the Map. */
import { createClient, PayonceInputError, verifyWebhook } from 'payonce/client';

const payonce = createClient({
  baseUrl: process.env.PAYONCE_URL ?? 'http://127.0.0.1:8000',
  apiKey: process.env.PAYONCE_API_KEY,
});

// The price comes from here, never from the browser.
const orders = new Map(['ORD1', 'ORD2', 'ORD3'].map((id) => [id, { amountMinor: 10_000, currency: 'USD' }]));

/**
 * Charges an order, and says what to answer. Call it again to learn more: the same attempt is the same charge, because its key is made from
 * the order's id and the attempt.
 */
export async function pay(orderId, form) {
  const order = orders.get(orderId);
  if (order === undefined) return answer(404, { state: 'unknown_order' });
  const { method, attempt = 1 } = form ?? {};
  const { amountMinor, currency } = order;
  try {
    const charge = { orderId, amountMinor, currency, method };
    return show(orderId, attempt, await payonce.charge(charge, { attempt, deadlineMs: 5000 }));
  } catch (error) {
    if (error instanceof PayonceInputError)
      return answer(400, { state: 'bad_request', detail: error.message });
    throw error;
  }
}

function show(orderId, attempt, result) {
  switch (result.outcome) {
    case 'paid':
      ship(orderId);
      return answer(200, { state: 'paid' });
    case 'pending': {
      // Neither paid nor failed. The page asks again; if the customer must act (3-D Secure), it does that first.
      const nextAction = result.reason === 'customer_must_act' ? result.nextAction : null;
      const seconds = Math.ceil(result.retryAfterMs / 1000);
      return answer(202, { state: 'pending', nextAction }, { 'Retry-After': String(seconds) });
    }
    case 'declined':
    case 'failed':
      // Nothing was charged. Another card is the next attempt.
      return result.safeToRetryWithNewKey
        ? answer(402, { state: result.outcome, nextAttempt: attempt + 1 })
        : answer(409, { state: 'ask_support' });
    case 'refused':
      // Nothing was sent for this call: such as another card under the same attempt.
      return answer(409, { state: 'refused', code: result.code });
    default:
      // A person must look at it. Do not ship, and do not charge in another way.
      return answer(409, { state: 'ask_support' });
  }
}

/** Takes an event of Payonce. `body` is as it came in: text or bytes. An event may be forged, old, or come twice, so it is only a hint. */
export async function takeEvent(body, headers) {
  const check = await verifyWebhook({ body, headers, secrets: [process.env.PAYONCE_WEBHOOK_SECRET] });
  if (check.outcome === 'forged') return answer(400, { state: 'forged' });
  const paymentId = JSON.parse(check.body).data?.payment_id;
  const payment = paymentId === undefined ? null : await payonce.payment(paymentId);
  if (payment?.status === 'COMPLETED') ship(payment.orderId);
  return answer(200, { state: 'taken' });
}

/** Payonce tells the same outcome as often as you ask. That you ship once is up to you. */
function ship(orderId) {
  const order = orders.get(orderId);
  if (order === undefined || order.shipped) return;
  order.shipped = true;
  process.stdout.write(`ship ${orderId}\n`);
}

const answer = (status, body, headers = {}) => ({ status, body, headers });
