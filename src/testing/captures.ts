/**
 * What every adapter that authorises first must do. The exchange itself is the one of charges (`charges.ts`); here is what its end means for a
 * charge with manual capture, a capture and a void.
 */
import type { ExclusiveKind } from '../domain/effects.ts';
import type { CallOutcome, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { Captures, Gateway } from '../ports/gateway.ts';
import {
  type AuthorizedReport,
  CAPTURE,
  type CaptureChanges,
  type CaptureDialect,
  MANUAL,
} from './captures-harness.ts';
import type { GatewayHarness } from './harness.ts';
import type { RawAnswer, Reply, ScriptedServer } from './server.ts';
import * as server from './server.ts';
import type { Suite } from './suite.ts';

const LIMITS = { timeoutMs: 60_000, mayLeave: () => true };
const KINDS: readonly ExclusiveKind[] = ['capture', 'void'];

/** Another term than the request's, and what the difference is called. */
const OTHER_TERMS: [string, CaptureChanges][] = [
  ['reference', { reference: 'somebody-else' }],
  ['charge', { chargeRef: 'ch_other' }],
  ['amount', { amountMinor: CAPTURE.amountMinor + 1 }],
  ['currency', { currency: 'EUR' }],
];

export function collectCaptures(suite: Suite, { connect }: GatewayHarness, dialect: CaptureDialect): void {
  const { describe, test, beforeEach, afterEach, expect } = suite;
  describe('captures', () => {
    let far: ScriptedServer;
    let gateway: Gateway;
    let captures: Captures;

    beforeEach(async () => {
      far = await server.startScriptedServer();
      gateway = connect(`http://127.0.0.1:${far.port}`);
      if (gateway.captures === undefined) throw new Error('The adapter captures nothing.');
      captures = gateway.captures;
    });
    afterEach(async () => {
      await gateway.close();
      await far.close();
    });

    function script(...replies: (RawAnswer | Reply)[]): void {
      far.script(...replies.map((raw) => (typeof raw === 'function' ? raw : server.answer(raw))));
    }
    const charge = (raw: RawAnswer): Promise<CallOutcome | NotSent> => {
      script(raw);
      return gateway.call(MANUAL, LIMITS);
    };
    const chargeLookup = (...reports: AuthorizedReport[]): Promise<LookupOutcome | NotSent> => {
      script(dialect.charges(MANUAL, reports));
      return gateway.lookup(MANUAL, LIMITS);
    };
    const call = (kind: ExclusiveKind, raw: RawAnswer | Reply): Promise<CallOutcome | NotSent> => {
      script(raw);
      return captures[kind].call(CAPTURE, LIMITS);
    };
    const lookup = (kind: ExclusiveKind, ...raw: RawAnswer[]): Promise<LookupOutcome | NotSent> => {
      script(...raw);
      return captures[kind].lookup(CAPTURE, LIMITS);
    };

    describe('a charge with manual capture', () => {
      test('that is held is approved, with the end of the authorisation', async () => {
        const authorizedUntilMs = Date.UTC(2030, 0, 8);
        expect(await charge(dialect.authorized(MANUAL, { id: 'ch_1', authorizedUntilMs }))).toEqual({
          kind: 'approved',
          ref: 'ch_1',
          authorizedUntilMs,
        });
        expect(await charge(dialect.authorized(MANUAL, { id: 'ch_1' }))).toEqual({
          kind: 'approved',
          ref: 'ch_1',
        });
      });

      test('that was captured at once is not what was asked for', async () => {
        const raw = dialect.authorized(MANUAL, { id: 'ch_1', capturedMinor: 10_000 });
        expect(await charge(raw)).toEqual({ kind: 'mismatch', ref: 'ch_1', reason: 'capture_mismatch' });
      });

      test('is found as it is: held, captured with a sum, or let go', async () => {
        const id = 'ch_1';
        expect(await chargeLookup({ id })).toEqual({ kind: 'succeeded', ref: id });
        expect(await chargeLookup({ id, capturedMinor: 400 })).toEqual({
          kind: 'captured',
          ref: id,
          amountMinor: 400,
        });
        expect(await chargeLookup({ id, released: true })).toEqual({ kind: 'reversed', refs: [id] });
        expect(await chargeLookup({ id, capturedMinor: 400, currency: 'EUR' })).toMatchObject({
          kind: 'mismatch',
          reason: 'currency_mismatch',
        });
        expect(await chargeLookup({ id }, { id: 'ch_2', capturedMinor: 400 })).toMatchObject({
          kind: 'duplicated',
        });
      });

      test('is no charge that takes the money at once, and the reverse', async () => {
        const { captureMethod: _, ...automatic } = MANUAL;
        script(dialect.authorized(automatic, { id: 'ch_1' }));
        expect(await gateway.call(automatic, LIMITS)).toEqual({
          kind: 'mismatch',
          ref: 'ch_1',
          reason: 'capture_mismatch',
        });
        script(dialect.charges(automatic, [{ id: 'ch_1' }]));
        expect(await gateway.lookup(automatic, LIMITS)).toMatchObject({ kind: 'mismatch' });
      });
    });

    describe.each(KINDS)('the call of a %s', (kind) => {
      test('that succeeded is approved; pending is pending; failed is declined, with its code', async () => {
        const id = 'x_1';
        expect(await call(kind, dialect.succeeded(kind, CAPTURE, { id }))).toEqual({
          kind: 'approved',
          ref: id,
        });
        expect(await call(kind, dialect.pending(kind, CAPTURE, { id }))).toEqual({
          kind: 'pending',
          ref: id,
        });
        const failed = dialect.failed(kind, CAPTURE, { id, code: 'too_late' });
        expect(await call(kind, failed)).toEqual({ kind: 'declined', code: 'too_late', ref: id });
        expect(far.requests).toHaveLength(3);
      });

      test.each(OTHER_TERMS)(
        'of another %s is a mismatch, and unknown unless it succeeded',
        async (term, other) => {
          const reason = `${term}_mismatch`;
          const id = 'x_1';
          expect(await call(kind, dialect.succeeded(kind, CAPTURE, { id, ...other }))).toEqual({
            kind: 'mismatch',
            ref: id,
            reason,
          });
          expect(await call(kind, dialect.failed(kind, CAPTURE, other))).toEqual({
            kind: 'unknown',
            answered: true,
            reason,
          });
        },
      );

      test('about the other kind, or under another key, is not about this call', async () => {
        const other = kind === 'capture' ? 'void' : 'capture';
        for (const raw of [
          dialect.succeeded(other, CAPTURE),
          dialect.succeeded(kind, CAPTURE, { key: 'another-key' }),
        ])
          expect(await call(kind, raw)).toMatchObject({ kind: 'unknown', answered: false });
      });

      test.each([
        [409, 'already_captured'],
        [409, 'charge_not_succeeded'],
        [409, 'operation_under_way'],
        [404, 'charge_not_found'],
      ])('%i %s is a reason to look, and no decline', async (status, word) => {
        expect(await call(kind, dialect.error(CAPTURE, status, word))).toMatchObject({
          kind: 'unknown',
          answered: true,
          reason: word,
        });
      });

      test('a reset, and an error that the gateway did not write, leave it open', async () => {
        expect(await call(kind, server.reset)).toMatchObject({ kind: 'unknown', answered: false });
        expect(await call(kind, dialect.error({ key: 'another' }, 500, 'x'))).toMatchObject({
          kind: 'unknown',
          answered: false,
        });
      });
    });

    test('a capture of too much is declined', async () => {
      expect(await call('capture', dialect.error(CAPTURE, 422, 'amount_too_large'))).toEqual({
        kind: 'declined',
        code: 'amount_too_large',
      });
    });

    describe('a lookup', () => {
      test.each(KINDS)('finds a %s by its key, and asks nothing else', async (kind) => {
        expect(await lookup(kind, dialect.found(kind, CAPTURE, [{ id: 'x_1' }]))).toEqual({
          kind: 'succeeded',
          ref: 'x_1',
        });
        expect(far.requests).toHaveLength(1);
        const failed = dialect.found(kind, CAPTURE, [{ id: 'x_1', status: 'failed' }]);
        expect(await lookup(kind, failed)).toMatchObject({ kind: 'declined' });
        const pending = dialect.found(kind, CAPTURE, [{ id: 'x_1', status: 'pending' }]);
        expect(await lookup(kind, pending)).toEqual({ kind: 'pending', ref: 'x_1' });
        const two = dialect.found(kind, CAPTURE, [{ id: 'x_1' }, { id: 'x_2' }]);
        expect(await lookup(kind, two)).toMatchObject({ kind: 'duplicated' });
      });

      const CASES: [string, AuthorizedReport, capture: LookupOutcome, release: LookupOutcome][] = [
        ['is held', {}, { kind: 'absent' }, { kind: 'absent' }],
        [
          'was captured with the same amount',
          { capturedMinor: 4_000 },
          { kind: 'succeeded', ref: 'ch_1' },
          { kind: 'absent', code: 'already_captured' },
        ],
        [
          'was captured with another amount',
          { capturedMinor: 4_001 },
          { kind: 'absent', code: 'already_captured' },
          { kind: 'absent', code: 'already_captured' },
        ],
        [
          'was let go',
          { released: true },
          { kind: 'absent', code: 'already_voided' },
          { kind: 'succeeded', ref: 'ch_1' },
        ],
      ];
      test.each(CASES)(
        'that finds nothing by the key looks at the charge: it %s',
        async (_what, report, ...ends) => {
          for (const [index, kind] of KINDS.entries())
            expect(
              await lookup(kind, dialect.found(kind, CAPTURE, []), dialect.behind(CAPTURE, report)),
            ).toEqual(ends[index]);
        },
      );

      test.each([
        ['another charge', { id: 'ch_other' }],
        ['another reference', { reference: 'somebody-else' }],
        ['another currency', { currency: 'EUR' }],
        ['test money', { livemode: false }],
      ])('whose second answer is about %s says nothing', async (_what, report) => {
        const raw = [dialect.found('capture', CAPTURE, []), dialect.behind(CAPTURE, report)];
        expect(await lookup('capture', ...raw)).toMatchObject({ kind: 'unavailable' });
      });

      test('whose second question is not answered says nothing', async () => {
        script(dialect.found('void', CAPTURE, []), server.reset);
        expect(await captures.void.lookup(CAPTURE, LIMITS)).toMatchObject({ kind: 'unavailable' });
        script(dialect.found('void', CAPTURE, []), dialect.error(CAPTURE, 401, 'no'));
        expect(await captures.void.lookup(CAPTURE, LIMITS)).toMatchObject({ kind: 'forbidden' });
      });
    });
  });
}
