/** The judge finds nothing wrong in an honest record of refunds, and finds every lie that is planted in it. */
import { expect, test } from 'vitest';
import type { LedgerRefund, Payment, Refund, RefundEvent } from './case.ts';
import { atMs, caseOf, change, type Facts } from './fixture.ts';
import { judge } from './judge.ts';
import {
  booked,
  foundOfRefunds,
  KEYED,
  refund,
  refundAsk,
  refundCall,
  refunded,
  toldFailedRefund,
  toldRefund,
} from './refund-fixture.ts';

type Plant = (facts: Facts) => void;

const shows =
  (id: string, changes: Partial<Refund>): Plant =>
  ({ refunds }) =>
    change(refunds.get('id-good') ?? [], (one) => one.refund_id === id, changes);
const bookedOf = ({ ledger }: Facts): LedgerRefund[] => (ledger[0]?.refunds ?? []) as LedgerRefund[];
const books =
  (id: string, changes: Partial<LedgerRefund>): Plant =>
  (facts) =>
    change(bookedOf(facts), (one) => one.id === `re-${id}`, changes);
const alsoBooks =
  (...more: LedgerRefund[]): Plant =>
  (facts) =>
    void bookedOf(facts).push(...more);
const sums =
  (changes: Partial<Payment>): Plant =>
  ({ payments }) =>
    change(payments, (one) => one.order_id === 'good', changes);
const asked =
  (...how: Parameters<typeof refundAsk>): Plant =>
  ({ exchanges }) =>
    void exchanges.push(refundAsk(...how));
const forgetAsks: Plant = (facts) => {
  facts.exchanges = facts.exchanges.filter(({ body }) => !body?.includes('r-pending'));
};

const called =
  (...how: Parameters<typeof refundCall>): Plant =>
  ({ refundCalls }) =>
    void refundCalls.push(refundCall(...how));
const sent =
  (changes: Parameters<typeof refundCall>[2]): Plant =>
  ({ refundCalls }) =>
    change(refundCalls, (one) => one.key === KEYED, changes ?? {});
const history =
  (seq: number, changes: Partial<RefundEvent>): Plant =>
  ({ refundEvents }) =>
    change((refundEvents.get('id-good r-1') ?? []) as RefundEvent[], (one) => one.seq === seq, changes);

test('an honest record has no violations', () => {
  expect(judge(caseOf(refunded()))).toEqual([]);
});

test.each([
  ['a second live refund under a key', alsoBooks(booked('r-1', { id: 're-again' })), 'refunded_twice'],
  ['more back than was taken', books('r-pending', { amount: 301 }), 'refunded_twice'],
  ['a refund of nobody', alsoBooks(booked('r-nobody')), 'lost'],
  ['a refund that nobody asked for', forgetAsks, 'causeless_call'],
  ['SUCCEEDED, and it failed', books('r-1', { status: 'failed' }), 'false_answer'],
  ['SUCCEEDED, and another amount went back', books(KEYED, { amount: 99 }), 'false_answer'],
  ['FAILED, and it went back', books('r-poor', { status: 'succeeded' }), 'false_answer'],
  ['REVIEW without a cause', shows('r-1', { status: 'REVIEW' }), 'unsettled'],
  ['PENDING without a cause', books('r-pending', { status: 'failed' }), 'unsettled'],
  ['a wrong sum of what went back', sums({ amount_refunded: 100 }), 'false_answer'],
  ['a wrong sum of what is under way', sums({ amount_refunding: 0 }), 'false_answer'],
  ['a wrong sum of what was taken', sums({ amount_captured: 499 }), 'false_answer'],
  ['a call with a key of nobody', called('r-nobody', 20), 'causeless_call'],
  ['a call without an intent', called('r-1', 21), 'causeless_call'],
  ['a call for another amount', sent({ amount: 99 }), 'causeless_call'],
  ['a call about another charge', sent({ chargeId: 'ch-twice-2' }), 'causeless_call'],
  ['a call before its intent', sent({ atMs: atMs(19) }), 'causeless_call'],
  ['a call without a lease', sent({ atMs: atMs(60), leftMs: atMs(60) }), 'late_request'],
  ['a call long after it was given up', sent({ hungUpMs: atMs(10) }), 'late_request'],
  ['a gap in the events', history(2, { seq: 3 }), 'false_history'],
  ['events that begin otherwise', history(1, { type: 'call.started' }), 'false_history'],
  ['events that end otherwise', history(2, { status: 'FAILED' }), 'false_history'],
  ['money that somebody else refunded', sums({ amount_refunded_elsewhere: 1 }), 'false_answer'],
  [
    'told SUCCEEDED of one that failed',
    asked('r-poor', 30, { text: toldRefund(refund('r-poor')) }),
    'false_answer',
  ],
  [
    'told FAILED of one that succeeded',
    asked('r-1', 10, { status: 422, text: toldFailedRefund(refund('r-1', { status: 'FAILED' })) }),
    'false_answer',
  ],
  [
    'told another amount',
    asked('r-1', 30, { text: toldRefund(refund('r-1', { amount: 1 })) }),
    'false_answer',
  ],
  ['told of one that is not there', asked('r-gone', 30, { text: toldRefund(refund('r-gone')) }), 'lost'],
  ['an unknown answer', asked('r-1', 30, { status: 500, text: '{}' }), 'false_answer'],
  [
    'a superseded result',
    asked('r-1', 30, { status: 409, text: '{"code":"result_superseded"}' }),
    'false_answer',
  ],
  [
    'refused, although there was always room',
    asked('r-new', 30, { status: 409, text: '{"code":"refund_exceeds_captured"}' }),
    'false_answer',
  ],
  [
    'refused as not refundable after it was COMPLETED',
    asked('r-new', 30, { status: 409, text: '{"code":"payment_not_refundable"}' }),
    'false_answer',
  ],
  [
    'a conflict without another amount',
    asked('r-pending', 30, {
      body: '{"amount":50,"refund_id":"r-pending"}',
      status: 409,
      text: '{"code":"refund_conflict"}',
    }),
    'false_answer',
  ],
  [
    'a key that was never used otherwise',
    asked('r-new', 30, { key: 'fresh', status: 422, text: '{"code":"idempotency_key_reused"}' }),
    'false_answer',
  ],
  ['other bytes', asked('r-1', 30, { text: `${toldRefund(refund('r-1'))} ` }), 'changed_answer'],
  [
    'another status under the same key',
    asked(KEYED, 30, {
      key: 'refund-key',
      body: '{"amount":100}',
      status: 200,
      text: toldRefund(refund(KEYED)),
    }),
    'changed_answer',
  ],
  [
    'another request under the same key',
    asked('r-1', 30, { key: 'refund-key', text: toldRefund(refund('r-1')) }),
    'changed_answer',
  ],
  [
    'PENDING after SUCCEEDED',
    asked('r-1', 30, { status: 202, text: toldRefund(refund('r-1', { status: 'PENDING' })) }),
    'went_back',
  ],
] as const)('%s', (_what, plant, finding) => {
  expect(foundOfRefunds(plant)).toContain(finding);
});
