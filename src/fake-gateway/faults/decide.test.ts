import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OperationKind } from '../ledger/port.ts';
import { FAULTS, faultsOf } from './catalogue.ts';
import { answerFault, bookingFault, latencyMs, operationFault, strikes } from './decide.ts';
import { faultSettings } from './settings.ts';
import { chargeToken, operationToken, TOKENS } from './tokens.ts';

const KINDS = ['refund', 'capture', 'void'] as const satisfies readonly OperationKind[];
const everything = faultSettings(
  {
    ...Object.fromEntries(faultsOf('answer').map((name) => [name, 1 / faultsOf('answer').length])),
    ...Object.fromEntries(
      [...faultsOf('booking'), ...KINDS.flatMap((kind) => faultsOf(kind))].map((name) => [name, 0.16]),
    ),
    ...Object.fromEntries(
      [...faultsOf('key'), ...faultsOf('lookup'), ...faultsOf('webhook')].map((name) => [name, 1]),
    ),
  },
  1,
);
const keys = Array.from({ length: 20_000 }, (_, index) => `key-${index}`);

describe('rates', () => {
  test('each fault gets its exact share, whatever comes before it', () => {
    const settings = faultSettings({ seed: 5, error_before: 0.1, drop_after: 0.2, stale_error: 0.3 }, 1);
    const counts = new Map<string | null, number>();
    for (const key of keys) {
      const fault = answerFault(settings, key, null, 1);
      counts.set(fault, (counts.get(fault) ?? 0) + 1);
    }
    const share = (fault: string | null) => (counts.get(fault) ?? 0) / keys.length;
    expect(share('error_before')).toBeCloseTo(0.1, 1.8);
    expect(share('drop_after')).toBeCloseTo(0.2, 1.8);
    expect(share('stale_error')).toBeCloseTo(0.3, 1.8);
    expect(share(null)).toBeCloseTo(0.4, 1.8);
  });

  test('a rate of 1 always happens, a rate of 0 never', () => {
    const always = faultSettings(
      {
        error_before: 1,
        declined: 1,
        refund_declined: 1,
        capture_pending: 1,
        void_pending: 1,
        keys_ignored: 1,
      },
      1,
    );
    const never = faultSettings({}, 1);
    for (const key of keys.slice(0, 500)) {
      expect(answerFault(always, key, null, 1)).toBe('error_before');
      expect(bookingFault(always, key, null)).toBe('declined');
      expect(operationFault(always, 'refund', key, null)).toBe('refund_declined');
      expect(operationFault(always, 'capture', key, null)).toBe('capture_pending');
      expect(operationFault(always, 'void', key, null)).toBe('void_pending');
      expect(strikes(always, 'keys_ignored', key, null)).toBe(true);
      expect(answerFault(never, key, null, 1)).toBeNull();
      expect(bookingFault(never, key, null)).toBeNull();
      for (const kind of KINDS) expect(operationFault(never, kind, key, null)).toBeNull();
      expect(strikes(never, 'keys_ignored', key, null)).toBe(false);
    }
  });

  test('the same seed decides the same, another seed otherwise, and every attempt is drawn again', () => {
    const decide = (seed: number, attempt: number) => {
      const settings = faultSettings({ seed, error_before: 0.5 }, 1);
      return keys.slice(0, 200).map((key) => answerFault(settings, key, null, attempt));
    };
    expect(decide(1, 1)).toEqual(decide(1, 1));
    expect(decide(1, 1)).not.toEqual(decide(2, 1));
    expect(decide(1, 1)).not.toEqual(decide(1, 2));
  });

  test('an ordinary token has the same rates as no token', () => {
    fc.assert(
      fc.property(fc.string(), (method) => {
        fc.pre(!TOKENS.some(({ token }) => token === method));
        expect([chargeToken(method), ...KINDS.map((kind) => operationToken(kind, method))]).toEqual([
          null,
          null,
          null,
          null,
        ]);
      }),
    );
    expect(chargeToken(null)).toBeNull();
    for (const kind of KINDS) expect(operationToken(kind, null)).toBeNull();
  });

  test('the latency stays between its bounds and reaches both', () => {
    const settings = faultSettings({ latency_ms: { min: 3, max: 6 } }, 1);
    const seen = new Set(keys.slice(0, 500).map((key) => latencyMs(settings, 'latency', key, 1)));
    expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  });
});

describe('magic tokens', () => {
  test.each(TOKENS.map((token) => [token.token, token] as const))(
    '%s meets its own fault and none of the rates',
    (_name, { token, effect, fault, calls }) => {
      const magic = effect === 'charge' ? chargeToken(token) : operationToken(effect, token);
      expect(magic).toMatchObject({ fault });
      for (const [attempt, expected] of [
        [1, fault],
        [2, calls === 'first' ? null : fault],
        [9, calls === 'first' ? null : fault],
      ] as const) {
        const struck = expected !== null && FAULTS[expected].axis === 'answer' ? expected : null;
        expect(answerFault(everything, 'key', magic, attempt)).toBe(struck);
      }
      const booked = (axis: 'booking' | OperationKind) =>
        fault !== null && FAULTS[fault].axis === axis ? fault : null;
      expect(bookingFault(everything, 'key', magic)).toBe(booked('booking'));
      for (const kind of KINDS) expect(operationFault(everything, kind, 'key', magic)).toBe(booked(kind));
      for (const name of [...faultsOf('key'), ...faultsOf('lookup'), ...faultsOf('webhook')]) {
        expect(strikes(everything, name, 'key', magic)).toBe(name === fault);
      }
    },
  );

  test('a token of one kind keeps every fault from its charge, and leaves the other kinds to the rates', () => {
    for (const { token, effect } of TOKENS) {
      if (effect !== 'charge') expect(chargeToken(token)).toMatchObject({ fault: null });
      for (const kind of KINDS) if (kind !== effect) expect(operationToken(kind, token)).toBeNull();
    }
  });

  test('every fault has a token, and every token is one', () => {
    expect(new Set(TOKENS.map(({ fault }) => fault))).toEqual(new Set([null, ...Object.keys(FAULTS)]));
    expect(new Set(TOKENS.map(({ token }) => token)).size).toBe(TOKENS.length);
    expect(TOKENS.every(({ token }) => /^tok_[a-z0-9_]+$/.test(token))).toBe(true);
  });

  test.each(KINDS)(
    'every fault of an answer, of what is booked and of lookups has a token for a %s',
    (kind) => {
      const own = new Set(TOKENS.filter(({ effect }) => effect === kind).map(({ fault }) => fault));
      expect(own).toEqual(new Set([...faultsOf('answer'), ...faultsOf(kind), ...faultsOf('lookup')]));
      expect(
        TOKENS.every(({ token, effect }) => token.startsWith(`tok_${kind}_`) === (effect === kind)),
      ).toBe(true);
    },
  );

  test('only faults of answers can be for the first call only', () => {
    for (const { fault, calls } of TOKENS) {
      if (calls === 'first') expect(fault !== null && FAULTS[fault].axis).toBe('answer');
    }
  });
});
