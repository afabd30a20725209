/** Each row of the tables, as the engine sees it: a real answer over a real connection, for each operation that can get it. */
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
import { answer, type RawAnswer } from '../../testing/server.ts';
import { ERRORS, INTENT_STATUSES, meaningOf, REFUND_STATUSES } from './table.ts';

const call = { timeoutMs: 60_000, mayLeave: () => true };
const { handle: _, ...PREPARE } = CHARGE;

let world: StripeWorld;
beforeAll(async () => {
  world = await openStripeWorld();
});
afterAll(() => world.close());

/** What each operation makes of the answer. */
const OPERATIONS = {
  prepare: () => world.twoSteps.prepare({ ...PREPARE, prepareKey: 'prepare-key' }, call),
  confirm: () => world.gateway.call(CHARGE, call),
  refund: () => world.refunds.call(REFUND, call),
  read: () => world.gateway.lookup(CHARGE, call),
  list: () => world.refunds.lookup(REFUND, call),
};
type Operation = keyof typeof OPERATIONS;
const KEYS: Readonly<Record<Operation, Readonly<Record<string, string>>>> = {
  prepare: { 'idempotency-key': 'prepare-key' },
  confirm: { 'idempotency-key': CHARGE.key },
  refund: { 'idempotency-key': REFUND.key },
  read: {},
  list: {},
};

function ask(operation: Operation, raw: RawAnswer): Promise<unknown> {
  world.far.script(answer({ ...raw, headers: { ...raw.headers, ...KEYS[operation] } }));
  return OPERATIONS[operation]();
}

const DECLINED_INTENT = intentBody({
  status: 'requires_payment_method',
  last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
});

const unknown = (reason: string) => ({ kind: 'unknown', answered: false, reason });
const answered = (reason: string) => ({ kind: 'unknown', answered: true, reason });
const unavailable = (reason: string) => ({ kind: 'unavailable', reason });
const forbidden = (reason: string) => ({ kind: 'forbidden', reason });
/** `read`: of the list, too. */
type Expected = Readonly<Record<Exclude<Operation, 'list'>, object>>;
const everywhere = (outcome: object): Expected => ({
  prepare: outcome,
  confirm: outcome,
  refund: outcome,
  read: outcome,
});
const wrong = (code: string): Expected => ({
  prepare: { kind: 'declined', code },
  confirm: answered(code),
  refund: { kind: 'declined', code },
  read: unavailable(code),
});

