import { describe, expect, test } from 'vitest';
import type { Moment } from './case.ts';
import { at, call, caseOf, charge, exchange, type Facts, honest, payment, read, told } from './fixture.ts';
import { judge } from './judge.ts';

/** What is found if the database was made to forget everything between two seconds of the record. */
function foundForgetting(plant: (facts: Facts) => void, seconds: readonly [number, number]): string[] {
  const facts = honest();
  plant(facts);
  const [from, until] = seconds.map((second) => ({
    monotonicMs: second * 1000,
    wallMs: Date.parse(at(second)),
  }));
  if (from === undefined || until === undefined) throw new Error('two seconds');
  const found = judge({ ...caseOf(facts), forgotten: [{ from, until }] });
  return [...new Set(found.map(({ kind, orderId }) => `${kind} ${orderId}`))];
}

/** The whole record lies in between. */
const ALL = [0, 100] as const;
/** Nothing of the record lies in between. */
const NOTHING = [200, 300] as const;

/** The payment of `good` is gone, as if its order had been forgotten. */
function forget({ payments, events }: Facts): void {
  payments.splice(0, 1);
  events.delete('id-good');
}

describe('what is forgiven of an order that was forgotten', () => {
  test.each([
    ['a payment that is gone', forget],
    ['a charge under each of two keys', ({ ledger }: Facts) => void ledger.push(charge('good', 2))],
    [
      'an answer that is told otherwise now',
      ({ exchanges }: Facts) =>
        void exchanges.push(
          exchange('good', 7, { text: told(payment('good', { payment_id: 'id-new', attempts: 3 })) }),
        ),
    ],
    [
      'a state that went back',
      ({ exchanges }: Facts) =>
        void exchanges.push(read(payment('good', { status: 'PROCESSING', updated_at: at(1) }), 9)),
    ],
  ])('%s', (_name, plant) => {
    expect(foundForgetting(plant, NOTHING)).not.toEqual([]);
    expect(foundForgetting(plant, ALL)).toEqual([]);
  });
});

test('an order that was only called for or charged in that time is forgiven too', () => {
  const facts = honest();
  forget(facts);
  const within = (second: number): Moment => ({ monotonicMs: 1e9 + second, wallMs: Date.parse(at(second)) });
  const foundBetween = (from: number, until: number): number =>
    judge({ ...caseOf(facts), forgotten: [{ from: within(from), until: within(until) }] }).filter(
      ({ orderId }) => orderId === 'good',
    ).length;
  expect(foundBetween(0.5, 1.5)).toBe(0); // called at 1
  expect(foundBetween(1.5, 2.5)).toBe(0); // charged at 2
  expect(foundBetween(2.5, 3.5)).toBeGreaterThan(0);
});

describe('what is not', () => {
  test.each([
    [
      'charged_twice good',
      'two charges under one key',
      ({ ledger }: Facts) => void ledger.push(charge('good', 1, { id: 'ch-again' })),
    ],
    [
      'causeless_call good',
      'a key that is none of the order',
      ({ calls }: Facts) => void calls.push(call('good', 1, 2, { key: 'invented' })),
    ],
    ['false_answer good', 'COMPLETED without a charge', ({ ledger }: Facts) => void ledger.splice(0, 1)],
    [
      'wrong_charge good',
      'COMPLETED with another amount',
      ({ ledger }: Facts) => void ledger.splice(0, 1, charge('good', 1, { amount: 7 })),
    ],
    [
      'unsettled good',
      'a payment without an end',
      ({ payments }: Facts) => void payments.splice(0, 1, payment('good', { status: 'UNRESOLVED' })),
    ],
    ['lost good', 'a second payment', ({ payments }: Facts) => void payments.push(payment('good'))],
  ])('%s: %s', (finding, _name, plant) => {
    expect(foundForgetting(plant, ALL)).toContain(finding);
  });

  test('but not a payment that was made anew on other terms than the charge that the gateway tells of', () => {
    const anew = ({ payments, ledger }: Facts): void => {
      payments.splice(0, 1, payment('good', { status: 'UNRESOLVED' }));
      ledger.splice(0, 1, charge('good', 1, { amount: 7, status: 'declined', live: false }));
    };
    expect(foundForgetting(anew, ALL)).not.toContain('unsettled good');
  });

  test('anything of an order that nothing happened to in that time', () => {
    const late = ({ exchanges, ...facts }: Facts): void => {
      forget({ exchanges, ...facts });
      exchanges.push(exchange('other', 250, { status: 503, text: '{"code":"store_unavailable"}' }));
    };
    expect(foundForgetting(late, NOTHING)).toContain('lost good');
  });
});
