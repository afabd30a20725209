import { describe, expect, test } from 'vitest';
import {
  caseOf,
  change,
  charge,
  event,
  exchange,
  type Facts,
  found,
  honest,
  of,
  payment,
  told,
  toldFailed,
} from './fixture.ts';
import { judge } from './judge.ts';

test('an honest record has no violation', () => {
  expect(judge(caseOf(honest()))).toEqual([]);
});

describe('the ledger', () => {
  test('a doubled charge', () => {
    expect(found(({ ledger }) => ledger.push(charge('good', 1, { id: 'ch-other' })))).toContain(
      of('charged_twice'),
    );
  });

  test('a charge of another amount', () => {
    expect(found(({ ledger }) => change(ledger, ({ id }) => id === 'ch-good-1', { amount: 501 }))).toContain(
      of('wrong_charge'),
    );
  });

  test('COMPLETED without a charge', () => {
    expect(found(({ ledger }) => ledger.shift())).toContain(of('false_answer'));
  });

  test('COMPLETED by a charge that is not live', () => {
    expect(found(({ ledger }) => change(ledger, ({ id }) => id === 'ch-good-1', { live: false }))).toContain(
      of('false_answer'),
    );
  });

  test('a false FAILED', () => {
    expect(found(({ ledger }) => change(ledger, ({ id }) => id === 'ch-poor-1', { live: true }))).toContain(
      of('false_answer', 'poor'),
    );
  });

  test('a false FAILED of an earlier charge of a completed order', () => {
    const plant = (facts: Facts): void => {
      facts.ledger.splice(1, 1, charge('twice', 1, { id: 'ch-twice-2' }));
    };
    expect(found(plant)).toContain(of('false_answer', 'twice'));
  });

  test('a charge without a payment', () => {
    expect(found(({ ledger }) => ledger.push(charge('ghost', 1)))).toEqual([of('lost', 'ghost')]);
  });
});

describe('payments', () => {
  test('a lost payment', () => {
    expect(found(({ payments }) => payments.shift())).toContain(of('lost'));
  });

  test('another payment than the one that was promised', () => {
    const plant = ({ exchanges }: Facts): void =>
      change(exchanges, ({ orderId }) => orderId === 'poor', {
        text: toldFailed(payment('poor', { payment_id: 'other', status: 'FAILED' })),
      });
    expect(found(plant)).toContain(of('lost', 'poor'));
  });

  test('two payments of one order', () => {
    expect(found(({ payments }) => payments.push(payment('good', { payment_id: 'second' })))).toContain(
      of('lost'),
    );
  });

  test.each(['PROCESSING', 'UNRESOLVED'])('%s after the end', (status) => {
    expect(
      found(({ payments }) => change(payments, ({ order_id }) => order_id === 'good', { status })),
    ).toContain(of('unsettled'));
  });

  test('a REVIEW that nothing explains', () => {
    const review = { status: 'REVIEW', failure_code: 'amount_mismatch' };
    expect(
      found(({ payments }) => change(payments, ({ order_id }) => order_id === 'good', review)),
    ).toContain(of('unsettled'));
  });

  test('a REVIEW that the ledger explains is none', () => {
    const facts = honest();
    const review = payment('odd', { status: 'REVIEW', failure_code: 'amount_mismatch' });
    facts.payments.push(review);
    facts.events.set('id-odd', [
      event(1, 'payment.created', 'PROCESSING'),
      event(2, 'payment.review', 'REVIEW'),
    ]);
    facts.ledger.push(charge('odd', 1, { amount: 501 }));
    facts.exchanges.push(exchange('odd', 1, { status: 202, text: told(review) }));
    expect(judge(caseOf(facts))).toEqual([]);
  });
});
