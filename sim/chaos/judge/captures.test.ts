/** The judge finds nothing wrong in an honest record of captures and voids, and finds every lie that is planted in it. */
import { describe, expect, test } from 'vitest';
import type { EndCall } from '../proxy/witness.ts';
import {
  authorized,
  endAsk,
  endCall,
  ending,
  foundOfCaptures,
  made,
  manual,
  toldEnding,
  toldFailedEnding,
  toldProblem,
} from './capture-fixture.ts';
import type { Ending, LedgerCharge, Payment, RefundEvent, ViolationKind } from './case.ts';
import { at, atMs, call, caseOf, change, event, type Facts, payment, read, told } from './fixture.ts';
import { judge } from './judge.ts';

type Plant = (facts: Facts) => void;
type Lie = readonly [what: string, plant: Plant, finding: ViolationKind];

const paid =
  (orderId: string, changes: Partial<Payment>): Plant =>
  ({ payments }) =>
    change(payments, (one) => one.order_id === orderId, changes);
const booked =
  (orderId: string, changes: Partial<LedgerCharge>): Plant =>
  ({ ledger }) =>
    change(ledger, (one) => one.order_id === orderId, changes);
const stored =
  (orderId: string, n: number, changes: Partial<Ending>): Plant =>
  ({ endings }) =>
    change(endings.get(`id-${orderId}`) ?? [], (one) => one.name === String(n), changes);
const alsoStored =
  (orderId: string, ...more: Ending[]): Plant =>
  ({ endings }) =>
    void endings.set(`id-${orderId}`, [...(endings.get(`id-${orderId}`) ?? []), ...more]);
const forgetEndings =
  (orderId: string): Plant =>
  ({ endings }) =>
    void endings.delete(`id-${orderId}`);
const asked =
  (...how: Parameters<typeof endAsk>): Plant =>
  ({ exchanges }) =>
    void exchanges.push(endAsk(...how));
const forgetAsks =
  (orderId: string): Plant =>
  (facts) => {
    facts.exchanges = facts.exchanges.filter(
      (one) => one.orderId !== orderId || !/capture$|void$/.test(one.path),
    );
  };
const called =
  (...how: Parameters<typeof endCall>): Plant =>
  ({ endCalls }) =>
    void endCalls.push(endCall(...how));
const sent =
  (changes: Partial<EndCall>): Plant =>
  ({ endCalls }) =>
    change(endCalls, (one) => one.operation === 'void', changes);
const history =
  (seq: number, changes: Partial<RefundEvent>): Plant =>
  ({ endings }) =>
    change((endings.get('id-freed')?.[0]?.events ?? []) as RefundEvent[], (one) => one.seq === seq, changes);
const all =
  (...plants: Plant[]): Plant =>
  (facts) => {
    for (const plant of plants) plant(facts);
  };

const TAKEN = ending('taken', 'capture', 2, { asked: 300, amount: 300 });
const FREED = ending('freed', 'void', 1);

test('an honest record has no violations', () => {
  expect(judge(caseOf(authorized()))).toEqual([]);
});

