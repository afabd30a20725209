/** Money that is authorised first at Stripe: what an intent says of the charge, and of the capture or the void that ends it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CHARGE,
  errorAnswer,
  type Fields,
  intentBody,
  json,
  listBody,
  REFUND,
  refundBody,
} from '../../../test/support/stripe-answers.ts';
import { openStripeWorld, type StripeWorld } from '../../../test/support/stripe-world.ts';
import type { CaptureRequest } from '../../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { ChargeRequest } from '../../domain/outcomes.ts';
import { answer, type RawAnswer } from '../../testing/server.ts';

const call = { timeoutMs: 60_000, mayLeave: () => true };
const MANUAL: ChargeRequest = { ...CHARGE, captureMethod: 'manual' };
const { handle: _, ...PREPARE } = MANUAL;
/** 40.00 of the 100.00 USD that are held. */
const CAPTURE: CaptureRequest = REFUND;
const VOID: CaptureRequest = { ...CAPTURE, amountMinor: CHARGE.amountMinor };
const REQUESTS = { capture: CAPTURE, void: VOID } as const;
const KINDS: readonly ExclusiveKind[] = ['capture', 'void'];
/** In seconds. */
const BEFORE = 1_790_500_000;

let world: StripeWorld;
beforeAll(async () => {
  world = await openStripeWorld();
});
afterAll(() => world.close());

const held = (changes: Fields = {}) =>
  intentBody({ status: 'requires_capture', capture_method: 'manual', ...changes });
const captured = (minor: number, changes: Fields = {}) =>
  held({ status: 'succeeded', amount_received: minor, ...changes });
const canceled = (changes: Fields = {}) => held({ status: 'canceled', ...changes });
const REPLAYED = { 'idempotent-replayed': 'true' };

function scripted<T>(raw: RawAnswer, key: string, work: () => Promise<T>): Promise<T> {
  world.far.script(answer({ ...raw, headers: { ...raw.headers, 'idempotency-key': key } }));
  return work();
}
const confirm = (body: Fields, headers = {}) =>
  scripted(json(body, 200, headers), CHARGE.key, () => world.gateway.call(MANUAL, call));
const read = (body: Fields, headers = {}) =>
  scripted(json(body, 200, headers), '', () => world.gateway.lookup(MANUAL, call));
const end = (kind: ExclusiveKind, raw: RawAnswer) =>
  scripted(raw, CAPTURE.key, () => world.captures[kind].call(REQUESTS[kind], call));
const look = (kind: ExclusiveKind, body: Fields, headers = {}) =>
  scripted(json(body, 200, headers), '', () => world.captures[kind].lookup(REQUESTS[kind], call));

