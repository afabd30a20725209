import { describe, expect, test } from 'vitest';
import {
  callOutcome,
  lookupOutcome,
  prepareOutcome,
  refundedOutcome,
  sealAnswer,
  webhookReading,
} from './adapter-answers.ts';
import type { CallOutcome, LookupOutcome, NotSent, PrepareOutcome } from './outcomes.ts';

const NO_CALL = { kind: 'unknown', answered: false, reason: 'adapter_answer_invalid' };
const NO_LOOKUP = { kind: 'unavailable', reason: 'adapter_answer_invalid' };
/** A number with the prefix and length of a card, and its check digit. */
const CARD = `4${'0'.repeat(14)}2`;

const CALLS: readonly (CallOutcome | NotSent)[] = [
  { kind: 'approved', ref: 'ch_1' },
  { kind: 'declined', code: 'no_funds' },
  { kind: 'declined', code: 'no_funds', ref: 'ch_1' },
  { kind: 'refused', reason: 'rate_limited', retryAfterMs: 500 },
  { kind: 'refused', reason: 'connection_refused' },
  { kind: 'unknown', answered: true, reason: 'http_500', retryAfterMs: 0 },
  { kind: 'unknown', answered: false, reason: 'timeout' },
  { kind: 'unknown', answered: true, reason: 'already_captured', lookFirst: true },
  { kind: 'busy' },
  { kind: 'busy', retryAfterMs: 1.5 },
  { kind: 'pending', ref: 'ch_1' },
  { kind: 'forbidden', reason: 'http_401' },
  { kind: 'mismatch', ref: 'ch_1', reason: 'amount_mismatch' },
  { kind: 'requires_action', ref: 'pi_1', action: { type: 'redirect_to_url', url: 'https://bank.example/' } },
  { kind: 'not_sent', reason: 'no_free_file' },
];

const LOOKUPS: readonly (LookupOutcome | NotSent)[] = [
  { kind: 'succeeded', ref: 'ch_1' },
  { kind: 'declined', code: 'no_funds', ref: 'ch_1' },
  { kind: 'pending', ref: 'ch_1' },
  { kind: 'mismatch', ref: 'ch_1', reason: 'amount_mismatch' },
  { kind: 'captured', ref: 'ch_1', amountMinor: 400 },
  { kind: 'reversed', refs: ['ch_1'] },
  { kind: 'reversed', refs: ['ch_1', 'ch_2'], captured: { ref: 'ch_2', amountMinor: 400 } },
  { kind: 'duplicated', refs: ['ch_1', 'ch_2'] },
  { kind: 'open', ref: 'pi_1' },
  { kind: 'open', ref: 'pi_1', code: 'no_funds' },
  { kind: 'requires_action', ref: 'pi_1', action: {} },
  { kind: 'sealed', ref: 'pi_1' },
  { kind: 'sealed', ref: 'pi_1', held: true },
  { kind: 'absent' },
  { kind: 'unavailable', reason: 'timeout', retryAfterMs: 7 },
  { kind: 'unavailable', reason: 'amount_mismatch', declinedRef: 'ch_1' },
  { kind: 'forbidden', reason: 'http_403' },
  { kind: 'not_sent', reason: 'no_free_port' },
];

const NOTHING: readonly unknown[] = [undefined, null, true, 'approved', 7, [], {}, () => {}, { kind: 'ok' }];
const NO_IDS: readonly unknown[] = [
  undefined,
  null,
  '',
  7,
  'with space',
  'x'.repeat(256),
  'é',
  '\0',
  ['ch_1'],
  {},
];

