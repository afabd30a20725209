import { expect, test } from 'vitest';
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import { accepted, newPaymentId, paymentKey } from '../suites/store/fixtures.ts';
import { openStore } from './world.ts';

// No method of the port reads it: people do.
test('every piece of evidence is kept unchanged, the same one twice, and one of an unknown payment', async () => {
  const { database, store } = await openStore();
  const payment = paymentKey(await accepted(store, 'one'));
  const outcomes: readonly CallOutcome[] = [
    { kind: 'approved', ref: 'ch_"late"' },
    { kind: 'unknown', answered: true, reason: 'http_500', retryAfterMs: 12.5 },
  ];
  const unknown = { ...payment, paymentId: newPaymentId() };
  for (const outcome of outcomes) {
    await store.addEvidence({ payment, chargeN: 1, outcome });
    await store.addEvidence({ payment, chargeN: 1, outcome });
    await store.addEvidence({ payment: unknown, chargeN: 2, outcome });
  }
  const kept = await database.query<{ n: number }>(
    `SELECT account_id, payment_id, charge_n, outcome, count(*)::int AS n FROM payonce.evidence
     GROUP BY 1, 2, 3, 4 ORDER BY charge_n, outcome->>'kind'`,
  );
  const row = (paymentId: string, charge_n: number, outcome: CallOutcome, n: number) => ({
    account_id: payment.accountId,
    payment_id: paymentId,
    charge_n,
    outcome,
    n,
  });
  expect(kept).toEqual([
    ...outcomes.map((outcome) => row(payment.paymentId, 1, outcome, 2)),
    ...outcomes.map((outcome) => row(unknown.paymentId, 2, outcome, 1)),
  ]);
});

test('evidence with the older name of the gateway’s id still names the charge', async () => {
  const { database, store } = await openStore();
  const payment = paymentKey(await accepted(store, 'one'));
  await database.query(
    `INSERT INTO payonce.evidence (account_id, payment_id, charge_n, outcome)
     VALUES ($1, $2, 1, '{"kind":"approved","chargeId":"ch_late"}')`,
    [payment.accountId, payment.paymentId],
  );
  await store.addEvidence({ payment, chargeN: 2, outcome: { kind: 'approved', ref: 'ch_later' } });
  expect(await store.chargesToVerify(payment, { afterN: 0, limit: 10 })).toMatchObject([
    { n: 1, moneyRef: 'ch_late' },
    { n: 2, moneyRef: 'ch_later' },
  ]);
});
