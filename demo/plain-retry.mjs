/**
 * The control: a plain retry, as many programs have it. A call without a good answer is made again, up to three
 * times, and every call has a new key. A call that timed out may have charged; then the next one charges again.
 *
 * Its task is easier than that of Payonce: it gets each order once, waits longer for an answer, and nobody kills it.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** As many as Payonce makes, with the same first pause. */
const MAX_CALLS = 4;
const BACKOFF_MS = 100;
/** Longer than Payonce waits here: no call may time out because this machine is busy with the rest of the demo. */
const TIMEOUT_MS = 3000;
const ORDERS_AT_ONCE = 50;

export async function payPlainly({ gatewayUrl, orders }) {
  const answers = [];
  let calls = 0;

  async function call(order, key) {
    calls += 1;
    const response = await fetch(`${gatewayUrl}/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ ...order, reference: order.order_id }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return (await response.json()).status;
  }

  async function isPaid(order) {
    for (let attempt = 1; attempt <= MAX_CALLS; attempt += 1) {
      if (attempt > 1) await sleep(BACKOFF_MS * 2 ** (attempt - 2));
      // Most programs draw a random key. This one is the same in every run, so that it meets the same faults.
      const status = await call(order, `plain-${order.order_id}-${attempt}`).catch(() => 'unknown');
      if (status === 'succeeded' || status === 'pending') return true;
      if (status === 'declined') return false;
    }
    return false;
  }

  const waiting = [...orders];
  async function payInTurn() {
    for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
      answers.push({ orderId: order.order_id, paid: await isPaid(order) });
    }
  }
  await Promise.all(Array.from({ length: ORDERS_AT_ONCE }, payInTurn));
  return { answers, calls };
}
