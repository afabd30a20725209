/**
 * What every gateway adapter that authorises first must do. The exchange itself is the one of charges (`gateway.suite.ts`); here is what its
 * end means for a charge with manual capture, a capture and a void.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CaptureRequest, ReportedCapture } from '../../src/domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../src/domain/effects.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../../src/domain/outcomes.ts';
import type { Captures, Gateway } from '../../src/ports/gateway.ts';
import type { ConnectSettings } from './gateway.harness.ts';
import type { RawAnswer, Reply, ScriptedServer } from './gateway.server.ts';
import * as server from './gateway.server.ts';

/** A capture or a void as the gateway would report it: the request's own values unless changed. */
export type CaptureChanges = Partial<Omit<ReportedCapture, 'status'>> & { readonly status?: string };

/** The charge as the gateway would report it. Default: authorised, nothing captured. */
export interface AuthorizedReport {
  readonly id?: string;
  readonly reference?: string;
  readonly currency?: string;
  readonly livemode?: boolean;
  readonly capturedMinor?: number;
  /** Nothing is held any more. */
  readonly released?: boolean;
  readonly authorizedUntilMs?: number;
}

/** How one kind of gateway writes its answers. */
export interface CaptureDialect {
  /** The answer to the call for the charge, and one that a lookup of the charge lists. */
  authorized(request: ChargeRequest, report?: AuthorizedReport): RawAnswer;
  charges(request: ChargeRequest, reports: readonly AuthorizedReport[]): RawAnswer;
  succeeded(kind: ExclusiveKind, request: CaptureRequest, changes?: CaptureChanges): RawAnswer;
  pending(kind: ExclusiveKind, request: CaptureRequest, changes?: CaptureChanges): RawAnswer;
  failed(kind: ExclusiveKind, request: CaptureRequest, changes?: CaptureChanges): RawAnswer;
  /** A lookup's answer that lists these. */
  found(kind: ExclusiveKind, request: CaptureRequest, list: readonly CaptureChanges[]): RawAnswer;
  /** The answer to the question about the charge, if the first one shows nothing. */
  behind(request: CaptureRequest, report: AuthorizedReport): RawAnswer;
  /** The gateway's own error, about this call by its key. */
  error(request: { readonly key: string }, status: number, word: string): RawAnswer;
}

export interface CaptureHarness {
  readonly dialect: CaptureDialect;
  connect(origin: string, options?: ConnectSettings): Gateway;
}

export const MANUAL: ChargeRequest = {
  key: '0b0e7a0e-5c0f-5f6d-9d5e-0d2f6f1a7c11',
  reference: '7c9e6679-7425-50de-944b-e07fc1f90ae7',
  orderId: 'ORD 1/ü',
  amountMinor: 10_000,
  currency: 'USD',
  captureMethod: 'manual',
};

export const CAPTURE: CaptureRequest = {
  key: '4b7a1c52-0a3e-5d4b-8f0e-6a1d2c3b4e5f',
  reference: MANUAL.reference,
  orderId: MANUAL.orderId,
  chargeRef: 'ch_1',
  amountMinor: 4_000,
  currency: 'USD',
};

const LIMITS = { timeoutMs: 60_000, mayLeave: () => true };
const KINDS: readonly ExclusiveKind[] = ['capture', 'void'];

const OTHER_TERMS: [string, CaptureChanges][] = [
  ['reference', { reference: 'somebody-else' }],
  ['charge', { chargeRef: 'ch_other' }],
  ['amount', { amountMinor: CAPTURE.amountMinor + 1 }],
  ['currency', { currency: 'EUR' }],
];

export function gatewayCapturesSuite(name: string, makeHarness: () => CaptureHarness): void {
  describe(`gateway adapter: ${name}, captures`, () => {
    const { dialect, connect } = makeHarness();
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
        expect(await call(kind, dialect.error(CAPTURE, status, word))).toEqual({
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
