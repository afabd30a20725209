/** Refunds at the fake gateway, by its tokens: those that are decided later, land later, or fail after they succeeded. */
import { afterAll, expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { createMemoryLedger, startFakeGateway } from '../../src/fake-gateway/index.ts';
import { until } from '../support/until.ts';
import { json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const HOUR_MS = 3_600_000;
const after = (delayMs: number) => ({ rate: 0, delay_ms: delayMs });
/** The gateway's clock is ahead by so much. It decides when an hour is over, and not how fast this machine is. */
let aheadMs = 0;
const passAnHour = (): void => {
  aheadMs += HOUR_MS;
};
const fake = await startFakeGateway({
  ledger: createMemoryLedger(),
  now: () => Date.now() + aheadMs,
  faults: {
    lands_late: after(500),
    refund_pending: after(HOUR_MS),
    refund_pending_failed: after(HOUR_MS),
    refund_fails_later: after(HOUR_MS),
  },
});
const stage = await openStage({ env: { GATEWAY_URL: fake.url } });
const { client } = stage;
afterAll(async () => {
  await stage.close();
  await fake.close();
});

interface Paid {
  readonly payment_id: string;
  readonly order_id: string;
}

/** A payment of 1,000 whose refunds have the fault of the token. */
async function paid(method: string): Promise<Paid> {
  const answer = await client.pay({ orderId: `order of ${method}`, amount: 1000, method });
  expect(answer.status).toBe(201);
  return json(answer) as unknown as Paid;
}

const read = async (path: string) => json(await client.get(path));
const sums = async ({ payment_id: id }: Paid) => {
  const { amount_refunded: refunded, amount_refunding: refunding } = await read(`/v1/payments/${id}`);
  return { refunded, refunding };
};

async function ends(payment: Paid, refundId: string, status: string): Promise<Record<string, unknown>> {
  const address = `/v1/payments/${payment.payment_id}/refunds/${refundId}`;
  let shown: Record<string, unknown> = {};
  return await until(
    () => `the refund to be ${status}: ${JSON.stringify(shown)}`,
    async () => {
      shown = await read(address);
      return shown.status === status && shown;
    },
  );
}

/** What the gateway really did with the refunds of one payment. */
async function booked({ order_id: id }: Paid): Promise<unknown[]> {
  const answer = await fetch(`${fake.url}/_ledger?order_id=${encodeURIComponent(id)}`);
  const { data } = (await answer.json()) as { data: { refunds: { status: string; amount: number }[] }[] };
  return data.flatMap(({ refunds }) => refunds.map(({ status, amount }) => [status, amount]));
}

test('accepted, and made later', async () => {
  const payment = await paid('tok_refund_pending');
  const accepted = await client.refund({ payment, amount: 400, refundId: 'r' });
  expect([accepted.status, json(accepted).status]).toEqual([201, 'PENDING']);
  passAnHour();
  await ends(payment, 'r', 'SUCCEEDED');
  expect(await booked(payment)).toEqual([['succeeded', 400]]);
  expect(await sums(payment)).toEqual({ refunded: 400, refunding: 0 });
});

test('accepted, and failed later: the money can be refunded again', async () => {
  const payment = await paid('tok_refund_pending_failed');
  const accepted = await client.refund({ payment, refundId: 'r' });
  expect([accepted.status, json(accepted).amount]).toEqual([201, 1000]);
  passAnHour();
  const shown = await ends(payment, 'r', 'FAILED');
  expect(shown).toMatchObject({ failure_code: 'refund_failed', safe_to_retry_with_new_key: true });
  const failed = await client.refund({ payment, refundId: 'r' });
  expect([failed.status, json(failed).code]).toEqual([422, 'refund_declined']);
  expect(await sums(payment)).toEqual({ refunded: 0, refunding: 0 });
  expect((await client.refund({ payment, refundId: 'again' })).status).toBe(201);
});

test('landed late: not known at first, then SUCCEEDED, and made once', async () => {
  const payment = await paid('tok_refund_lands_late');
  const order = { payment, amount: 400, refundId: 'r' };
  const asked = await client.refund({ ...order, prefer: 'respond-async' });
  expect([asked.status, json(asked).status]).toEqual([202, 'PENDING']);
  expect(await sums(payment)).toEqual({ refunded: 0, refunding: 400 });
  await ends(payment, 'r', 'SUCCEEDED');
  expect((await client.refund(order)).status).toBe(200);
  expect(await booked(payment)).toEqual([['succeeded', 400]]);
});

test('declined: the bytes of the answer stay, also in another process', async () => {
  const payment = await paid('tok_refund_declined');
  const order = { payment, amount: 400, refundId: 'r', key: 'declined' };
  const declined = await client.refund(order);
  expect([declined.status, json(declined).code]).toEqual([422, 'refund_declined']);
  await stage.service().kill();
  await stage.start();
  const again = await client.refund(order);
  expect([again.status, again.text]).toEqual([422, declined.text]);
  expect(again.headers['idempotent-replayed']).toBe('true');
});

test('another amount: a person must decide, and the amount stays reserved', async () => {
  const payment = await paid('tok_refund_wrong_amount');
  const asked = await client.refund({ payment, amount: 400, refundId: 'r' });
  expect([asked.status, json(asked).status, json(asked).failure_code]).toEqual([
    202,
    'REVIEW',
    'amount_mismatch',
  ]);
  expect(await sums(payment)).toEqual({ refunded: 0, refunding: 400 });
});

test('failed after it had succeeded: the first answer is superseded, and the money can be refunded again', async () => {
  const payment = await paid('tok_refund_fails_later');
  const order = { payment, refundId: 'r' };
  const told = await client.refund(order);
  expect([told.status, json(told).status]).toEqual([201, 'SUCCEEDED']);
  passAnHour();
  expect(await booked(payment)).toEqual([['failed', 1000]]);
  // It is looked up an hour later. The test does not wait for that.
  await query(
    stage.databaseUrl,
    `UPDATE payonce.follow_ups SET due_at = now() WHERE name = 'r' AND status = 'COMPLETED'`,
  );
  await ends(payment, 'r', 'FAILED');
  // The line comes after the write, and a read may be faster.
  await until('the alarm', () => stage.service().output().includes('"alarm":"refund_failed_late"'));
  const superseded = await client.refund(order);
  expect(superseded.status).toBe(409);
  expect(json(superseded)).toMatchObject({
    code: 'result_superseded',
    refund_id: 'r',
    refund_status: 'FAILED',
  });
  expect(await sums(payment)).toEqual({ refunded: 0, refunding: 0 });
  expect((await client.refund({ payment, refundId: 'again' })).status).toBe(201);
});
