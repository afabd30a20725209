/** One charge at the gateway: the call and its retries. For DBOS and Restate; undici is Payonce's own. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/**
 * @typedef {{ order_id: string, amount: number, currency: string, method?: string }} Order
 * @typedef {{ payment_id: string, order_id: string, amount: number, currency: string,
 *   status: 'COMPLETED' | 'DECLINED' | 'FAILED' }} Payment
 */

const TIMEOUT_MS = 10_000;
const RETRIES = 3;
const BACKOFF_MS = 100;

const base = new URL(process.env.GATEWAY_URL);
const path = `${base.pathname.replace(/\/+$/, '')}/charges`;
const pool = new Pool(base.origin, {
  connections: 256,
  pipelining: 1,
  allowH2: false,
  connect: { timeout: 5_000 },
  // Shorter than the 5 s after which Node servers hang up, so that no call meets a closing connection.
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 60_000,
  headersTimeout: TIMEOUT_MS,
  bodyTimeout: TIMEOUT_MS,
});

/** Names the payment of an order, here and at the gateway. A hash: an order id may hold any character. */
export function paymentIdOf(orderId) {
  return `pay_${createHash('sha256').update(orderId).digest('hex')}`;
}

/**
 * Charges the order: one call and up to three retries under the same key, with full jitter between them.
 *
 * @param {Order} order
 * @returns {Promise<Payment>} never rejects for what the gateway does
 */
export async function charge(order) {
  const { order_id, amount, currency } = order;
  const payment_id = paymentIdOf(order_id);
  for (let retry = 0; ; retry += 1) {
    const status = await call(payment_id, order);
    if (status !== 'UNKNOWN') return { payment_id, order_id, amount, currency, status };
    if (retry === RETRIES) return { payment_id, order_id, amount, currency, status: 'FAILED' };
    await sleep(Math.random() * BACKOFF_MS * 2 ** retry);
  }
}

/** @returns {Promise<'COMPLETED' | 'DECLINED' | 'UNKNOWN'>} */
async function call(paymentId, { order_id, amount, currency, method }) {
  try {
    const answer = await pool.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', 'idempotency-key': paymentId },
      body: JSON.stringify({ amount, currency, reference: paymentId, order_id, method }),
    });
    const charge = await answer.body.json();
    if (answer.statusCode === 402) return 'DECLINED';
    const ours =
      answer.statusCode === 200 &&
      charge.status === 'succeeded' &&
      charge.amount === amount &&
      charge.currency === currency &&
      charge.reference === paymentId &&
      charge.idempotency_key === paymentId;
    return ours ? 'COMPLETED' : 'UNKNOWN';
  } catch {
    // A broken connection, a timeout, or a body that is no JSON: the next call with the same key shows what happened.
    return 'UNKNOWN';
  }
}
