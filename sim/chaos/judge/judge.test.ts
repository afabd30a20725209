/** The judge finds nothing wrong in an honest record, and finds every lie that is planted in it. */
import { describe, expect, test } from 'vitest';
import type { Exchange } from '../record.ts';
import type { Payment } from './case.ts';
import {
  at,
  body,
  call,
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
  read,
  told,
  toldFailed,
} from './fixture.ts';
import { judge } from './judge.ts';

type Plant = (facts: Facts) => void;
type Lie = readonly [what: string, plant: Plant, finding: string];

const isOf =
  (order: string) =>
  ({ orderId }: { orderId: string | null }): boolean =>
    orderId === order;
/** Changes the exchange that fits. */
const answer =
  (fits: (one: Exchange) => boolean, changes: Partial<Exchange>): Plant =>
  ({ exchanges }) =>
    change(exchanges, fits, changes);
const lastOfGood = (changes: Partial<Exchange>): Plant =>
  answer(({ orderId, askedMs, key }) => orderId === 'good' && askedMs === 4000 && key !== null, changes);
const withStatus = (status: number, changes: Partial<Exchange>): Plant =>
  answer((one) => one.status === status, changes);
const asked =
  (...more: Exchange[]): Plant =>
  ({ exchanges }) =>
    void exchanges.push(...more);
const paid = (orderId: string, changes: Partial<Payment>): Plant => {
  return ({ payments }) => change(payments, (one) => one.order_id === orderId, changes);
};
const charged = (id: string, changes: Parameters<typeof charge>[2]): Plant => {
  return ({ ledger }) => change(ledger, (one) => one.id === id, changes ?? {});
};
const called = (...how: Parameters<typeof call>): Plant => {
  return ({ calls }) => void calls.push(call(...how));
};
const callOfGood = (changes: Parameters<typeof call>[3]): Plant => {
  return ({ calls }) => change(calls, isOf('good'), changes ?? {});
};
const history = (id: string, ...events: ReturnType<typeof event>[]): Plant => {
  return (facts) => void facts.events.set(id, events);
};

const created = event(1, 'payment.created', 'PROCESSING');
const completed = (seq: number, charge = 1) => event(seq, 'payment.completed', 'COMPLETED', { charge });
const failed = (seq: number) => event(seq, 'payment.failed', 'FAILED');

test('an honest record has no violation', () => {
  expect(judge(caseOf(honest()))).toEqual([]);
});

describe('a lie that is found, and nothing else', () => {
  test.each<Lie>([
    ['a charge without a payment', ({ ledger }) => ledger.push(charge('ghost', 1)), of('lost', 'ghost')],
    [
      'a changed answer under the same key',
      lastOfGood({ text: told(payment('good'), { attempts: 2 }) }),
      of('changed_answer'),
    ],
    ['a changed status under the same key', lastOfGood({ status: 200 }), of('changed_answer')],
    [
      'not yet, after the answer was there',
      lastOfGood({
        status: 202,
        text: told(payment('good', { status: 'PROCESSING', updated_at: at(1) })),
      }),
      of('went_back'),
    ],
    ['a conflict with the same terms', withStatus(409, { body: body('good') }), of('false_answer')],
    ['a 422 for a key that was used for nothing else', withStatus(422, { key: 'fresh' }), of('false_answer')],
    ['an internal error', asked(exchange('good', 8, { status: 500, text: '{}' })), of('false_answer')],
    [
      'COMPLETED going back',
      asked(read(payment('good', { status: 'PROCESSING', updated_at: at(4) }), 8)),
      of('went_back'),
    ],
    [
      'an older state after a newer one',
      asked(
        read(payment('poor', { status: 'FAILED' }), 3),
        read(payment('poor', { status: 'FAILED', updated_at: at(2) }), 4),
      ),
      of('went_back', 'poor'),
    ],
    [
      'an older state in a page of many',
      asked({
        ...read(payment('good'), 8),
        orderId: null,
        path: '/v1/payments',
        text: JSON.stringify({
          data: [payment('good', { status: 'UNRESOLVED', updated_at: at(2) })],
          next_cursor: null,
        }),
      }),
      of('went_back'),
    ],
    [
      'events that were told and changed',
      asked({
        ...read(payment('good'), 2),
        path: '/v1/payments/id-good/events',
        text: JSON.stringify({ data: [{ ...created, detail: 'x' }], next_cursor: null }),
      }),
      of('false_history'),
    ],
    [
      'a call under a key that belongs to no charge',
      called('good', 1, 2, { key: 'invented' }),
      of('causeless_call'),
    ],
    ['a call under the key of a charge that was never opened', called('good', 2, 3), of('causeless_call')],
    ['a call before its intent', callOfGood({ atMs: Date.parse(at(0)) }), of('causeless_call')],
    ['more calls than were announced', called('good', 1, 2), of('causeless_call')],
    [
      'a call of the next charge before the one before had failed',
      ({ calls }) =>
        change(calls, ({ orderId, atMs }) => orderId === 'twice' && atMs > Date.parse(at(3)), {
          atMs: Date.parse(at(2)),
        }),
      of('causeless_call', 'twice'),
    ],
    ['a call for another amount than anybody asked for', callOfGood({ amount: 7 }), of('causeless_call')],
    ['a call for an amount that was refused', callOfGood({ amount: 9 }), of('causeless_call')],
    ...['bad', 'away'].map((orderId): Lie => {
      const plant: Plant = (facts) => {
        facts.payments.push(payment(orderId, { status: 'FAILED', gateway_ref: null }));
        history(`id-${orderId}`, created, failed(2))(facts);
      };
      return [
        `a payment of an order (${orderId}) to which nothing was done`,
        plant,
        of('false_answer', orderId),
      ];
    }),
  ])('%s', (_what, plant, finding) => {
    expect(found(plant)).toEqual([finding]);
  });
});

