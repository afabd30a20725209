import { describe, expect, test } from 'vitest';
import type { PaymentRecord } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  advance,
  complete,
  done,
  eventsOf,
  fail,
  GATEWAY,
  intent,
  LEASE_MS,
  newPaymentId,
  numbers,
  order,
  paymentKey,
  recordOf,
  release,
  seen,
  steps,
  take,
} from './fixtures.ts';

const APPROVED = { kind: 'approved', ref: 'ch_late' } as const;

export function evidenceTests(env: Environment): void {
  const evidence = (record: PaymentRecord) => ({
    payment: paymentKey(record),
    chargeN: record.operation.n,
    outcome: APPROVED,
  });
  async function dueNow(): Promise<readonly string[]> {
    const { payments } = await env.store.due({ gateway: GATEWAY, limit: 100, calls: true });
    return payments.map((record) => record.order.orderId);
  }

  describe('addEvidence', () => {
    test('touches neither the lease nor the seq of whoever holds the payment', async () => {
      const held = await accepted(env.store, 'held');
      await env.other.addEvidence(evidence(held));
      expect(await recordOf(env.store, held.order)).toEqual({ ...held, evidence: 1 });
      expect(await eventsOf(env.store, held)).toHaveLength(1);
      expect(await dueNow()).toEqual([]);
      expect(await done(env.store, complete(held))).toMatchObject({ operation: { status: 'COMPLETED' } });
    });

    test.each([
      ['completed', complete],
      ['failed', fail],
    ] as const)('makes a %s payment due to be checked, without changing its state', async (_what, end) => {
      const idle = await done(env.store, end(await accepted(env.store, 'idle')));
      expect(await dueNow()).toEqual([]);
      await env.other.addEvidence(evidence(idle));
      const { nowMs, payment } = await seen(env.store, 'idle');
      const { dueAtMs, answer, ...rest } = payment ?? idle;
      expect(rest).toEqual({ ...omit(idle, 'dueAtMs', 'answer'), evidence: 1 });
      expect(answer?.body).toBe(idle.answer?.body);
      expect(dueAtMs).toBeGreaterThanOrEqual(idle.updatedAtMs);
      expect(dueAtMs).toBeLessThanOrEqual(nowMs);
      expect(await dueNow()).toEqual(['idle']);
    });

    test('makes a payment that waits due at once', async () => {
      const waiting = await done(env.store, release(await accepted(env.store, 'waiting'), 3_600_000));
      expect(await dueNow()).toEqual([]);
      await env.store.addEvidence(evidence(waiting));
      expect(await dueNow()).toEqual(['waiting']);
    });

    test('is counted piece by piece, from any number of workers at once', async () => {
      const held = await accepted(env.store, 'counted');
      await Promise.all(
        numbers(10).map((n) => (n % 2 === 0 ? env.store : env.other).addEvidence(evidence(held))),
      );
      expect((await recordOf(env.store, held.order)).evidence).toBe(10);
    });

    test('is kept even where there is no such payment', async () => {
      const known = await accepted(env.store, 'known');
      const unknown = { ...evidence(known), payment: { ...paymentKey(known), paymentId: newPaymentId() } };
      expect(await env.store.addEvidence(unknown)).toBe('no_payment');
      expect(await env.store.addEvidence(evidence(known))).toBe('kept');
      expect(await recordOf(env.store, known.order)).toEqual({ ...known, evidence: 1 });
    });

    test('is counted nowhere under another payment’s order', async () => {
      const one = await accepted(env.store, 'one');
      const two = await accepted(env.store, 'two');
      await env.store.addEvidence({ ...evidence(one), payment: { ...paymentKey(one), orderId: 'two' } });
      expect(await recordOf(env.store, one.order)).toEqual(one);
      expect(await recordOf(env.store, two.order)).toEqual(two);
    });

    test('touches no other account’s payment', async () => {
      const mine = await accepted(env.store, 'shared');
      const theirs = await accepted(env.store, intent(order('shared', { accountId: 'globex' })));
      await env.store.addEvidence(evidence(theirs));
      await env.store.addEvidence({
        ...evidence(mine),
        payment: { ...paymentKey(mine), accountId: 'globex' },
      });
      expect(await recordOf(env.store, mine.order)).toEqual(mine);
      expect(await recordOf(env.store, theirs.order)).toEqual({ ...theirs, evidence: 1 });
    });
  });

  describe('evidence and the next write', () => {
    test('a write that has not seen the evidence leaves the payment due at once', async () => {
      const held = await accepted(env.store, 'unseen');
      await env.store.addEvidence(evidence(held));
      const result = await env.store.advance(complete(held));
      expect(result).toMatchObject({ kind: 'done', evidence: 1 });
      expect(await recordOf(env.store, held.order)).toMatchObject({ evidence: 1, held: false });
      expect(await dueNow()).toEqual(['unseen']);
    });

    test('a write that has handled the evidence leaves the payment idle', async () => {
      const held = await accepted(env.store, 'seen');
      await env.store.addEvidence(evidence(held));
      const result = await env.store.advance({ ...complete(held), evidenceSeen: 1 });
      expect(result).toMatchObject({ kind: 'done', evidence: 0 });
      expect(await recordOf(env.store, held.order)).toMatchObject({ evidence: 0, dueAtMs: null });
    });

    test('a failure is not written over evidence that it has not seen, and is written when it has', async () => {
      const held = await accepted(env.store, 'failing');
      await env.store.addEvidence(evidence(held));
      const now = await recordOf(env.store, held.order);
      expect(await env.store.advance(fail(held))).toEqual({ kind: 'lost', record: now });
      expect(await recordOf(env.store, held.order)).toEqual({ ...held, evidence: 1 });
      expect(await eventsOf(env.store, held)).toHaveLength(1);
      const result = await env.store.advance({ ...fail(held), evidenceSeen: 1 });
      expect(result).toMatchObject({ kind: 'done', evidence: 0 });
      expect(await recordOf(env.store, held.order)).toMatchObject({ operation: { status: 'FAILED' } });
    });

    test('evidence and a failure at once: one of them comes first, and the failure never hides it', async () => {
      for (const round of numbers(20)) {
        const held = await accepted(env.store, `failing ${round}`);
        const [written] = await Promise.all([
          env.store.advance(fail(held)),
          env.other.addEvidence(evidence(held)),
        ]);
        const after = await recordOf(env.store, held.order);
        expect(after).toMatchObject({
          evidence: 1,
          operation: { status: written.kind === 'done' ? 'FAILED' : 'PROCESSING' },
        });
        expect(after.dueAtMs).not.toBeNull();
      }
    });

    test('evidence that comes in while earlier evidence is checked is left over', async () => {
      const idle = await done(env.store, complete(await accepted(env.store, 'more')));
      await env.store.addEvidence(evidence(idle));
      const looking = await steps(env.store, { ...idle, evidence: 1 }, take);
      await env.store.addEvidence(evidence(idle));
      const result = await env.store.advance(advance(looking, { evidenceSeen: looking.evidence }));
      expect(result).toMatchObject({ kind: 'done', evidence: 1 });
      expect(await dueNow()).toEqual(['more']);
    });

    test('a write that asks to wait waits, evidence or not', async () => {
      const held = await accepted(env.store, 'waits');
      await env.store.addEvidence(evidence(held));
      await done(env.store, release(held, 60_000));
      expect(await dueNow()).toEqual([]);
    });

    test('evidence and the closing write at once never lose the evidence', async () => {
      for (const round of numbers(20)) {
        const held = await accepted(env.store, `race ${round}`);
        await Promise.all([env.store.advance(complete(held)), env.other.addEvidence(evidence(held))]);
        const after = await recordOf(env.store, held.order);
        expect(after).toMatchObject({ evidence: 1, held: false, operation: { status: 'COMPLETED' } });
        expect(after.dueAtMs).not.toBeNull();
      }
    });

    test('a lost write handles no evidence', async () => {
      const held = await accepted(env.store, 'lost');
      await env.store.addEvidence(evidence(held));
      await env.advanceClock(LEASE_MS + 1);
      await done(env.other, take(held));
      expect(await env.store.advance({ ...complete(held), evidenceSeen: 1 })).toMatchObject({
        kind: 'lost',
        record: { evidence: 1 },
      });
    });
  });
}

function omit<T extends object, K extends keyof T>(value: T, ...names: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name as K))) as Omit<
    T,
    K
  >;
}