describe('a charge that is authorised first', () => {
  test('is approved once the money is held, and its end is told if Stripe says it', async () => {
    expect(await confirm(held())).toEqual({ kind: 'approved', ref: 'pi_1' });
    const latest_charge = { id: 'ch_1', payment_method_details: { card: { capture_before: BEFORE } } };
    const authorizedUntilMs = BEFORE * 1000;
    expect(await read(held({ latest_charge }))).toEqual({
      kind: 'succeeded',
      ref: 'pi_1',
      authorizedUntilMs,
    });
  });

  test('is judged by what is held, and not by what was asked for', async () => {
    const other = { kind: 'mismatch', ref: 'pi_1', reason: 'amount_mismatch' };
    for (const amount_capturable of [9_999, 10_001]) {
      expect(await confirm(held({ amount_capturable }))).toEqual(other);
      expect(await read(held({ amount_capturable }))).toEqual(other);
    }
  });

  test('is not held if Stripe does not say how much is', async () => {
    const silent = held({ amount_capturable: undefined });
    expect(await confirm(silent)).toMatchObject({ kind: 'unknown', reason: 'unparseable_answer' });
    expect(await read(silent)).toEqual({ kind: 'unavailable', reason: 'unparseable_answer' });
  });

  test('may have ended since the answer that is kept under its key was made', async () => {
    expect(await confirm(held(), REPLAYED)).toEqual({
      kind: 'unknown',
      answered: true,
      reason: 'replayed_answer',
    });
  });

  test('is never taken for one that was paid at once', async () => {
    expect(await confirm(captured(10_000))).toMatchObject({ kind: 'mismatch', reason: 'capture_mismatch' });
  });

  test('is read as it is: held, captured with a sum, or let go', async () => {
    expect(await read(held())).toEqual({ kind: 'succeeded', ref: 'pi_1' });
    expect(await read(captured(4_000))).toEqual({ kind: 'captured', ref: 'pi_1', amountMinor: 4_000 });
    expect(await read(canceled())).toEqual({ kind: 'sealed', ref: 'pi_1' });
  });

  test('that was held and let go says so, and not one that was never held', async () => {
    const charge = { id: 'ch_1', captured: false };
    expect(await read(canceled({ latest_charge: { ...charge, status: 'succeeded' } }))).toEqual({
      kind: 'sealed',
      ref: 'pi_1',
      held: true,
    });
    for (const status of ['failed', 'pending'])
      expect(await read(canceled({ latest_charge: { ...charge, status } }))).toEqual({
        kind: 'sealed',
        ref: 'pi_1',
      });
  });

  test('that was captured and refunded says both', async () => {
    expect(await read(captured(4_000, { latest_charge: { id: 'ch_1', refunded: true } }))).toEqual({
      kind: 'reversed',
      refs: ['pi_1'],
      captured: { ref: 'pi_1', amountMinor: 4_000 },
    });
  });

  test('is not held because an old answer says so, but what was captured stays captured', async () => {
    expect(await read(held(), { age: '9' })).toMatchObject({ kind: 'unavailable' });
    expect(await read(captured(4_000), { age: '9' })).toMatchObject({ kind: 'captured' });
  });

  test('is found among the intents of the account', async () => {
    const list = { object: 'list', has_more: false, data: [canceled({ id: 'pi_0' }), captured(4_000)] };
    world.far.script(answer(json(list)));
    expect(await world.gateway.lookup(PREPARE, call)).toMatchObject({ kind: 'captured', ref: 'pi_1' });
  });

  test.each([
    ['takes the money at once', intentBody(), PREPARE],
    [
      'waits for a capture',
      held({ status: 'requires_confirmation' }),
      { ...PREPARE, captureMethod: undefined },
    ],
  ] as const)(
    'is not confirmed on an intent that %s, if that was not asked for',
    async (_what, body, order) => {
      const { captureMethod, ...rest } = order;
      const request = { ...rest, ...(captureMethod && { captureMethod }), prepareKey: 'prepare-key' };
      expect(await scripted(json(body), 'prepare-key', () => world.twoSteps.prepare(request, call))).toEqual({
        kind: 'failed_for_good',
        reason: 'prepared_on_other_terms',
      });
    },
  );
});

describe('the answer to a capture or a void', () => {
  test('that shows the end approves it, also if it is an old one', async () => {
    for (const headers of [{}, REPLAYED]) {
      expect(await end('capture', json(captured(4_000), 200, headers))).toEqual({
        kind: 'approved',
        ref: 'pi_1',
      });
      expect(await end('void', json(canceled(), 200, headers))).toEqual({ kind: 'approved', ref: 'pi_1' });
    }
  });

  test('that shows another sum is a mismatch', async () => {
    expect(await end('capture', json(captured(4_001)))).toEqual({
      kind: 'mismatch',
      ref: 'pi_1',
      reason: 'amount_mismatch',
    });
  });

  test('about another intent, or in another state, leaves it open', async () => {
    expect(await end('capture', json(captured(4_000, { id: 'pi_2' })))).toMatchObject({
      kind: 'unknown',
      answered: false,
    });
    expect(await end('capture', json(held()))).toMatchObject({ kind: 'unknown', answered: true });
    expect(await end('void', json(captured(10_000)))).toMatchObject({ kind: 'unknown', answered: true });
    expect(await end('void', json(held({ status: 'a_word_from_the_future' })))).toMatchObject({
      kind: 'unknown',
      answered: false,
    });
  });

  test.each([
    [400, { code: 'payment_intent_unexpected_state' }, { kind: 'unknown', answered: true }],
    [402, { type: 'card_error', code: 'card_declined' }, { kind: 'unknown', answered: false }],
    [400, { code: 'amount_too_large' }, { kind: 'declined', code: 'amount_too_large' }],
    [429, { code: 'lock_timeout' }, { kind: 'refused' }],
    [409, { code: 'idempotency_key_in_use' }, { kind: 'busy' }],
    [401, {}, { kind: 'forbidden' }],
    [500, { type: 'api_error' }, { kind: 'unknown', answered: false }],
  ] as const)('that is an error %i %j', async (status, error, outcome) => {
    for (const kind of KINDS) expect(await end(kind, errorAnswer(status, error))).toMatchObject(outcome);
  });

  test('is not waited for where the id of the intent cannot stand in an address', async () => {
    const before = world.far.requests.length;
    for (const kind of KINDS)
      expect(await world.captures[kind].call({ ...CAPTURE, chargeRef: '../pi_1' }, call)).toMatchObject({
        kind: 'refused',
      });
    expect(world.far.requests).toHaveLength(before);
  });
});