describe('a lie that is found', () => {
  test.each<Lie>([
    [
      'a doubled charge',
      ({ ledger }) => ledger.push(charge('good', 1, { id: 'ch-other' })),
      of('charged_twice'),
    ],
    ['a charge of another amount', charged('ch-good-1', { amount: 501 }), of('wrong_charge')],
    ['COMPLETED without a charge', ({ ledger }) => ledger.shift(), of('false_answer')],
    ['COMPLETED by a charge that is not live', charged('ch-good-1', { live: false }), of('false_answer')],
    ['a false FAILED', charged('ch-poor-1', { live: true }), of('false_answer', 'poor')],
    [
      'a false FAILED of an earlier charge of a completed order',
      ({ ledger }) => ledger.splice(1, 1, charge('twice', 1, { id: 'ch-twice-2' })),
      of('false_answer', 'twice'),
    ],
    ['a lost payment', ({ payments }) => payments.shift(), of('lost')],
    [
      'another payment than the one that was promised',
      answer(isOf('poor'), {
        text: toldFailed(payment('poor', { payment_id: 'other', status: 'FAILED' })),
      }),
      of('lost', 'poor'),
    ],
    [
      'two payments of one order',
      ({ payments }) => payments.push(payment('good', { payment_id: 'second' })),
      of('lost'),
    ],
    ['PROCESSING after the end', paid('good', { status: 'PROCESSING' }), of('unsettled')],
    ['UNRESOLVED after the end', paid('good', { status: 'UNRESOLVED' }), of('unsettled')],
    [
      'a REVIEW that nothing explains',
      paid('good', { status: 'REVIEW', failure_code: 'amount_mismatch' }),
      of('unsettled'),
    ],
    [
      'another body taken under a bound key',
      withStatus(422, { status: 201, text: told(payment('good', { amount: 501 })) }),
      of('changed_answer'),
    ],
    [
      'another order taken under a bound key',
      asked(exchange('poor', 7, { key: 'key-good', status: 201, text: told(payment('poor')) })),
      of('changed_answer', 'poor'),
    ],
    [
      'charged, said of an order that failed',
      answer(isOf('poor'), { status: 201, text: told(payment('poor')) }),
      of('false_answer', 'poor'),
    ],
    [
      'failed, said of an order that was charged',
      asked(
        exchange('good', 7, {
          key: 'new',
          status: 502,
          text: toldFailed(payment('good', { status: 'FAILED' })),
        }),
      ),
      of('false_answer'),
    ],
    [
      'a payment that cannot be read',
      asked({ ...read(payment('good'), 8), status: 404 }),
      of('false_answer'),
    ],
    ['a gap in the events', history('id-good', created, completed(3)), of('false_history')],
    [
      'another beginning',
      history('id-good', event(1, 'call.started', 'PROCESSING'), completed(2)),
      of('false_history'),
    ],
    [
      'COMPLETED left',
      history('id-good', created, completed(2), failed(3), completed(4)),
      of('false_history'),
    ],
    ['events that end otherwise than the payment', history('id-good', created), of('false_history')],
    ['no events at all', history('id-good'), of('false_history')],
    [
      'charge 2 opened before charge 1 had failed',
      history('id-twice', created, event(2, 'charge.opened', 'PROCESSING', { charge: 2 }), completed(3, 2)),
      of('false_history', 'twice'),
    ],
    ['a call under another reference', called('good', 1, 2, { reference: 'other' }), of('causeless_call')],
    ...['bad', 'away'].map(
      (orderId): Lie => [
        `a call for an order (${orderId}) to which nothing was done`,
        called(orderId, 1, 2),
        of('causeless_call', orderId),
      ],
    ),
  ])('%s', (_what, plant, finding) => {
    expect(found(plant)).toContain(finding);
  });
});

describe('what is no lie', () => {
  test.each<readonly [what: string, plant: Plant]>([
    [
      'a REVIEW that the ledger explains',
      (facts) => {
        const review = payment('odd', { status: 'REVIEW', failure_code: 'amount_mismatch' });
        facts.payments.push(review);
        history('id-odd', created, event(2, 'payment.review', 'REVIEW'))(facts);
        facts.ledger.push(charge('odd', 1, { amount: 501 }));
        facts.exchanges.push(exchange('odd', 1, { status: 202, text: told(review) }));
      },
    ],
    [
      'the older state, seen by one of two requests that overlap',
      asked({
        ...read(payment('good', { status: 'PROCESSING', updated_at: at(1) }), 2.9),
        answeredMs: 9000,
      }),
    ],
    [
      'a 422 for a key that another order has',
      asked(
        exchange('late', 7, {
          key: 'key-good',
          status: 422,
          text: '{"code":"idempotency_key_reused"}',
        }),
      ),
    ],
  ])('%s', (_what, plant) => {
    expect(found(plant)).toEqual([]);
  });

  test('an answer that was kept when its charge failed, after the charge was looked up once more', () => {
    const facts = honest();
    facts.exchanges.push(read(payment('poor', { status: 'FAILED', updated_at: at(3) }), 3.5));
    const kept = toldFailed(payment('poor', { status: 'FAILED', updated_at: at(2) }));
    facts.exchanges.push(exchange('poor', 8, { key: null, status: 402, text: kept }));
    expect(judge(caseOf(facts)).filter(({ kind }) => kind === 'went_back')).toEqual([]);
  });
});