/** By hand, and not from the table. */
const ERROR_CASES: readonly (readonly [number, Fields, Expected])[] = [
  [401, {}, everywhere(forbidden('http_401'))],
  [403, { code: 'account_invalid' }, everywhere(forbidden('account_invalid'))],
  ...[
    'account_invalid',
    'api_key_expired',
    'livemode_mismatch',
    'platform_api_key_expired',
    'secret_key_required',
    'testmode_charges_only',
  ].map((code) => [400, { code }, everywhere(forbidden(code))] as const),
  ...['rate_limit', 'lock_timeout'].map(
    (code) =>
      [
        429,
        { code },
        {
          prepare: { kind: 'failed', reason: 'rate_limited' },
          confirm: { kind: 'refused', reason: 'rate_limited' },
          refund: { kind: 'refused', reason: 'rate_limited' },
          read: unavailable('rate_limited'),
        },
      ] as const,
  ),
  [
    409,
    { code: 'idempotency_key_in_use' },
    {
      prepare: { kind: 'failed', reason: 'idempotency_key_in_use' },
      confirm: { kind: 'busy' },
      refund: { kind: 'busy' },
      read: unavailable('idempotency_key_in_use'),
    },
  ],
  [
    402,
    {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      payment_intent: DECLINED_INTENT,
    },
    {
      prepare: { kind: 'declined', code: 'insufficient_funds' },
      confirm: { kind: 'declined', code: 'insufficient_funds', ref: 'pi_1' },
      refund: unknown('card_declined'),
      read: unavailable('card_declined'),
    },
  ],
  [
    400,
    { type: 'idempotency_error' },
    {
      prepare: { kind: 'failed_for_good', reason: 'key_reused' },
      confirm: answered('key_reused'),
      refund: answered('key_reused'),
      read: unavailable('key_reused'),
    },
  ],
  ...[
    'amount_too_large',
    'amount_too_small',
    'currency_not_supported',
    'invalid_charge_amount',
    'parameter_invalid_empty',
    'parameter_invalid_integer',
    'parameter_invalid_string_blank',
    'parameter_invalid_string_empty',
    'parameter_missing',
    'parameter_unknown',
    'parameters_exclusive',
    'payment_method_currency_mismatch',
  ].map((code) => [400, { code }, wrong(code)] as const),
  ...['payment_intent_unexpected_state', 'charge_already_refunded', 'a_code_from_the_future'].map(
    (code) =>
      [
        400,
        { code },
        {
          prepare: { kind: 'declined', code },
          confirm: answered(code),
          refund: answered(code),
          read: unavailable(code),
        },
      ] as const,
  ),
  [
    404,
    { code: 'resource_missing' },
    {
      prepare: { kind: 'declined', code: 'resource_missing' },
      confirm: answered('resource_missing'),
      refund: answered('resource_missing'),
      read: unavailable('handle_unknown'),
    },
  ],
  [
    500,
    { type: 'api_error' },
    {
      prepare: { kind: 'failed_for_good', reason: 'http_500' },
      confirm: answered('http_500'),
      refund: unknown('http_500'),
      read: unavailable('http_500'),
    },
  ],
  // Not listed.
  ...(
    [
      [400, { type: 'a_type_from_the_future' }],
      [402, { type: 'invalid_request_error' }],
      [405, {}],
      [409, {}],
      [424, { type: 'api_error' }],
      [500, { type: 'invalid_request_error' }],
      [502, { type: 'api_error' }],
      [503, { type: 'api_error' }],
    ] as const
  ).map(
    ([status, error]) =>
      [
        status,
        error,
        {
          prepare: { kind: 'failed', reason: `http_${status}` },
          confirm: unknown(`http_${status}`),
          refund: unknown(`http_${status}`),
          read: unavailable(`http_${status}`),
        },
      ] as const,
  ),
];

describe('an error of Stripe', () => {
  test.each(ERROR_CASES)('%i %j', async (status, error, expected) => {
    const raw = errorAnswer(status, error);
    for (const operation of ['prepare', 'confirm', 'refund', 'read'] as const)
      expect({ [operation]: await ask(operation, raw) }).toEqual({ [operation]: expected[operation] });
    const list = await ask('list', raw);
    if (status !== 404) expect(list).toEqual(expected.read);
    else expect(list).toEqual(unavailable('resource_missing'));
  });

  test('every row of the table has its case', () => {
    for (const row of ERRORS) {
      const cases = ERROR_CASES.filter(([status, error]) => {
        const { type = 'invalid_request_error', code } = error;
        return (
          row.status === status &&
          (row.type ?? type) === type &&
          (row.code ?? code) === code &&
          meaningOf({ status, type: String(type), ...(typeof code === 'string' ? { code } : {}) }) ===
            row.means
        );
      });
      expect(cases, JSON.stringify(row)).not.toHaveLength(0);
    }
  });

  test('its wait is passed on', async () => {
    const limited = errorAnswer(429, { code: 'rate_limit' }, { 'retry-after': '3' });
    const outcomes = [];
    for (const operation of ['prepare', 'confirm', 'refund', 'read', 'list'] as const)
      outcomes.push(await ask(operation, limited));
    expect(outcomes).toEqual(Array(5).fill(expect.objectContaining({ retryAfterMs: 3_000 })));
    const busy = errorAnswer(409, { code: 'idempotency_key_in_use' }, { 'retry-after': '2' });
    expect(await ask('confirm', busy)).toEqual({ kind: 'busy', retryAfterMs: 2_000 });
  });
});

const ACTION = {
  status: 'requires_action',
  next_action: { type: 'redirect_to_url', redirect_to_url: { url: 'https://bank.example/3ds' } },
};
const SHOWN = {
  type: 'redirect_to_url',
  url: 'https://bank.example/3ds',
  client_secret: 'pi_1_secret_abc',
};
const CONTRADICTING = answered('contradicting_answer');

