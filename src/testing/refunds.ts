/**
 * What every gateway adapter that makes refunds must do. The exchange itself is the one of charges (`charges.ts`); here is
 * what its end means for a refund. Whatever may have refunded is `unknown`, and only a new, complete answer proves anything.
 */
import type { CallOutcome, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { RefundedOutcome } from '../domain/refund-outcomes.ts';
import type { Gateway, Refunds } from '../ports/gateway.ts';
import { HELD_MS, outOfTime } from './deadline.ts';
import type { GatewayHarness } from './harness.ts';
import { REFUND, type RefundChanges, type RefundDialect } from './refunds-harness.ts';
import type { RawAnswer, Reply, ScriptedServer } from './server.ts';
import * as server from './server.ts';
import type { Suite } from './suite.ts';

const PATIENT = { timeoutMs: 60_000, mayLeave: () => true };
const HELD = { ...PATIENT, timeoutMs: HELD_MS };

/** Another term than the request's, and what the difference is called. */
const OTHER_TERMS: [string, RefundChanges][] = [
  ['reference', { reference: 'somebody-else' }],
  ['charge', { chargeRef: 'ch_other' }],
  ['amount', { amountMinor: REFUND.amountMinor + 1 }],
  ['currency', { currency: 'EUR' }],
];

/** `isAdding`: the adapter says what was refunded of a charge in all. */
export function collectRefunds(
  suite: Suite,
  { connect }: GatewayHarness,
  dialect: RefundDialect,
  isAdding: boolean,
): void {
  const { describe, test, beforeEach, afterEach, expect } = suite;
  describe('refunds', () => {
    let far: ScriptedServer;
    let gateway: Gateway;
    let refunds: Refunds;

    beforeEach(async () => {
      far = await server.startScriptedServer();
      gateway = connect(`http://127.0.0.1:${far.port}`);
      if (gateway.refunds === undefined) throw new Error('The adapter makes no refunds.');
      refunds = gateway.refunds;
    });
    afterEach(async () => {
      await gateway.close();
      await expect.poll(() => far.open()).toBe(0);
      await far.close();
    });

    const call = (raw: RawAnswer | Reply, options = PATIENT): Promise<CallOutcome | NotSent> => {
      far.script(typeof raw === 'function' ? raw : server.answer(raw));
      return refunds.call(REFUND, options);
    };
    const lookup = (raw: RawAnswer | Reply, options = PATIENT): Promise<LookupOutcome | NotSent> => {
      far.script(typeof raw === 'function' ? raw : server.answer(raw));
      return refunds.lookup(REFUND, options);
    };
    const untilArrived = <T>(work: () => Promise<T>): Promise<T> =>
      outOfTime(() => expect.poll(() => far.requests.length).toBe(1), work);
    const headed = (raw: RawAnswer, headers: RawAnswer['headers']): RawAnswer => ({
      ...raw,
      headers: { ...raw.headers, ...headers },
    });

    describe('a call that is answered with a refund', () => {
      test('that succeeded is approved, with one request on the wire', async () => {
        expect(await call(dialect.succeeded(REFUND, { id: 're_1' }))).toEqual({
          kind: 'approved',
          ref: 're_1',
        });
        expect(far.requests).toHaveLength(1);
      });

      test('that is pending is pending', async () => {
        expect(await call(dialect.pending(REFUND, { id: 're_1' }))).toEqual({ kind: 'pending', ref: 're_1' });
      });

      test('that failed is declined, with its code', async () => {
        const raw = dialect.failed(REFUND, { id: 're_1', code: 'refund_declined' });
        expect(await call(raw)).toEqual({ kind: 'declined', code: 'refund_declined', ref: 're_1' });
      });

      test.each(OTHER_TERMS)(
        'of another %s is a mismatch if it succeeded, and unknown otherwise',
        async (term, other) => {
          const reason = `${term}_mismatch`;
          const succeeded = dialect.succeeded(REFUND, { id: 're_1', ...other });
          expect(await call(succeeded)).toEqual({ kind: 'mismatch', ref: 're_1', reason });
          for (const raw of [dialect.pending(REFUND, other), dialect.failed(REFUND, other)]) {
            expect(await call(raw)).toEqual({ kind: 'unknown', answered: true, reason });
          }
        },
      );

      test('under another key is not about this call', async () => {
        const other = { key: 'another-key' };
        for (const raw of [dialect.succeeded(REFUND, other), dialect.failed(REFUND, other)]) {
          expect(await call(raw)).toEqual({
            kind: 'unknown',
            answered: false,
            reason: 'answer_about_another_key',
          });
        }
      });

      test.each(['declined', 'refunded', 'requires_action', ''])(
        'with the status "%s" is unknown',
        async (status) => {
          for (const raw of [dialect.succeeded(REFUND, { status }), dialect.failed(REFUND, { status })]) {
            expect(await call(raw)).toMatchObject({ kind: 'unknown', answered: false });
          }
        },
      );

      test.each([
        ['no id', { id: '' }],
        ['an id too long to keep', { id: 'x'.repeat(256) }],
        ['no charge', { chargeRef: '' }],
        ['an amount that is no integer', { amountMinor: 0.5 }],
      ])('with %s is unknown', async (_name, changes) => {
        expect(await call(dialect.succeeded(REFUND, changes))).toMatchObject({
          kind: 'unknown',
          answered: false,
        });
      });
    });

    describe('a call that is answered with an error', () => {
      test.each([
        [409, 'charge_not_succeeded'],
        [409, 'not_captured'],
        [422, 'amount_too_large'],
      ])('%i %s is a decline if it names our key, and only then', async (status, word) => {
        expect(await call(dialect.error(REFUND, status, word))).toEqual({ kind: 'declined', code: word });
        expect(await call(dialect.plain(status, word))).toMatchObject({ kind: 'unknown', answered: true });
        const other = { ...REFUND, key: 'another-key' };
        expect(await call(dialect.error(other, status, word))).toMatchObject({
          kind: 'unknown',
          answered: false,
        });
        expect(await call(dialect.error(REFUND, 400, word))).toMatchObject({
          kind: 'unknown',
          answered: true,
        });
      });

      test('404 charge_not_found is unknown: the wrong account may have asked', async () => {
        expect(await call(dialect.error(REFUND, 404, 'charge_not_found'))).toEqual({
          kind: 'unknown',
          answered: true,
          reason: 'charge_not_found',
        });
      });

      test('a key in progress is busy, and the wait is passed on', async () => {
        const raw = headed(dialect.error(REFUND, 409, 'in_progress'), { 'retry-after': '2' });
        expect(await call(raw)).toEqual({ kind: 'busy', retryAfterMs: 2_000 });
      });

      test('a key reused with other parameters is unknown', async () => {
        expect(await call(dialect.error(REFUND, 422, 'key_reused'))).toEqual({
          kind: 'unknown',
          answered: true,
          reason: 'key_reused',
        });
      });

      test('429 is refused, and the wait is passed on', async () => {
        const raw = headed(dialect.error(REFUND, 429, 'rate_limited'), { 'retry-after': '7' });
        expect(await call(raw)).toEqual({ kind: 'refused', reason: 'rate_limited', retryAfterMs: 7_000 });
      });

      test.each([401, 403])('%i is forbidden: about us, not about the refund', async (status) => {
        expect(await call(dialect.error(REFUND, status, 'no'))).toEqual({
          kind: 'forbidden',
          reason: `http_${status}`,
        });
      });

      test.each([
        [400, 'invalid'],
        [404, 'no_such_path'],
        [409, 'already_captured'],
        [422, 'invalid_amount'],
        [500, 'Gateway error'],
      ])('%i %s is unknown, and the call is over', async (status, word) => {
        expect(await call(dialect.error(REFUND, status, word))).toEqual({
          kind: 'unknown',
          answered: true,
          reason: `http_${status}`,
        });
      });

      test.each([301, 307, 502, 503, 504])('%i is said by something in between: unknown', async (status) => {
        expect(await call(dialect.plain(status))).toMatchObject({ kind: 'unknown', answered: false });
        expect(far.requests).toHaveLength(1);
      });
    });

    describe('a call without a complete, readable answer', () => {
      const whole = server.bytesOf(dialect.succeeded(REFUND));
      const broken: [name: string, reply: Reply | RawAnswer, isOutOfTime?: boolean][] = [
        ['reset', server.reset],
        ['closed', server.close],
        ['never answered', server.hang, true],
        ['truncated', server.writeAndClose(whole.subarray(0, -1))],
        ['an empty body', { ...dialect.succeeded(REFUND), body: '' }],
        ['an object that is no refund', { ...dialect.succeeded(REFUND), body: '{}' }],
        ['HTML', headed(dialect.succeeded(REFUND), { 'content-type': 'text/html' })],
        ['a pending refund from a cache', headed(dialect.pending(REFUND), { age: '4' })],
        ['a failed refund from a cache', headed(dialect.failed(REFUND), { age: '4' })],
        ['a limit from a cache', headed(dialect.error(REFUND, 429, 'rate_limited'), { age: '4' })],
      ];
      test.each(broken)('is unknown: %s', async (_name, reply, isOutOfTime = false) => {
        const outcome = isOutOfTime ? untilArrived(() => call(reply, HELD)) : call(reply);
        expect(await outcome).toMatchObject({ kind: 'unknown', answered: false });
        expect(far.requests).toHaveLength(1);
      });

      test('is reset if it is given up after its first byte', async () => {
        await untilArrived(() => call(server.hang, HELD));
        await expect.poll(() => far.endings).toEqual(['ECONNRESET']);
      });
    });

    describe('a call whose lease is over', () => {
      const over = { kind: 'refused', reason: 'lease_over_before_send' };

      test('makes no connection', async () => {
        const raw = dialect.succeeded(REFUND);
        expect(await call(raw, { ...PATIENT, mayLeave: () => false })).toEqual(over);
        expect(far.connections()).toBe(0);
      });

      test('when it is connected sends no byte', async () => {
        let asked = 0;
        const mayLeave = (): boolean => {
          asked += 1;
          return asked === 1;
        };
        expect(await call(dialect.succeeded(REFUND), { ...PATIENT, mayLeave })).toEqual(over);
        await expect.poll(() => far.connections() === 1 && far.open() === 0).toBe(true);
        expect(far.bytes()).toBe(0);
      });
    });

    describe('a lookup', () => {
      test('of an empty list is absent, and has no effect at the gateway', async () => {
        expect(await lookup(dialect.found(REFUND, []))).toEqual({ kind: 'absent' });
        expect(far.requests.map(({ method }) => method)).toEqual(['GET']);
      });

      test('asks for no cached answer, on a connection of its own', async () => {
        for (let index = 0; index < 2; index += 1) await lookup(dialect.found(REFUND, []));
        expect(far.connections()).toBe(2);
        for (const { headers } of far.requests)
          expect(headers).toMatchObject({ 'cache-control': 'no-cache, no-store', connection: 'close' });
      });

      test.each([
        ['succeeded', { kind: 'succeeded', ref: 're_1' }],
        ['pending', { kind: 'pending', ref: 're_1' }],
        ['failed', { kind: 'declined', code: 'failed', ref: 're_1' }],
        ['canceled', { kind: 'declined', code: 'canceled', ref: 're_1' }],
      ])('finds a refund that is %s', async (status, expected) => {
        expect(await lookup(dialect.found(REFUND, [{ id: 're_1', status }]))).toEqual(expected);
      });

      test('finds two that succeeded: duplicated', async () => {
        expect(await lookup(dialect.found(REFUND, [{ id: 're_1' }, { id: 're_2' }]))).toEqual({
          kind: 'duplicated',
          refs: ['re_1', 're_2'],
        });
      });

      test.each(OTHER_TERMS.slice(1))(
        'finds a refund of another %s: a mismatch if it succeeded',
        async (term, other) => {
          const reason = `${term}_mismatch`;
          const one = { id: 're_1', ...other };
          expect(await lookup(dialect.found(REFUND, [one]))).toEqual({
            kind: 'mismatch',
            ref: 're_1',
            reason,
          });
          for (const status of ['pending', 'failed']) {
            expect(await lookup(dialect.found(REFUND, [{ ...one, status }]))).toMatchObject({
              kind: 'unavailable',
              reason,
            });
          }
        },
      );

      const noEvidence: [name: string, reply: Reply | RawAnswer, isOutOfTime?: boolean][] = [
        ['a refund of another key', dialect.found(REFUND, [{ key: 'another-key' }])],
        ['a refund of another reference', dialect.found(REFUND, [{ reference: 'somebody-else' }])],
        ['an unknown status', dialect.found(REFUND, [{ status: 'requires_action' }])],
        ['an unreadable refund next to one that succeeded', dialect.found(REFUND, [{}, { chargeRef: '' }])],
        ['reset', server.reset],
        ['never answered', server.hang, true],
        ['truncated', server.writeAndClose(server.bytesOf(dialect.found(REFUND, [])).subarray(0, -1))],
        ['HTML', headed(dialect.found(REFUND, []), { 'content-type': 'text/html' })],
        ['a body without a list', { ...dialect.found(REFUND, []), body: '{}' }],
        ['404', dialect.error(REFUND, 404, 'charge_not_found')],
        ['500', dialect.plain(500)],
        ['503', dialect.plain(503)],
      ];
      test.each(noEvidence)('%s is no evidence', async (_name, reply, isOutOfTime = false) => {
        const outcome = isOutOfTime ? untilArrived(() => lookup(reply, HELD)) : lookup(reply);
        expect(await outcome).toMatchObject({ kind: 'unavailable' });
      });

      test.each([401, 403])('%i is forbidden', async (status) => {
        expect(await lookup(dialect.plain(status))).toEqual({ kind: 'forbidden', reason: `http_${status}` });
      });
    });

    describe('an answer that may not show what is true now', () => {
      /** What a refund is in such an answer may have changed since. */
      const LISTS: readonly RefundChanges[][] = [
        [],
        [{ status: 'pending' }],
        [{ status: 'failed' }],
        [{ status: 'succeeded' }],
      ];
      /** What is wrong with these is true all the same. */
      const WRONG: readonly RefundChanges[][] = [[{ amountMinor: 1 }], [{ id: 're_1' }, { id: 're_2' }]];
      const dated = (raw: RawAnswer, second: number): RawAnswer =>
        headed(raw, { date: `Tue, 01 Jan 2030 00:00:${second} GMT` });

      test('from a cache proves no lookup; not even that a refund succeeded, for it may have failed since', async () => {
        for (const list of LISTS) {
          const raw = headed(dialect.found(REFUND, list), { age: '0' });
          expect(await lookup(raw)).toEqual({ kind: 'unavailable', reason: 'cached_answer' });
        }
        for (const list of WRONG) {
          const outcome = await lookup(headed(dialect.found(REFUND, list), { age: '0' }));
          expect(['mismatch', 'duplicated'].includes(outcome.kind)).toBe(true);
        }
      });

      test('that is dated before an earlier answer proves no lookup', async () => {
        expect(await lookup(dated(dialect.found(REFUND, []), 30))).toEqual({ kind: 'absent' });
        for (const list of LISTS) {
          const raw = dated(dialect.found(REFUND, list), 20);
          expect(await lookup(raw)).toEqual({ kind: 'unavailable', reason: 'old_answer' });
        }
      });

      test('with another answer behind it proves no lookup', async () => {
        const failed = server.bytesOf(dialect.found(REFUND, [{ status: 'failed' }]));
        for (const list of LISTS) {
          const first = server.bytesOf(dialect.found(REFUND, list));
          const outcome = await lookup(server.writeAndClose(Buffer.concat([first, failed])));
          expect(outcome).toEqual({ kind: 'unavailable', reason: 'more_than_one_answer' });
        }
      });
    });

    if (!isAdding) return;
    describe('what was refunded of a charge in all', () => {
      const sum = (raw: RawAnswer | Reply, options = PATIENT): Promise<RefundedOutcome | NotSent> => {
        far.script(typeof raw === 'function' ? raw : server.answer(raw));
        if (refunds.refunded === undefined) throw new Error('The adapter adds no refunds up.');
        return refunds.refunded(REFUND, options);
      };

      test.each([0, 1, 10_000])('is the sum that the gateway gives: %i', async (amountMinor) => {
        const raw = dialect.charge(REFUND, { refunded: amountMinor });
        expect(await sum(raw)).toEqual({ kind: 'refunded', amountMinor });
        expect(far.requests.map(({ method }) => method)).toEqual(['GET']);
      });

      const noAnswer: [name: string, reply: Reply | RawAnswer, isOutOfTime?: boolean][] = [
        ['another charge', dialect.charge(REFUND, { refunded: 0, id: 'ch_2' })],
        ['another reference', dialect.charge(REFUND, { refunded: 0, reference: 'somebody-else' })],
        ['another currency', dialect.charge(REFUND, { refunded: 0, currency: 'EUR' })],
        ['the other mode', dialect.charge(REFUND, { refunded: 0, livemode: false })],
        ['no sum', dialect.charge(REFUND, { refunded: undefined })],
        ['a sum below zero', dialect.charge(REFUND, { refunded: -1 })],
        ['a sum that is no integer', dialect.charge(REFUND, { refunded: 0.5 })],
        ['a sum that is a flag', dialect.charge(REFUND, { refunded: true })],
        ['a list', dialect.found(REFUND, [])],
        ['an answer from a cache', headed(dialect.charge(REFUND, { refunded: 0 }), { age: '0' })],
        ['an unknown charge', dialect.plain(404, 'charge_not_found')],
        ['500', dialect.plain(500)],
        ['reset', server.reset],
        ['never answered', server.hang, true],
      ];
      test.each(noAnswer)('is not in the answer: %s', async (_name, reply, isOutOfTime = false) => {
        const outcome = isOutOfTime ? untilArrived(() => sum(reply, HELD)) : sum(reply);
        expect(await outcome).toMatchObject({ kind: 'unavailable' });
      });

      test('is not in an answer that is dated before an earlier one', async () => {
        const dated = (second: number) =>
          headed(dialect.charge(REFUND, { refunded: 0 }), { date: `Tue, 01 Jan 2030 00:00:${second} GMT` });
        expect(await sum(dated(30))).toEqual({ kind: 'refunded', amountMinor: 0 });
        expect(await sum(dated(20))).toEqual({ kind: 'unavailable', reason: 'old_answer' });
      });

      test('is unknown if our credentials are refused', async () => {
        expect(await sum(dialect.plain(403))).toEqual({ kind: 'forbidden', reason: 'http_403' });
      });
    });
  });
}
