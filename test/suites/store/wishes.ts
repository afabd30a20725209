/** Operators' wishes: they are made and ended by the fenced writes of the row that they are about. */
import { describe, expect, test } from 'vitest';
import type { Wish, WishEnd } from '../../../src/domain/wish.ts';
import type { Advance, PaymentRecord, StoredWish, WishChange } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  accepted,
  advance,
  done,
  eventsOf,
  fail,
  newClaim,
  newPaymentId,
  nextCharge,
  recordOf,
  release,
  take,
} from './fixtures.ts';
import { aRefund, claim, giveBack, trailOf, write, written } from './follow-up-fixtures.ts';

/** The greatest amount, and texts that must not be changed. */
const PAID: Wish = {
  outcome: 'completed',
  gatewayRef: 'ch_"1"',
  amountMinor: Number.MAX_SAFE_INTEGER,
  actor: 'Amira, on call',
};
const FAILED: Wish = { outcome: 'failed', actor: 'a\\b' };

const made = (wish: Wish): WishChange => ({ kind: 'make', wish, evidence: 'It said: {"gone"}, \u20ac' });
const ended = (seq: number, end: WishEnd = 'carried_out'): WishChange => ({ kind: 'end', seq, end });

/** A write by nobody who holds it, as an operator's request makes it. */
function wished(record: PaymentRecord, wish: WishChange): Advance {
  return advance(record, {
    event: { type: 'operator.wished', detail: 'failed by a' },
    lease: { kind: 'pass', claimId: newClaim(), waitMs: 0 },
    wish,
  });
}