test.each<Lie>([
  // what was taken, what is held and what was let go
  ['more captured than was authorised', booked('taken', { captured: 501 }), 'captured_twice'],
  [
    'captured under two keys',
    booked('taken', { endings: [made('taken', 'capture', 1), made('taken', 'capture', 2)] }),
    'captured_twice',
  ],
  [
    'captured and voided',
    booked('freed', { endings: [made('freed', 'void', 1), made('freed', 'capture', 2)] }),
    'captured_twice',
  ],
  [
    'a capture that succeeded beside a void that succeeded',
    alsoStored('freed', ending('freed', 'capture', 2)),
    'captured_twice',
  ],
  ['captured, and no capture says so', forgetEndings('taken'), 'lost'],
  [
    'a capture at the gateway that is nobody’s',
    booked('held', { endings: [made('held', 'capture', 1, { status: 'failed' })] }),
    'lost',
  ],
  ['AUTHORIZED, and it was captured', booked('held', { captured: 500 }), 'false_answer'],
  ['AUTHORIZED, and it was let go', booked('held', { status: 'voided', live: false }), 'false_answer'],
  ['AUTHORIZED, and less is held', booked('held', { amount: 499 }), 'false_answer'],
  ['AUTHORIZED by a charge that is not there', paid('held', { gateway_ref: 'ch-gone' }), 'false_answer'],
  ['AUTHORIZED, and something counts as captured', paid('held', { amount_captured: 1 }), 'false_answer'],
  ['AUTHORIZED, and less is shown', paid('held', { amount_authorized: 499 }), 'false_answer'],
  ['VOIDED, and it is still held', booked('freed', { status: 'succeeded', live: true }), 'false_answer'],
  ['VOIDED by nobody', forgetEndings('freed'), 'false_answer'],
  ['VOIDED at its end, before its end', booked('over', { authorized_until: at(70) }), 'false_answer'],
  ['VOIDED at its end, for another reason', paid('over', { failure_code: null }), 'false_answer'],
  ['COMPLETED, and less was captured', booked('taken', { captured: 299 }), 'false_answer'],
  ['COMPLETED, and another sum is shown', paid('taken', { amount_captured: 500 }), 'false_answer'],
  ['COMPLETED without a capture', paid('held', { status: 'COMPLETED' }), 'false_answer'],
  [
    'held for a client that wanted it taken',
    ({ exchanges }: Facts) =>
      change(exchanges, (one) => one.orderId === 'held' && one.path === '/v1/payments', {
        body: '{"order_id":"held","amount":500,"currency":"USD"}',
      }),
    'causeless_call',
  ],
  [
    'held, and it was asked for and sent to be taken',
    ({ exchanges, calls }: Facts) => {
      change(exchanges, (one) => one.orderId === 'held' && one.path === '/v1/payments', {
        body: '{"order_id":"held","amount":500,"currency":"USD"}',
      });
      calls.splice(
        calls.findIndex(({ orderId }) => orderId === 'held'),
        1,
        call('held', 1, 1),
      );
    },
    'causeless_call',
  ],
  [
    'sent to be taken, and to be held was asked for',
    ({ calls }: Facts) => void calls.push(call('held', 1, 2)),
    'causeless_call',
  ],

  // each capture and void
  ['FAILED, and it was made', booked('taken', { endings: [made('taken', 'capture', 1)] }), 'false_answer'],
  ['SUCCEEDED, and it was not made', booked('freed', { status: 'succeeded' }), 'false_answer'],
  ['a capture that nobody asked for', forgetAsks('freed'), 'causeless_call'],
  ['a capture of another sum than was asked for', stored('taken', 2, { asked: 299 }), 'wrong_charge'],
  ['REVIEW without a cause', stored('taken', 1, { status: 'REVIEW' }), 'unsettled'],
  ['PENDING to the end', stored('taken', 1, { status: 'PENDING' }), 'unsettled'],
  ['a name that is not its number', stored('freed', 1, { name: '2' }), 'lost'],
  ['a key that is not its own', stored('freed', 1, { gateway_key: 'another' }), 'causeless_call'],

  // the calls
  ['a call with a key of nobody', called('held', 'capture', 1), 'causeless_call'],
  ['a call without an intent', called('freed', 'void', 1), 'causeless_call'],
  ['a call for another amount', called('taken', 'capture', 2, { amount: 299 }), 'causeless_call'],
  ['a capture under the key of a void', sent({ operation: 'capture' }), 'causeless_call'],
  ['a call about another charge', sent({ chargeId: 'ch-held-1' }), 'causeless_call'],
  ['a call before its intent', sent({ atMs: atMs(19) }), 'causeless_call'],
  ['a call without a lease', sent({ atMs: atMs(60), leftMs: atMs(60) }), 'late_request'],
  ['a call long after it was given up', sent({ hungUpMs: atMs(10) }), 'late_request'],
  [
    'a call while an earlier one may still be made',
    stored('taken', 1, {
      events: ending('taken', 'capture', 1, { status: 'FAILED' }).events.map((one) => ({
        ...one,
        at: one.status === 'FAILED' ? at(35) : one.at,
      })),
    }),
    'causeless_call',
  ],

  // the trails
  ['a gap in the events', history(2, { seq: 3 }), 'false_history'],
  ['events that begin otherwise', history(1, { type: 'capture.created' }), 'false_history'],
  ['events that end otherwise', history(2, { status: 'FAILED' }), 'false_history'],
  ['an end that changed', history(1, { status: 'FAILED' }), 'false_history'],
  ['a payment that ended at another moment', history(2, { at: at(23) }), 'false_history'],
  [
    'a payment that is held again after it was voided',
    all(paid('freed', { status: 'AUTHORIZED' }), ({ events }: Facts) => {
      events.get('id-freed')?.push(event(4, 'lookup.authorized', 'AUTHORIZED'));
    }),
    'false_history',
  ],

  // the answers
  [
    'told SUCCEEDED of one that failed',
    asked('taken', 'capture', 50, { text: toldEnding(ending('taken', 'capture', 1)) }),
    'false_answer',
  ],
  [
    'told FAILED of one that succeeded',
    asked('freed', 'void', 10, {
      status: 422,
      text: toldFailedEnding(ending('freed', 'void', 1, { status: 'FAILED' })),
    }),
    'false_answer',
  ],
  [
    'told that the gateway failed, of one that succeeded',
    asked('freed', 'void', 10, {
      status: 502,
      text: toldFailedEnding(ending('freed', 'void', 1, { status: 'FAILED' }), 'gateway_failed'),
    }),
    'false_answer',
  ],
  [
    'told another amount than was asked for',
    asked('taken', 'capture', 50, { body: '{"amount":299}', status: 200, text: toldEnding(TAKEN) }),
    'false_answer',
  ],
  [
    'told of a capture, and a void was asked for',
    asked('taken', 'void', 50, { status: 200, text: toldEnding(TAKEN) }),
    'false_answer',
  ],
  [
    'told that a success may be tried again',
    asked('freed', 'void', 50, {
      status: 200,
      text: toldEnding(FREED, { safe_to_retry_with_new_key: true }),
    }),
    'false_answer',
  ],
  [
    'told of one that is not there',
    asked('held', 'void', 50, { text: toldEnding(ending('held', 'void', 1)) }),
    'lost',
  ],
  ['an unknown answer', asked('held', 'void', 50, { status: 500, text: '{}' }), 'false_answer'],
  [
    'a superseded result',
    asked('freed', 'void', 50, { status: 409, text: toldProblem('result_superseded') }),
    'false_answer',
  ],
  [
    'refused as too much, and it was not',
    asked('held', 'capture', 50, {
      body: '{"amount":500}',
      status: 409,
      text: toldProblem('capture_exceeds_authorized'),
    }),
    'false_answer',
  ],
  [
    'refused as not capturable while it was AUTHORIZED',
    all(
      ({ exchanges }) => void exchanges.push(read(manual('held', 'AUTHORIZED'), 40)),
      asked('held', 'capture', 50, { status: 409, text: toldProblem('payment_not_capturable') }),
    ),
    'false_answer',
  ],
  [
    'a void refused in the words of a capture',
    asked('taken', 'void', 50, { status: 409, text: toldProblem('payment_not_capturable') }),
    'false_answer',
  ],
  [
    'kept out by the one that was asked for',
    asked('freed', 'void', 20, {
      status: 409,
      text: toldProblem('operation_in_progress', { ...FREED, status: 'PENDING' }),
    }),
    'false_answer',
  ],
  [
    'kept out by nothing',
    asked('held', 'void', 50, { status: 409, text: toldProblem('operation_in_progress') }),
    'false_answer',
  ],
  [
    'a key that was never used otherwise',
    asked('held', 'capture', 50, { key: 'fresh', status: 422, text: toldProblem('idempotency_key_reused') }),
    'false_answer',
  ],
  [
    'not found after it was told',
    asked('freed', 'void', 50, { method: 'GET', status: 404, text: toldProblem('operation_not_found') }),
    'false_answer',
  ],
  [
    'a reader that gets no answer',
    asked('freed', 'void', 50, { method: 'GET', status: 500, text: '{}' }),
    'false_answer',
  ],
  [
    'other bytes',
    asked('freed', 'void', 50, { status: 200, text: `${toldEnding(FREED)} ` }),
    'changed_answer',
  ],
  [
    'another status under the same key',
    asked('taken', 'capture', 50, {
      key: 'part',
      body: '{"amount":300}',
      status: 200,
      text: toldEnding(TAKEN),
    }),
    'changed_answer',
  ],
  [
    'another request under the same key',
    asked('taken', 'capture', 50, { key: 'part', text: toldEnding(TAKEN) }),
    'changed_answer',
  ],
  [
    'two winners',
    asked('freed', 'capture', 50, { text: toldEnding(ending('freed', 'capture', 2)) }),
    'changed_answer',
  ],
  [
    'PENDING after SUCCEEDED',
    asked('freed', 'void', 50, { status: 202, text: toldEnding({ ...FREED, status: 'PENDING' }) }),
    'went_back',
  ],
  [
    'told events that are not there',
    asked('freed', 'void', 50, {
      method: 'GET',
      path: '/v1/payments/id-freed/void/events',
      status: 200,
      text: '{"data":[{"seq":1}],"next_cursor":null}',
    }),
    'false_history',
  ],

  // the answers to the charge
  [
    'told AUTHORIZED of what was declined',
    booked('held', { status: 'declined', live: false }),
    'false_answer',
  ],
  [
    'told AUTHORIZED to a client that wanted it taken',
    ({ exchanges }: Facts) =>
      change(exchanges, (one) => one.orderId === 'good' && one.askedMs === 4000 && one.key !== null, {
        text: told(payment('good', { status: 'AUTHORIZED' })),
      }),
    'false_answer',
  ],
  [
    'told VOIDED of what is held',
    ({ exchanges }: Facts) =>
      change(exchanges, (one) => one.orderId === 'held' && one.path === '/v1/payments', {
        status: 200,
        text: told(manual('held', 'VOIDED')),
      }),
    'false_answer',
  ],
  [
    'held again after it was told as voided',
    ({ exchanges }: Facts) =>
      void exchanges.push(read(manual('freed', 'VOIDED'), 40), read(manual('freed', 'AUTHORIZED'), 41)),
    'went_back',
  ],
])('%s', (_what, plant, finding) => {
  expect(foundOfCaptures(plant)).toContain(finding);
});