describe('the answer to a call', () => {
  test.each(CALLS)('$kind is taken unchanged', (outcome) => {
    expect(callOutcome(outcome)).toEqual(outcome);
    expect(callOutcome({ ...outcome, card: CARD, status: 'COMPLETED' })).toEqual(outcome);
  });

  test.each(NOTHING)('%o is not an answer', (value) => expect(callOutcome(value)).toEqual(NO_CALL));

  test.each(['toString', '__proto__', 'constructor', 'succeeded', 'absent', 'duplicated', 'Approved'])(
    'of the kind %s is not an answer',
    (kind) => expect(callOutcome({ kind, ref: 'ch_1', refs: ['ch_1', 'ch_2'] })).toEqual(NO_CALL),
  );

  test.each(['approved', 'pending', 'mismatch'])(
    'that is %s without a usable id is not an answer',
    (kind) => {
      for (const ref of NO_IDS) expect(callOutcome({ kind, ref, reason: 'r' })).toEqual(NO_CALL);
    },
  );

  test('that is a decline may have no id, but not an unusable one', () => {
    expect(callOutcome({ kind: 'declined', code: 'no', ref: null })).toEqual({
      kind: 'declined',
      code: 'no',
    });
    for (const ref of ['', 7, {}]) {
      expect(callOutcome({ kind: 'declined', code: 'no', ref })).toEqual(NO_CALL);
    }
  });

  test.each([
    undefined,
    7,
    '',
    'two words',
    'x'.repeat(65),
    CARD,
    `do-not-use-${CARD}`,
    '4000-0000-0000-0002',
    '4000--0000.0000_0002',
    `pan${CARD}x`,
    '<b>',
  ])('never passes %o on as a code or a reason', (word) => {
    expect(callOutcome({ kind: 'declined', code: word })).toEqual({ kind: 'declined', code: 'declined' });
    expect(callOutcome({ kind: 'refused', reason: word })).toEqual({ kind: 'refused', reason: 'refused' });
    expect(callOutcome({ kind: 'forbidden', reason: word })).toEqual({
      kind: 'forbidden',
      reason: 'forbidden',
    });
    expect(lookupOutcome({ kind: 'unavailable', reason: word })).toEqual({
      kind: 'unavailable',
      reason: 'unavailable',
    });
    expect(lookupOutcome({ kind: 'declined', code: word, ref: 'ch_1' })).toMatchObject({
      code: 'declined',
    });
  });

  test.each([undefined, null, '5', Number.NaN, Number.POSITIVE_INFINITY, -1])(
    'does not wait for %o',
    (ms) => {
      expect(callOutcome({ kind: 'busy', retryAfterMs: ms })).toEqual({ kind: 'busy' });
    },
  );

  test('is complete only if the adapter says exactly that', () => {
    for (const answered of [undefined, 'true', 1, {}]) {
      expect(callOutcome({ kind: 'unknown', answered, reason: 'r' })).toMatchObject({ answered: false });
    }
  });
});

describe('the answer to a lookup', () => {
  test.each(LOOKUPS)('$kind is taken unchanged', (outcome) => {
    expect(lookupOutcome(outcome)).toEqual(outcome);
    expect(lookupOutcome({ ...outcome, card: CARD })).toEqual(outcome);
  });

  test.each(NOTHING)('%o is no evidence', (value) => expect(lookupOutcome(value)).toEqual(NO_LOOKUP));

  test.each(['approved', 'refused', 'unknown', 'busy', 'not_found'])(
    'of the kind %s is no evidence',
    (kind) => expect(lookupOutcome({ kind, ref: 'ch_1', reason: 'r' })).toEqual(NO_LOOKUP),
  );

  test.each(['succeeded', 'declined', 'pending', 'mismatch'])(
    'that is %s without a usable id is no evidence',
    (kind) => {
      for (const ref of NO_IDS) expect(lookupOutcome({ kind, ref, code: 'c' })).toEqual(NO_LOOKUP);
    },
  );

  test.each([undefined, 'ch_1,ch_2', [], ['ch_1'], ['ch_1', ''], ['ch_1', 7], { length: 2 }])(
    'that is duplicated with %o is no evidence',
    (refs) => expect(lookupOutcome({ kind: 'duplicated', refs })).toEqual(NO_LOOKUP),
  );
});

describe('the answer to what was refunded', () => {
  test.each([
    { kind: 'refunded', amountMinor: 0 },
    { kind: 'refunded', amountMinor: 12_345 },
    { kind: 'unavailable', reason: 'timeout', retryAfterMs: 7 },
    { kind: 'forbidden', reason: 'http_403' },
    { kind: 'not_sent', reason: 'no_free_port' },
  ])('$kind is taken unchanged', (outcome) => {
    expect(refundedOutcome({ ...outcome, card: CARD })).toEqual(outcome);
  });

  test.each([...NOTHING, { kind: 'absent' }, { kind: 'succeeded', ref: 're' }])('%o is no answer', (value) =>
    expect(refundedOutcome(value)).toEqual(NO_LOOKUP),
  );

  test.each([undefined, null, '5', -1, 0.5, 2 ** 53, Number.NaN])('%o is no sum', (amountMinor) =>
    expect(refundedOutcome({ kind: 'refunded', amountMinor })).toEqual(NO_LOOKUP),
  );
});

