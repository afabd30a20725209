import { describe, expect, test } from 'vitest';
import type { Environment } from './environment.ts';
import {
  accepted,
  advance,
  complete,
  done,
  fail,
  intent,
  key,
  nextCharge,
  order,
  recordOf,
  seen,
  steps,
} from './fixtures.ts';

export function settlingTests(env: Environment): void {
  describe('settling', () => {
    test('the write that settles it freezes the answer to the byte', async () => {
      const body = '{"amount":1,  "text":"tab\\t \u20ac \u{1f600}\\u0000 \'quoted\'"}\r\n';
      const after = await done(env.store, complete(await accepted(env.store, 'frozen'), body));
      expect(after).toMatchObject({
        operation: { status: 'COMPLETED', step: 'none', gatewayRef: 'ch_1' },
        problem: null,
        answer: { problem: null, body },
        held: false,
        dueAtMs: null,
      });
    });

    test('an answer is frozen once, whatever is written later', async () => {
      const settled = await done(env.store, fail(await accepted(env.store, 'once'), { body: 'first' }));
      const after = await steps(
        env.store,
        settled,
        (record) => advance(record, { operation: { status: 'REVIEW', step: 'verify' } }),
        (record) => complete(record, 'second'),
      );
      expect(after.seq).toBe(settled.seq + 2);
      expect(after.answer).toMatchObject({ problem: 'gateway_failed', body: 'first' });
    });

    test('a write without a settlement leaves the operation open', async () => {
      const record = await accepted(env.store, intent('open', { key: key('k') }));
      const after = await done(env.store, advance(record, { operation: { status: 'UNRESOLVED' } }));
      expect(after).toMatchObject({ problem: null, answer: null });
      expect((await seen(env.store, 'open', key('k'))).key).toMatchObject({ answer: null, expired: false });
    });

    test('a decline and a failure each keep their own problem', async () => {
      const write = fail(await accepted(env.store, 'declined'));
      const settlement = { problem: 'card_declined', body: '{}', byAbsence: false } as const;
      expect(await done(env.store, { ...write, settlement })).toMatchObject({
        problem: 'card_declined',
        answer: { problem: 'card_declined', body: '{}' },
      });
    });

    test('only charges that ended by absence are counted as such', async () => {
      const failed = await done(env.store, fail(await accepted(env.store, 'absent')));
      expect(failed.absences).toBe(0);
      await env.store.openNextCharge(nextCharge(failed));
      const again = await done(
        env.store,
        fail(await recordOf(env.store, order('absent')), { byAbsence: true }),
      );
      expect(again.absences).toBe(1);
      await env.store.openNextCharge(nextCharge(again, { verifyFirst: true }));
      const third = await recordOf(env.store, order('absent'));
      expect(third.absences).toBe(1);
      expect((await done(env.store, fail(third, { byAbsence: true }))).absences).toBe(2);
    });

    test('each charge keeps its own answer', async () => {
      const first = await done(
        env.store,
        fail(await accepted(env.store, intent('two', { key: key('one') })), { body: 'the first' }),
      );
      await env.store.openNextCharge(nextCharge(first, { key: key('two') }));
      await done(env.store, complete(await recordOf(env.store, order('two')), 'the second'));
      const answers = await Promise.all(
        ['one', 'two'].map(async (name) => {
          return (await seen(env.store, 'two', key(name))).key?.answer?.body;
        }),
      );
      expect(answers).toEqual(['the first', 'the second']);
    });

    test('a lost write settles nothing', async () => {
      const record = await accepted(env.store, intent('unsettled', { key: key('k') }));
      await env.store.advance(complete({ ...record, seq: record.seq + 1 }));
      expect(await seen(env.store, 'unsettled', key('k'))).toMatchObject({
        key: { answer: null, expired: false },
        payment: { answer: null, problem: null },
      });
    });

    test('settling one account’s order leaves the other’s open', async () => {
      const mine = await accepted(env.store, 'shared');
      const theirs = await accepted(env.store, intent(order('shared', { accountId: 'globex' })));
      await done(env.store, complete(mine));
      expect(await recordOf(env.store, theirs.order)).toEqual(theirs);
    });
  });
}
