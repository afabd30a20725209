import { describe, expect, test } from 'vitest';
import { LANDS_WITHIN_MS, LEASE_MS } from '../settings.ts';
import { at, call, caseOf, change, event, type Facts, found, honest, of, payment, read } from './fixture.ts';
import { judge } from './judge.ts';

const ofGood = ({ orderId }: { orderId: string }): boolean => orderId === 'good';
/** The intent of `good` was stored at second 1. */
const claimedMs = Date.parse(at(1));

describe('leases', () => {
  const leaves =
    (afterMs: number) =>
    ({ calls }: Facts): void =>
      change(calls, ofGood, { leftMs: claimedMs + afterMs, atMs: claimedMs + afterMs });

  test('a request that left in its lease, even at its end', () => {
    expect(found(leaves(LEASE_MS))).toEqual([]);
  });

  test('a request that left after its lease', () => {
    expect(found(leaves(LEASE_MS + 600))).toEqual([of('late_request')]);
  });

  test('a request that left in its lease and was long on its way is not late', () => {
    expect(found(({ calls }) => change(calls, ofGood, { atMs: claimedMs + LEASE_MS + 5_000 }))).toEqual([]);
  });

  /** Another replica claims the payment when the first lease ends, and calls the gateway at once. */
  function takenUp({ events, calls }: Facts): void {
    const seconds = LEASE_MS / 1000;
    events.set('id-good', [
      event(1, 'payment.created', 'PROCESSING'),
      event(2, 'call.started', 'PROCESSING', { attempts: 2, at: at(1 + seconds) }),
      event(3, 'payment.completed', 'COMPLETED', { at: at(2 + seconds) }),
    ]);
    calls.push(call('good', 1, 1 + seconds, { replica: 'b' }));
  }

  test("the claim of another replica allows one request, and not the first one's too", () => {
    expect(found(takenUp)).toEqual([]);
    const both = (facts: Facts): void => {
      takenUp(facts);
      leaves(LEASE_MS + 1_000)(facts);
    };
    expect(found(both)).toEqual([of('late_request')]);
  });
});

describe('a request that a busy run may have read late', () => {
  const isReadLate =
    (leftAfterMs: number, readLateMs: number) =>
    ({ calls }: Facts): void => {
      const leftMs = claimedMs + leftAfterMs;
      change(calls, ofGood, { leftMs, readLateMs, atMs: leftMs });
    };

  test('may have left in its lease', () => {
    expect(found(isReadLate(LEASE_MS + 4_000, 5_000))).toEqual([]);
    expect(found(isReadLate(LEASE_MS + 6_000, 5_000))).toEqual([of('late_request')]);
  });

  test('belongs to the first claim that allows it, so that later ones keep theirs', () => {
    const plant = (facts: Facts): void => {
      facts.events.set('id-good', [
        event(1, 'payment.created', 'PROCESSING'),
        event(2, 'call.started', 'PROCESSING', { attempts: 2, at: at(6) }),
        event(3, 'payment.completed', 'COMPLETED', { at: at(20) }),
      ]);
      isReadLate(5_500, 5_000)(facts);
      facts.calls.push(call('good', 1, 12, { readLateMs: 5_000 }));
    };
    expect(found(plant)).toEqual([]);
  });
});

describe('what was given up', () => {
  const arrives =
    (afterMs: number) =>
    ({ calls }: Facts): void =>
      change(calls, ofGood, { hungUpMs: claimedMs, atMs: claimedMs + afterMs });

  test('may arrive within the time that the contract gives', () => {
    expect(found(arrives(LANDS_WITHIN_MS))).toEqual([]);
  });

  test('may not arrive after it', () => {
    expect(found(arrives(LANDS_WITHIN_MS + 600))).toEqual([of('late_request')]);
  });
});

describe("a database's clock that stepped", () => {
  /** The database was an hour ahead when it stored everything of `good`. */
  function anHourAhead({ events, calls }: Facts): void {
    const hour = 3600;
    events.set('id-good', [
      event(1, 'payment.created', 'PROCESSING', { at: at(hour + 51) }),
      event(2, 'payment.completed', 'COMPLETED', { at: at(hour + 52) }),
    ]);
    change(calls, ofGood, { atMs: Date.parse(at(51)), leftMs: Date.parse(at(51)) });
  }
  const clockSteps = [
    { atMs: Date.parse(at(50)), offsetMs: 3_600_000 },
    { atMs: Date.parse(at(55)), offsetMs: 0 },
  ];

  test('is no reason to call an intent late', () => {
    const facts = honest();
    anHourAhead(facts);
    expect(judge({ ...caseOf(facts), clockSteps })).toEqual([]);
    expect(judge(caseOf(facts)).map(({ kind }) => kind)).toContain('causeless_call');
  });

  test('is no reason to call a state older that was changed after it went back', () => {
    const facts = honest();
    const ahead = payment('good', { status: 'PROCESSING', updated_at: at(3600 + 52) });
    facts.exchanges = [read(ahead, 2), read(payment('good', { updated_at: at(56) }), 3)];
    const kinds = (steps: typeof clockSteps): string[] =>
      judge({ ...caseOf(facts), clockSteps: steps }).map(({ kind }) => kind);
    expect(kinds([])).toContain('went_back');
    expect(kinds(clockSteps)).not.toContain('went_back');
  });
});
