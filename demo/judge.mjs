/** Compares every answer that a client got with what the gateway really charged. One judge for both lanes. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The last charge is made or settled within seconds; a ledger that changes for longer than this is broken. */
const FINAL_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 100;

/**
 * `answers`: `{ orderId, paid, body }`, one or more for each order. `body` is what must not change; a lane that
 * answers once leaves it out. All numbers but `charges` are numbers of orders.
 */
export async function judge({ answers, gatewayUrl }) {
  await untilFinal(gatewayUrl);
  const ledger = await readAll(`${gatewayUrl}/_ledger?limit=500`);
  const charges = new Map();
  for (const { live, order_id: orderId } of ledger) {
    if (live) charges.set(orderId, (charges.get(orderId) ?? 0) + 1);
  }
  const bodies = new Map();
  for (const { orderId, body } of answers) {
    bodies.set(orderId, (bodies.get(orderId) ?? new Set()).add(body));
  }
  const paid = ordersOf(answers.filter((answer) => answer.paid));
  const failed = ordersOf(answers.filter((answer) => !answer.paid));
  return {
    charges: [...charges.values()].reduce((sum, count) => sum + count, 0),
    paid: paid.length,
    failed: failed.length,
    chargedTwice: [...charges.values()].filter((count) => count > 1).length,
    failedButCharged: failed.filter((orderId) => charges.has(orderId)).length,
    paidButNotCharged: paid.filter((orderId) => !charges.has(orderId)).length,
    changed: [...bodies.values()].filter(({ size }) => size > 1).length,
  };
}

/** What Payonce itself says about its payments. */
export async function readPayments({ serverUrl, orders }) {
  const payments = await readAll(`${serverUrl}/v1/payments?limit=100`);
  return {
    calls: payments.reduce((sum, payment) => sum + payment.attempts, 0),
    unsettled: payments.filter(({ status }) => status !== 'COMPLETED' && status !== 'FAILED').length,
    lost: orders.length - payments.length,
  };
}

/** The gateway's own sums, without its charges. */
export async function readSummary(gatewayUrl) {
  const response = await fetch(`${gatewayUrl}/_ledger?limit=1`);
  return (await response.json()).summary;
}

/** A charge that is made late, or settles late, counts as well. */
async function untilFinal(gatewayUrl) {
  for (let waitedMs = 0; waitedMs < FINAL_WITHIN_MS; waitedMs += LOOK_AGAIN_MS) {
    const { landing, pending } = await readSummary(gatewayUrl);
    if (landing + pending === 0) return;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error(`The ledger of ${gatewayUrl} still changes after ${FINAL_WITHIN_MS} ms.`);
}

const ordersOf = (answers) => [...new Set(answers.map(({ orderId }) => orderId))];

async function readAll(address) {
  const rows = [];
  let cursor = '';
  for (;;) {
    const page = await fetch(`${address}${cursor}`).then((response) => response.json());
    rows.push(...page.data);
    if (page.next_cursor === null || page.next_cursor === undefined) return rows;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
