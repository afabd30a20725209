/**
 * A shop that charges through a Payonce service, over HTTP.
 *
 *   npm start                       # in another terminal
 *   node examples/client.mjs       # PAYONCE_URL is where the service is; by default http://127.0.0.1:8000
 */
import { createClient } from 'payonce/client';

const payonce = createClient({ baseUrl: process.env.PAYONCE_URL ?? 'http://127.0.0.1:8000' });

const order = {
  orderId: `ORD-${process.pid}-${Math.round(performance.timeOrigin)}`,
  amountMinor: 10_000,
  currency: 'USD',
  method: 'tok_visa',
};

// Twice at once, as an impatient customer does. Both calls make the same key from the order, so this is one charge.
const [first, second] = await Promise.all([payonce.charge(order), payonce.charge(order)]);
say(`first:  ${describe(first)}`);
say(`second: ${describe(second)}`);

// After a decline the customer tries another card: that is the next attempt.
const result =
  first.outcome === 'declined' && first.safeToRetryWithNewKey
    ? await payonce.charge({ ...order, method: 'tok_mastercard' }, { attempt: 2 })
    : first;

if (result.outcome === 'paid') {
  const { paymentId } = result.payment;
  // The name of the refund makes it safe to send it again.
  const refund = await payonce.refund({ paymentId, amountMinor: 4000, refundId: 'return-17' });
  say(`refund: ${refund.outcome}`);
  const payment = await payonce.payment(paymentId);
  say(`left:   ${(payment?.sums.capturedMinor ?? 0) - (payment?.sums.refundedMinor ?? 0)}`);
  for await (const event of payonce.events(paymentId)) say(`event:  ${event.type}`);
}

/** Every outcome, and what a program should do with it. */
function describe(outcome) {
  switch (outcome.outcome) {
    case 'paid':
      return `paid${outcome.payment.livemode ? '' : ' (with no real money)'}: ship`;
    case 'authorized':
      // Only with captureMethod: 'manual'.
      return 'the money is held; capture it to be paid';
    case 'released':
      return 'the money was let go; nothing is paid';
    case 'declined':
    case 'failed':
      return `${outcome.outcome}, nothing was charged: ${outcome.detail}`;
    case 'pending':
      // Ask again with the same order. If the reason is customer_must_act, pass nextAction to their page first.
      return `not proved yet (${outcome.reason}): ${outcome.detail}`;
    case 'review':
      return `a person must look at it: ${outcome.reason}`;
    case 'refused':
      return `nothing was sent (${outcome.code}): ${outcome.detail}`;
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
