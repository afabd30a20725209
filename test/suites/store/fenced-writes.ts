/** Writes under a fence: who may make them, what a lease is, and what happens if several write at once. */
import { describe, expect, test } from 'vitest';
import type { Advance, PaymentRecord, Store } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import { about, LEASE_MS, newClaim, newPaymentId, numbers, paymentKey, timeless } from './fixtures.ts';
import type { Unit } from './units.ts';

export function fencedWriteTests(env: Environment, unit: Unit): void {
  const { held, write, take, release, complete } = unit;

  /** Makes the write, which must apply, and reads the result. */
  async function done(store: Store, record: PaymentRecord, made: Advance): Promise<PaymentRecord> {
    expect(await unit.advance(store, made)).toMatchObject({ kind: 'done' });
    return unit.read(store, record);
  }

  /** Given back and due at once. */
  async function free(orderId: string): Promise<PaymentRecord> {
    const record = await held(env.store, orderId);
    return done(env.store, record, release(record, 0));
  }

  const still = (payment: PaymentRecord | null) => timeless({ payment, key: null }).payment;

  /** Asserts that the write is lost, that it changed nothing, and that it shows the row as it is. */
  async function expectLost(made: Advance, standing: PaymentRecord): Promise<void> {
    const before = await unit.everything(env.store, standing);
    const result = await unit.advance(env.store, made);
    const shown = result.kind === 'lost' ? still(result.record) : null;
    expect([result.kind, shown]).toEqual(['lost', still(standing)]);
    expect(await unit.everything(env.other, standing)).toEqual(before);
  }

  describe(`a fenced write of ${unit.name}`, () => {
    test.each<[string, (record: PaymentRecord) => Advance]>([
      ['an older seq', (record) => write(record, { expected: { seq: record.seq - 1 } })],
      ['a later seq', (record) => write(record, { expected: { seq: record.seq + 1 } })],
      ['an older fence', (record) => write(record, { expected: { fence: record.fence - 1 } })],
      ['a later fence', (record) => write(record, { expected: { fence: record.fence + 1 } })],
      ['another claim', (record) => write(record, { expected: { claimId: newClaim() } })],
      [
        'another payment',
        (record) => write(record, { payment: { ...paymentKey(record), paymentId: newPaymentId() } }),
      ],
    ])('a write that expects %s is lost and changes nothing', async (_what, change) => {
      const before = await free('standing');
      const record = await done(env.store, before, take(before));
      await expectLost(change(record), record);
      // The row was not the reason: the holder itself may write.
      await done(env.store, record, complete(record));
    });

    test('another account cannot write to it', async () => {
      const record = await held(env.store, 'mine');
      const theirs = write(record, { payment: { ...paymentKey(record), accountId: 'globex' } });
      expect(await unit.advance(env.store, theirs)).toEqual({ kind: 'lost', record: null });
      expect(await unit.read(env.store, record)).toEqual(record);
    });

    test('a claim raises the fence, and its lease runs from now', async () => {
      const before = await free('claimed');
      const claimId = newClaim();
      const result = await unit.advance(env.store, take(before, claimId));
      const nowMs = result.kind === 'done' ? result.nowMs : 0;
      expect(await unit.read(env.store, before)).toEqual({
        ...before,
        seq: before.seq + 1,
        fence: before.fence + 1,
        claimId,
        held: true,
        dueAtMs: about(nowMs + LEASE_MS),
      });
    });

    test('a claim before its time is lost', async () => {
      const record = await held(env.store, 'early');
      const waiting = await done(env.store, record, release(record, 60_000));
      await expectLost(take(waiting), waiting);
      await env.advanceClock(30_000);
      await expectLost(take(waiting), await unit.read(env.store, waiting));
      await env.advanceClock(30_001);
      await done(env.store, waiting, take(waiting));
    });

    test('a claim with nothing to do is lost', async () => {
      const record = await held(env.store, 'idle');
      const idle = await done(env.store, record, release(record, null));
      expect(idle.dueAtMs).toBeNull();
      await expectLost(take(idle), idle);
    });

    test('a lease that runs is not taken over, and one that has ended is', async () => {
      const record = await held(env.store, 'leased');
      await expectLost(take(record), record);
      await env.advanceClock(LEASE_MS + 1);
      const taken = await done(env.other, record, take(record));
      expect(taken).toMatchObject({ fence: record.fence + 1, held: true });
    });

    test('the holder may write after its lease has ended, as long as nobody took over', async () => {
      const record = await held(env.store, 'late');
      await env.advanceClock(LEASE_MS * 2);
      expect(await done(env.store, record, complete(record))).toMatchObject({
        operation: { status: 'COMPLETED' },
      });
    });

    test('giving back changes neither claim nor fence', async () => {
      const record = await held(env.store, 'returned');
      const given = await done(env.store, record, release(record, 100));
      expect([given.claimId, given.fence, given.held]).toEqual([record.claimId, record.fence, false]);
    });

    test('a write without the lease brings a new claim and a higher fence all the same, and holds nothing', async () => {
      const before = await free('passed');
      const claimId = newClaim();
      const after = await done(
        env.store,
        before,
        write(before, { lease: { kind: 'pass', claimId, waitMs: 60_000 } }),
      );
      expect(after).toMatchObject({ claimId, fence: before.fence + 1, held: false });
      expect(after.dueAtMs).toBeGreaterThan(before.updatedAtMs + 50_000);
    });

    test('a stale worker cannot overwrite a closed operation', async () => {
      const stale = await held(env.store, 'closed');
      await env.advanceClock(LEASE_MS + 1);
      const now = await unit.read(env.other, stale);
      const taken = await done(env.other, now, take(now));
      const closed = await done(env.other, taken, complete(taken));
      await expectLost(release(stale, 0), closed);
      await expectLost(complete(stale), closed);
      await expectLost(complete({ ...stale, seq: closed.seq }), closed);
    });

    test('a worker cannot repeat its own write after it was acknowledged', async () => {
      const record = await held(env.store, 'once');
      const after = await done(env.store, record, release(record, 0));
      await expectLost(release(record, 0), after);
    });

    test('a write repeated after a lost acknowledgement finds its own row', async () => {
      const before = await free('unheard');
      const claimId = newClaim();
      const made = take(before, claimId);
      await unit.advance(env.store, made);
      const result = await unit.advance(env.other, made);
      expect(result).toMatchObject({ kind: 'lost', record: { claimId, seq: before.seq + 1 } });
      expect(await unit.trail(env.store, before)).toHaveLength(before.seq + 1);
    });
  });

  describe(`writes of ${unit.name}, many at once`, () => {
    test('the same write twice at once applies once', async () => {
      for (const round of numbers(20)) {
        const record = await held(env.store, `same ${round}`);
        const made = release(record, 0);
        const results = await Promise.all(
          [env.store, env.other, env.store].map((store) => unit.advance(store, made)),
        );
        expect(results.map((result) => result.kind).sort()).toEqual(['done', 'lost', 'lost']);
        const after = await unit.read(env.store, record);
        expect(after.seq).toBe(record.seq + 1);
        for (const result of results) if (result.kind === 'lost') expect(result.record).toEqual(after);
        expect(await unit.trail(env.store, record)).toHaveLength(after.seq);
      }
    });

    test('of two workers that claim the same one at once, one gets it', async () => {
      for (const round of numbers(20)) {
        const before = await free(`contended ${round}`);
        const claims = [newClaim(), newClaim()];
        const results = await Promise.all(
          claims.map((claimId, n) => unit.advance(n === 0 ? env.store : env.other, take(before, claimId))),
        );
        expect(results.map((result) => result.kind).sort()).toEqual(['done', 'lost']);
        const winner = claims[results.findIndex((result) => result.kind === 'done')];
        const after = await unit.read(env.store, before);
        expect([after.claimId, after.fence]).toEqual([winner, before.fence + 1]);
      }
    });

    test('a stale worker and the one that takes over write at once, and never both', async () => {
      const records = await Promise.all(numbers(40).map((n) => held(env.store, `zombie ${n}`)));
      await env.advanceClock(LEASE_MS + 1);
      const results = await Promise.all(
        records.map((record, n) => {
          const [first, second] = n % 2 === 0 ? [env.store, env.other] : [env.other, env.store];
          return Promise.all([
            unit.advance(first, complete(record)),
            unit.advance(second, take(record)),
          ] as const);
        }),
      );
      for (const [n, [closing, taking]] of results.entries()) {
        expect([closing.kind, taking.kind].sort()).toEqual(['done', 'lost']);
        const after = await unit.read(env.store, records[n] as PaymentRecord);
        expect(after.seq).toBe(2);
        if (taking.kind === 'done') {
          expect(after).toMatchObject({
            held: true,
            fence: 2,
            answer: null,
            operation: { status: 'PROCESSING' },
          });
        } else {
          expect(after).toMatchObject({ held: false, fence: 1, operation: { status: 'COMPLETED' } });
        }
      }
    });
  });
}