test('a capture of another sum is a cause for REVIEW, and the payment waits for it', () => {
  const plant = all(
    paid('taken', { status: 'AUTHORIZED', amount_captured: 0, updated_at: at(3) }),
    booked('taken', {
      captured: 299,
      endings: [
        made('taken', 'capture', 1, { status: 'failed' }),
        made('taken', 'capture', 2, { amount: 299 }),
      ],
    }),
    stored('taken', 2, {
      status: 'REVIEW',
      failure_code: 'amount_mismatch',
      events: ending('taken', 'capture', 2, { status: 'REVIEW' }).events,
    }),
    ({ events }) => void events.get('id-taken')?.pop(),
    (facts) => {
      facts.exchanges = facts.exchanges.filter(
        ({ orderId, askedMs, path }) => orderId !== 'taken' || askedMs < 30_000 || !/capture|void/.test(path),
      );
    },
    asked('taken', 'capture', 30, {
      body: '{"amount":300}',
      status: 202,
      text: toldEnding({ ...TAKEN, status: 'REVIEW' }),
    }),
  );
  expect(foundOfCaptures(plant)).toEqual([]);
});

describe('one that Stripe does not know, and that only an hour can prove', () => {
  const inDoubt = ending('held', 'void', 1, { status: 'PENDING' });
  const trail = inDoubt.events.map((one) => (one.seq === 2 ? { ...one, type: 'lookup.not_found_yet' } : one));
  const plant = all(
    alsoStored('held', { ...inDoubt, events: trail }),
    asked('held', 'void', 20, { status: 202, text: toldEnding(inDoubt) }),
  );
  const foundAtStripe = (more: Plant): string[] => {
    const facts = authorized();
    all(plant, more)(facts);
    const stripe = { intents: [], writes: [], prepares: [] };
    return judge({ ...caseOf(facts), stripe }).map(({ kind }) => kind);
  };

  test('may be PENDING at the end, while the money is held', () => {
    expect(foundAtStripe(() => {})).toEqual([]);
  });

  test('is not forgiven if it was made after all', () => {
    expect(foundAtStripe(booked('held', { status: 'voided', live: false }))).toContain('false_answer');
  });

  test('is not forgiven at another gateway', () => {
    expect(foundOfCaptures(plant)).toEqual(['unsettled']);
  });
});