/** After a confirm, after the replay of one, and in a read. */
const INTENT_CASES: readonly (readonly [Fields, confirm: object, replayed: object, read: object])[] = [
  [
    { status: 'succeeded' },
    { kind: 'approved', ref: 'pi_1' },
    { kind: 'approved', ref: 'pi_1' },
    { kind: 'succeeded', ref: 'pi_1' },
  ],
  // This charge was to take the money at once.
  [
    { status: 'requires_capture' },
    { kind: 'mismatch', ref: 'pi_1', reason: 'capture_mismatch' },
    answered('replayed_answer'),
    { kind: 'mismatch', ref: 'pi_1', reason: 'capture_mismatch' },
  ],
  [
    { status: 'processing' },
    { kind: 'pending', ref: 'pi_1' },
    answered('replayed_answer'),
    { kind: 'pending', ref: 'pi_1' },
  ],
  [
    ACTION,
    { kind: 'requires_action', ref: 'pi_1', action: SHOWN },
    answered('replayed_answer'),
    { kind: 'requires_action', ref: 'pi_1', action: SHOWN },
  ],
  [
    { status: 'requires_confirmation' },
    CONTRADICTING,
    answered('replayed_answer'),
    { kind: 'open', ref: 'pi_1' },
  ],
  [
    DECLINED_INTENT,
    CONTRADICTING,
    answered('replayed_answer'),
    { kind: 'open', ref: 'pi_1', code: 'insufficient_funds' },
  ],
  [{ status: 'canceled' }, CONTRADICTING, answered('replayed_answer'), { kind: 'sealed', ref: 'pi_1' }],
  ...['a_word_from_the_future', ''].map(
    (status) =>
      [
        { status },
        unknown('status_unknown'),
        answered('replayed_answer'),
        unavailable('status_unknown'),
      ] as const,
  ),
];

describe('the status of an intent', () => {
  test.each(INTENT_CASES)('%j', async (changes, confirm, replayed, read) => {
    const intent = intentBody(changes);
    expect(await ask('confirm', json(intent))).toEqual(confirm);
    expect(await ask('confirm', json(intent, 200, { 'idempotent-replayed': 'true' }))).toEqual(replayed);
    expect(await ask('confirm', json(intent, 200, { 'original-request': 'req_0' }))).toEqual(replayed);
    expect(await ask('read', json(intent))).toEqual(read);
  });

  test('every row of the table has its case', () => {
    const cases = INTENT_CASES.map(([{ status }]) => status);
    for (const status of INTENT_STATUSES.keys()) expect(cases).toContain(status);
  });
});

/** After a refund was asked for, and in the list. A replay is `unknown`, whatever it says. */
const REFUND_CASES: readonly (readonly [Fields, made: object, listed: object])[] = [
  [{ status: 'succeeded' }, { kind: 'approved', ref: 're_1' }, { kind: 'succeeded', ref: 're_1' }],
  [{ status: 'pending' }, { kind: 'pending', ref: 're_1' }, { kind: 'pending', ref: 're_1' }],
  [{ status: 'requires_action' }, { kind: 'pending', ref: 're_1' }, { kind: 'pending', ref: 're_1' }],
  [
    { status: 'failed', failure_reason: 'lost_or_stolen_card' },
    { kind: 'declined', code: 'lost_or_stolen_card', ref: 're_1' },
    { kind: 'declined', code: 'lost_or_stolen_card', ref: 're_1' },
  ],
  [
    { status: 'canceled' },
    { kind: 'declined', code: 'canceled', ref: 're_1' },
    { kind: 'declined', code: 'canceled', ref: 're_1' },
  ],
  [{ status: 'a_word_from_the_future' }, unknown('status_unknown'), unavailable('status_unknown')],
  [{ status: null }, unknown('unparseable_answer'), unavailable('unparseable_answer')],
];

describe('the status of a refund', () => {
  test.each(REFUND_CASES)('%j', async (changes, made, listed) => {
    const refund = refundBody(changes);
    expect(await ask('refund', json(refund))).toEqual(made);
    expect(await ask('refund', json(refund, 200, { 'idempotent-replayed': 'true' }))).toMatchObject({
      kind: 'unknown',
    });
    expect(await ask('list', json(listBody([refund])))).toEqual(listed);
  });

  test('every row of the table has its case', () => {
    const cases = REFUND_CASES.map(([{ status }]) => status);
    for (const status of REFUND_STATUSES.keys()) expect(cases).toContain(status);
  });
});
