/** Evidence: what workers without a lease report. It takes nobody's lease away, and it is never lost. */
import { describe, expect, test } from 'vitest';
import type { PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import { accepted, LEASE_MS, newPaymentId, numbers, paymentKey, recordOf } from './fixtures.ts';
import type { Unit } from './units.ts';

export function evidenceTests(env: Environment, unit: Unit): void {
  const { held, tell, take, release, complete, fail } = unit;
  const again = (record: PaymentRecord) => unit.read(env.store, record);
  const dueNow = async () => (await unit.due(env.store)).map(({ order }) => order.orderId);

  async function settled(orderId: string, end: typeof complete): Promise<PaymentRecord> {
    const record = await held(env.store, orderId);
    expect(await unit.advance(env.store, end(record))).toMatchObject({ kind: 'done' });
    return again(record);
  }

  describe(`evidence about ${unit.name}`, () => {
    test('touches neither the lease nor the seq of whoever holds it', async () => {
      const record = await held(env.store, 'held');
      const payment = await env.store.payment(record.order.accountId, record.paymentId);
      expect(await tell(env.other, record)).toBe('kept');
      expect(await again(record)).toEqual({ ...record, evidence: 1 });
      expect(await unit.trail(env.store, record)).toHaveLength(1);
      expect(await dueNow()).toEqual([]);
      if (payment?.operation.kind !== record.operation.kind)
        expect(await env.store.payment(record.order.accountId, record.paymentId)).toEqual(payment);
      expect(await unit.advance(env.store, complete(record))).toMatchObject({ kind: 'done' });
    });

    test.each([
      ['completed', complete],
      ['failed', fail],
    ] as const)('makes what is not held due at once, without changing its state (%s)', async (_what, end) => {
      const idle = await settled('idle', end);
      expect(await dueNow()).toEqual([]);
      await tell(env.other, idle);
      const { dueAtMs, answer, ...rest } = await again(idle);
      const { dueAtMs: _due, answer: frozen, ...before } = idle;
      expect(rest).toEqual({ ...before, evidence: 1 });
      expect(answer?.body).toBe(frozen?.body);
      expect(dueAtMs).toBeGreaterThanOrEqual(idle.updatedAtMs);
      expect(await dueNow()).toEqual(['idle']);
    });

    test('makes what waits due at once', async () => {
      const record = await held(env.store, 'waiting');
      await unit.advance(env.store, release(record, 3_600_000));
      expect(await dueNow()).toEqual([]);
      await tell(env.store, record);
      expect(await dueNow()).toEqual(['waiting']);
    });

    test('is counted piece by piece, from any number of workers at once', async () => {
      const record = await held(env.store, 'counted');
      await Promise.all(numbers(10).map((n) => tell(n % 2 === 0 ? env.store : env.other, record)));
      expect((await again(record)).evidence).toBe(10);
    });

    test('is kept even where there is no such payment, and counts nowhere', async () => {
      const record = await held(env.store, 'known');
      const unknown = { ...paymentKey(record), paymentId: newPaymentId() };
      expect(await tell(env.store, record, unknown)).toBe('no_payment');
      expect(await tell(env.store, record)).toBe('kept');
      expect(await again(record)).toEqual({ ...record, evidence: 1 });
    });

    test('touches nothing of another account', async () => {
      const mine = await held(env.store, 'shared');
      const theirs = await held(env.store, 'shared', 'globex');
      await tell(env.store, theirs);
      await tell(env.store, mine, { ...paymentKey(mine), accountId: 'globex' });
      expect(await again(mine)).toEqual(mine);
      expect(await again(theirs)).toEqual({ ...theirs, evidence: 1 });
    });
  });

  describe(`evidence and the next write of ${unit.name}`, () => {
    test('a write that has not seen the evidence leaves it due at once', async () => {
      const record = await held(env.store, 'unseen');
      await tell(env.store, record);
      const result = await unit.advance(env.store, complete(record));
      expect(result).toMatchObject({ kind: 'done', evidence: 1 });
      expect(await again(record)).toMatchObject({ evidence: 1, held: false });
      expect(await dueNow()).toEqual(['unseen']);
    });

    test('a write that has handled the evidence leaves it idle', async () => {
      const record = await held(env.store, 'seen');
      await tell(env.store, record);
      const result = await unit.advance(env.store, { ...complete(record), evidenceSeen: 1 });
      expect(result).toMatchObject({ kind: 'done', evidence: 0 });
      expect(await again(record)).toMatchObject({ evidence: 0, dueAtMs: null });
    });

    test('a failure is not written over evidence that it has not seen, and is written when it has', async () => {
      const record = await held(env.store, 'failing');
      await tell(env.store, record);
      const now = await again(record);
      expect(await unit.advance(env.store, fail(record))).toEqual({ kind: 'lost', record: now });
      expect(await again(record)).toEqual({ ...record, evidence: 1 });
      expect(await unit.trail(env.store, record)).toHaveLength(1);
      const result = await unit.advance(env.store, { ...fail(record), evidenceSeen: 1 });
      expect(result).toMatchObject({ kind: 'done', evidence: 0 });
      expect(await again(record)).toMatchObject({ dueAtMs: null, operation: { status: 'FAILED' } });
    });

    test('evidence and a failure at once: one of them comes first, and the failure never hides it', async () => {
      for (const round of numbers(20)) {
        const record = await held(env.store, `failing ${round}`);
        const [written] = await Promise.all([unit.advance(env.store, fail(record)), tell(env.other, record)]);
        const after = await again(record);
        expect(after).toMatchObject({
          evidence: 1,
          operation: { status: written.kind === 'done' ? 'FAILED' : 'PROCESSING' },
        });
        expect(after.dueAtMs).not.toBeNull();
      }
    });

    test('evidence that comes in while earlier evidence is checked is left over', async () => {
      const idle = await settled('more', complete);
      await tell(env.store, idle);
      await unit.advance(env.store, take({ ...idle, evidence: 1 }));
      const looking = await again(idle);
      await tell(env.store, idle);
      const result = await unit.advance(env.store, unit.write(looking, { evidenceSeen: looking.evidence }));
      expect(result).toMatchObject({ kind: 'done', evidence: 1 });
      expect(await dueNow()).toEqual(['more']);
    });

    test('a write that asks to wait waits, evidence or not', async () => {
      const record = await held(env.store, 'waits');
      await tell(env.store, record);
      expect(await unit.advance(env.store, release(record, 60_000))).toMatchObject({ kind: 'done' });
      expect(await dueNow()).toEqual([]);
    });

    test('evidence and the closing write at once never lose the evidence', async () => {
      for (const round of numbers(20)) {
        const record = await held(env.store, `race ${round}`);
        await Promise.all([unit.advance(env.store, complete(record)), tell(env.other, record)]);
        const after = await again(record);
        expect(after).toMatchObject({ evidence: 1, held: false, operation: { status: 'COMPLETED' } });
        expect(after.dueAtMs).not.toBeNull();
      }
    });

    test('a lost write handles no evidence', async () => {
      const record = await held(env.store, 'lost');
      await tell(env.store, record);
      await env.advanceClock(LEASE_MS + 1);
      const taken = await unit.advance(env.other, take(record));
      expect(taken).toMatchObject({ kind: 'done' });
      expect(await unit.advance(env.store, { ...complete(record), evidenceSeen: 1 })).toMatchObject({
        kind: 'lost',
        record: { evidence: 1 },
      });
    });
  });
}

/** The order is part of a payment's key. A follow-up has an id of its own. */
export function paymentEvidenceTests(env: Environment): void {
  describe('evidence about a payment', () => {
    test('is counted nowhere under another payment’s order', async () => {
      const one = await accepted(env.store, 'one');
      const two = await accepted(env.store, 'two');
      const payment = { ...paymentKey(one), orderId: 'two' };
      await env.store.addEvidence({ payment, chargeN: 1, outcome: { kind: 'approved', ref: 'ch_late' } });
      expect(await recordOf(env.store, one.order)).toEqual(one);
      expect(await recordOf(env.store, two.order)).toEqual(two);
    });
  });
}