describe('what a restored database may have forgotten', () => {
  /** While its last capture was sent and made. By our monotonic clock it was long before the record. */
  const between = [30.5, 31.5].map((second) => ({ monotonicMs: -1, wallMs: atMs(second) }));
  const foundAfter = (plant: Plant): string[] => {
    const facts = authorized();
    plant(facts);
    const [from, until] = between;
    if (from === undefined || until === undefined) throw new Error('two moments');
    return judge({ ...caseOf(facts), forgotten: [{ from, until }] }).map(({ kind }) => kind);
  };
  const neverShown: Plant = ({ ledger }) => {
    for (const one of ledger.filter(({ order_id: id }) => id === 'taken'))
      change(ledger, ({ id }) => id === one.id, { endings: [] });
  };

  test('is a capture that was sent or made in that time', () => {
    expect(foundOfCaptures(forgetEndings('taken'))).not.toEqual([]);
    expect(foundAfter(forgetEndings('taken'))).toEqual([]);
    expect(foundAfter(all(forgetEndings('taken'), neverShown))).toEqual([]);
    expect(foundAfter(all(forgetEndings('taken'), (facts) => void facts.endCalls.splice(0)))).toEqual([]);
  });

  test('is not that more was captured than was authorised', () => {
    expect(foundAfter(booked('taken', { captured: 501 }))).toContain('captured_twice');
  });
});

/** Several rules see each of these, so the kind of the finding does not tell which one did. */
test.each<readonly [says: string, plant: Plant]>([
  ['AUTHORIZED, and ch-gone is not in the ledger', paid('held', { gateway_ref: 'ch-gone' })],
  ['AUTHORIZED, and 499 USD was authorised', booked('held', { amount: 499 })],
  ['AUTHORIZED, and the ledger shows it voided', booked('held', { status: 'voided', live: false })],
  ['VOIDED, and the ledger shows it succeeded', booked('freed', { status: 'succeeded', live: true })],
  ['500 is shown, and 300 was taken', paid('taken', { amount_captured: 500 })],
  ['void 1 of 500 SUCCEEDED, and the ledger shows its charge', booked('freed', { status: 'succeeded' })],
  ['the void 1 has the key another, which is not its own', stored('freed', 1, { gateway_key: 'another' })],
  ['no capture has succeeded', paid('held', { status: 'COMPLETED' })],
])('it is said that %s', (says, plant) => {
  const facts = authorized();
  plant(facts);
  const said = judge(caseOf(facts)).map(({ what }) => what);
  expect(said).toContainEqual(expect.stringContaining(says));
});