describe('the reading of an event', () => {
  const note = {
    ...{ accountId: null, orderId: 'o1', reference: 'r', kind: 'refund', key: null, ref: 're_1' },
    says: 'live',
  };
  const UNREADABLE = { kind: 'forged', reason: 'unreadable' };

  test.each([
    { kind: 'foreign' },
    { kind: 'forged', reason: 'too_old' },
    { kind: 'note', note },
    { kind: 'note', note: { ...note, accountId: 'acme', key: 'k', ref: null } },
  ])('%j is taken unchanged', (reading) => {
    expect(webhookReading({ ...reading, more: 1 })).toEqual(reading);
  });

  test('has only the fields of a note', () => {
    expect(webhookReading({ kind: 'note', note: { ...note, card: CARD } })).toEqual({ kind: 'note', note });
  });

  test.each([
    ...NOTHING,
    { kind: 'note' },
    { kind: 'forged', reason: 'because' },
    ...[
      { accountId: undefined },
      { accountId: '' },
      { orderId: 'a\0b' },
      { reference: 7 },
      { kind: 'capture' },
      { key: undefined },
      { ref: 'a b' },
      { says: 'paid' },
    ].map((changes) => ({ kind: 'note', note: { ...note, ...changes } })),
  ])('%j counts as forged', (value) => {
    expect(webhookReading(value)).toEqual(UNREADABLE);
  });
});
const PREPARED: readonly (PrepareOutcome | NotSent)[] = [
  { kind: 'prepared', handle: 'pi_1' },
  { kind: 'declined', code: 'amount_too_small' },
  { kind: 'failed', reason: 'timeout', retryAfterMs: 7 },
  { kind: 'failed', reason: 'timeout' },
  { kind: 'failed_for_good', reason: 'http_500' },
  { kind: 'forbidden', reason: 'http_401' },
  { kind: 'not_sent', reason: 'no_free_port' },
];
const NO_PREPARE = { kind: 'failed', reason: 'adapter_answer_invalid' };

describe('the answer to prepare', () => {
  test.each(PREPARED)('is kept if it is an outcome: %o', (outcome) => {
    expect(prepareOutcome({ ...outcome, more: 1 })).toEqual(outcome);
  });

  test.each(NOTHING)('is a failure if it is none: %o', (value) => {
    expect(prepareOutcome(value)).toEqual(NO_PREPARE);
  });

  test.each(NO_IDS)('is a failure if its handle is no id: %o', (handle) => {
    expect(prepareOutcome({ kind: 'prepared', handle })).toEqual(NO_PREPARE);
  });

  test('has plain words', () => {
    expect(prepareOutcome({ kind: 'declined', code: CARD })).toEqual({ kind: 'declined', code: 'declined' });
    expect(prepareOutcome({ kind: 'failed', reason: 'a b', retryAfterMs: -1 })).toEqual({
      kind: 'failed',
      reason: 'failed',
    });
  });
});

describe('the answer to a seal', () => {
  test('says nothing but that nothing was sent', () => {
    expect(sealAnswer({ kind: 'not_sent', reason: 'no_free_port', more: 1 })).toEqual({
      kind: 'not_sent',
      reason: 'no_free_port',
    });
    for (const value of [...NOTHING, { kind: 'sealed' }]) expect(sealAnswer(value)).toBeUndefined();
  });
});

describe('what the customer must do', () => {
  const answers = (action: unknown) => [
    callOutcome({ kind: 'requires_action', ref: 'pi_1', action }).kind,
    lookupOutcome({ kind: 'requires_action', ref: 'pi_1', action }).kind,
  ];
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, 'x']));

  test.each([many(16), { [`${'n'.repeat(64)}`]: 'x'.repeat(2048) }])('is kept up to its bounds', (action) => {
    expect(answers(action)).toEqual(['requires_action', 'requires_action']);
  });

  test.each([undefined, null, 'x', { n: 1 }, many(17), { n: 'x'.repeat(2049) }, { ['n'.repeat(65)]: 'x' }])(
    'is no answer beyond them: %#',
    (action) => {
      expect(answers(action)).toEqual(['unknown', 'unavailable']);
    },
  );

  test.each([{ url: 'https://bank.example/\0' }, { url: '\ud800' }, { 'n\0': 'x' }, { '\udc00': 'x' }])(
    'is no answer if the database cannot store it: %#',
    (action) => {
      expect(answers(action)).toEqual(['unknown', 'unavailable']);
    },
  );
});