export function wishTests(env: Environment): void {
  const review = async (): Promise<PaymentRecord> =>
    done(
      env.store,
      release(await accepted(env.store, 'the order'), null, {
        operation: { status: 'REVIEW', step: 'none', failureCode: 'outcome_unknown' },
      }),
    );
  const last = ({ order, paymentId }: PaymentRecord, unitId = paymentId): Promise<StoredWish | null> =>
    env.other.lastWish({ accountId: order.accountId, unitId });

  describe('a wish about a payment', () => {
    test.each([PAID, FAILED])('is stored as it was made ($outcome), with its event', async (wish) => {
      const before = await review();
      expect(await last(before)).toBeNull();
      const after = await done(env.store, wished(before, made(wish)));
      expect(await last(after)).toEqual({ seq: after.seq, n: 1, wish, end: null, refutedBefore: false });
      expect(after).toMatchObject({ seq: before.seq + 1, held: false, operation: before.operation });
      expect((await eventsOf(env.store, after)).at(-1)).toMatchObject({
        seq: after.seq,
        type: 'operator.wished',
        detail: 'failed by a',
        status: 'REVIEW',
      });
      expect((await env.store.due({ gateway: after.gateway, limit: 10, calls: true })).payments).toHaveLength(
        1,
      );
    });

    test('is not made by a write that does not apply', async () => {
      const before = await review();
      await done(env.store, wished(before, made(FAILED)));
      const late = await env.store.advance(wished(before, made(PAID)));
      expect(late).toMatchObject({ kind: 'lost', record: { seq: before.seq + 1 } });
      expect(await last(before)).toMatchObject({ wish: FAILED });
    });

    test('makes a claim lose that has read the row before it', async () => {
      const before = await review();
      await done(env.store, wished(before, made(FAILED)));
      expect(await env.store.advance(take(before))).toMatchObject({ kind: 'lost' });
      expect(await env.store.advance(take(await recordOf(env.store, before.order)))).toMatchObject({
        kind: 'done',
      });
    });

    test.each(['carried_out', 'confirmed', 'refuted'] as const)('ends once, as %s', async (end) => {
      const wish = await done(env.store, wished(await review(), made(FAILED)));
      const held = await done(env.store, take(wish));
      const after = await done(env.store, { ...fail(held, { byAbsence: true }), wish: ended(wish.seq, end) });
      expect(after).toMatchObject({ operation: { status: 'FAILED' }, absences: 1 });
      expect(await last(after)).toEqual({ seq: wish.seq, n: 1, wish: FAILED, end, refutedBefore: false });
      await done(env.store, advance(after, { wish: ended(wish.seq, 'refuted') }));
      expect(await last(after)).toMatchObject({ end });
    });

    test('does not end by a write that does not apply, or that names another one', async () => {
      const wish = await done(env.store, wished(await review(), made(FAILED)));
      const held = await done(env.store, take(wish));
      const lost = { ...release(held, null), expected: { ...release(held, null).expected, seq: 99 } };
      expect(await env.store.advance({ ...lost, wish: ended(wish.seq) })).toMatchObject({ kind: 'lost' });
      await done(env.store, release(held, null, { wish: ended(wish.seq + 1) }));
      expect(await last(wish)).toMatchObject({ end: null });
    });

    test('is followed by a later one, about the charge of its time', async () => {
      const first = await done(env.store, wished(await review(), made(FAILED)));
      const failed = await done(env.store, { ...fail(first), wish: ended(first.seq) });
      expect(await env.store.openNextCharge(nextCharge(failed))).toMatchObject({ kind: 'opened' });
      const second = await recordOf(env.store, failed.order);
      const later = await done(env.store, release(second, null, { wish: made(PAID) }));
      expect(await last(later)).toEqual({
        seq: later.seq,
        n: 2,
        wish: PAID,
        end: null,
        refutedBefore: false,
      });
    });

    test('knows whether an earlier one about its charge was refuted, and only then', async () => {
      const say = async (record: PaymentRecord, wish: Wish) => {
        const after = await done(env.store, wished(record, made(wish)));
        return { after, before: (await last(after))?.refutedBefore };
      };
      const end = (record: PaymentRecord, how: WishEnd) =>
        done(env.store, advance(record, { wish: ended(record.seq, how) }));
      const first = await say(await review(), FAILED);
      const second = await say(await end(first.after, 'carried_out'), PAID);
      const third = await say(await end(second.after, 'refuted'), FAILED);
      expect([first.before, second.before, third.before]).toEqual([false, false, true]);
      const failed = await done(env.store, { ...fail(third.after), wish: ended(third.after.seq) });
      expect(await env.store.openNextCharge(nextCharge(failed))).toMatchObject({ kind: 'opened' });
      const next = await recordOf(env.store, failed.order);
      await done(env.store, release(next, null, { wish: made(PAID) }));
      expect(await last(next)).toMatchObject({ n: 2, refutedBefore: false });
    });

    test('is that of its row alone', async () => {
      const after = await done(env.store, wished(await review(), made(FAILED)));
      expect(await last(after, newPaymentId())).toBeNull();
      expect(await env.store.lastWish({ accountId: 'another', unitId: after.paymentId })).toBeNull();
    });

    test('is stored once if the acknowledgement was lost and the write is repeated', async () => {
      const before = await review();
      const change = wished(before, made(FAILED));
      await env.failNext('lost_committed');
      await expect(env.frail.advance(change)).rejects.toMatchObject({ kind: 'outcome_unknown' });
      expect(await env.store.advance(change)).toMatchObject({ kind: 'lost' });
      expect(await last(before)).toMatchObject({ seq: before.seq + 1, end: null });
    });
  });

  describe('a wish about a follow-up', () => {
    test('is made and ended by the writes of its row', async () => {
      const free = await written(env.store, giveBack(await aRefund(env.store), 0));
      const wish = await written(
        env.store,
        write(free, {
          event: { type: 'operator.wished', detail: null },
          lease: { kind: 'pass', claimId: newClaim(), waitMs: 0 },
          wish: made(PAID),
        }),
      );
      expect(await last(wish, wish.followUp.id)).toEqual({
        seq: wish.seq,
        n: 1,
        wish: PAID,
        end: null,
        refutedBefore: false,
      });
      expect(await last(wish)).toBeNull();
      expect(await env.store.advanceFollowUp(claim(free))).toMatchObject({ kind: 'lost' });
      const held = await written(env.store, claim(wish));
      await written(env.store, giveBack(held, null, { wish: ended(wish.seq, 'refuted') }));
      expect(await last(wish, wish.followUp.id)).toMatchObject({ end: 'refuted' });
      expect((await trailOf(env.store, wish)).map(({ type }) => type)).toContain('operator.wished');
    });
  });
}