describe('a look at the intent', () => {
  const CASES: readonly (readonly [Fields, capture: object, release: object])[] = [
    [held(), { kind: 'absent' }, { kind: 'absent' }],
    [captured(4_000), { kind: 'succeeded', ref: 'pi_1' }, { kind: 'absent', code: 'already_captured' }],
    [
      captured(4_000, { latest_charge: { id: 'ch_1', refunded: true } }),
      { kind: 'succeeded', ref: 'pi_1' },
      { kind: 'absent', code: 'already_captured' },
    ],
    [
      captured(10_000),
      { kind: 'absent', code: 'already_captured' },
      { kind: 'absent', code: 'already_captured' },
    ],
    [canceled(), { kind: 'absent', code: 'already_voided' }, { kind: 'succeeded', ref: 'pi_1' }],
    [held({ status: 'processing' }), { kind: 'unavailable' }, { kind: 'unavailable' }],
    [held({ livemode: true }), { kind: 'unavailable' }, { kind: 'unavailable' }],
    [
      held({ metadata: { key: CHARGE.key, reference: 'x' } }),
      { kind: 'unavailable' },
      { kind: 'unavailable' },
    ],
  ];
  test.each(CASES)('%j', async (body, capture, release) => {
    expect(await look('capture', body)).toMatchObject(capture);
    expect(await look('void', body)).toMatchObject(release);
  });

  test('proves by an old answer only what was done', async () => {
    expect(await look('capture', held(), { age: '9' })).toMatchObject({ kind: 'unavailable' });
    expect(await look('capture', captured(4_000), { age: '9' })).toMatchObject({ kind: 'succeeded' });
  });
});

describe('the rest of what was held, which Stripe lists as a refund', () => {
  const rest = (minor: number) =>
    refundBody({ id: 're_rest', amount: minor, metadata: {}, balance_transaction: null });
  const refunded = (listed: readonly Fields[], ...intent: readonly RawAnswer[]) => {
    world.far.script(answer(json(listBody(listed))), ...intent.map((raw) => answer(raw)));
    return world.refunds.refunded?.(REFUND, call);
  };

  test('was never taken, so nobody has refunded it', async () => {
    expect(await refunded([rest(6_000), refundBody({ amount: 100 })], json(captured(4_000)))).toEqual({
      kind: 'refunded',
      amountMinor: 100,
    });
  });

  test('is not taken off what somebody else has refunded', async () => {
    expect(await refunded([rest(500)], json(captured(4_000)))).toMatchObject({ amountMinor: 500 });
    expect(await refunded([rest(6_000)], json(intentBody({ status: 'succeeded' })))).toMatchObject({
      amountMinor: 6_000,
    });
  });

  test('cannot be told from a refund while the intent is not shown', async () => {
    for (const raw of [json({}, 503), json(captured(4_000), 200, { age: '9' })])
      expect(await refunded([rest(6_000)], raw)).toMatchObject({ kind: 'unavailable' });
  });
});
