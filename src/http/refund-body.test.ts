import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { type ParsedRefund, parseRefund } from './refund-body.ts';

function parsed(body: unknown): ParsedRefund {
  const json = parseJson(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  if (json.kind === 'refused') throw new Error(json.detail);
  return parseRefund(json.value, 'default');
}

function refusal(body: unknown): Extract<ParsedRefund, { kind: 'refused' }> {
  const result = parsed(body);
  if (result.kind !== 'refused') throw new Error('It was taken.');
  return result;
}

/** A number with the prefix and length of a card, and its check digit. */
const CARD = `4${'0'.repeat(14)}2`;

const NOTHING = { accountId: 'default', amountMinor: null, refundId: null, reason: null, metadata: {} };

describe('a refund', () => {
  it('is read field by field', () => {
    const body = { amount: 4000, refund_id: 'R 1/2', reason: 'broken', metadata: { note: '', by: 'me' } };
    expect(parsed(body)).toEqual({
      kind: 'refund',
      refund: {
        accountId: 'default',
        amountMinor: 4000,
        refundId: 'R 1/2',
        reason: 'broken',
        metadata: { note: '', by: 'me' },
      },
    });
  });

  it('of all that is left needs no field', () => {
    expect(parsed({})).toEqual({ kind: 'refund', refund: NOTHING });
  });

  it.each([
    ['amount', 1],
    ['amount', Number.MAX_SAFE_INTEGER],
    ['refund_id', 'x'.repeat(255)],
    ['refund_id', ' a '],
    ['refund_id', '../..'],
    ['refund_id', '...'],
    ['reason', 'x'.repeat(500)],
    ['reason', '\u{1f600}'.repeat(500)],
    ['metadata', {}],
  ])('may have as %s %j', (name, value) => {
    expect(parsed({ [name]: value })).toMatchObject({ kind: 'refund' });
  });

  it.each([
    ['{"amount":0}', '/amount', 'from 1 to 9007199254740991'],
    ['{"amount":-1}', '/amount', 'from 1 to'],
    ['{"amount":null}', '/amount', 'a whole number of minor units'],
    ['{"amount":"1"}', '/amount', 'a whole number of minor units'],
    ['{"amount":true}', '/amount', 'a whole number of minor units'],
    ['{"amount":1.5}', '/amount', 'without fraction or exponent'],
    ['{"amount":1.0}', '/amount', 'without fraction or exponent'],
    ['{"amount":1e2}', '/amount', 'without fraction or exponent'],
    ['{"amount":9007199254740992}', '/amount', 'at most 2^53 - 1'],
    ['{"refund_id":null}', '/refund_id', 'must be a string'],
    ['{"refund_id":1}', '/refund_id', 'must be a string'],
    ['{"refund_id":""}', '/refund_id', 'must not be empty'],
    ['{"refund_id":"."}', '/refund_id', 'must not be "." or ".."'],
    ['{"refund_id":".."}', '/refund_id', 'must not be "." or ".."'],
    [`{"refund_id":"${'x'.repeat(256)}"}`, '/refund_id', 'longer than 255 bytes'],
    [`{"refund_id":"${'\u00e9'.repeat(128)}"}`, '/refund_id', 'longer than 255 bytes'],
    ['{"reason":null}', '/reason', 'must be a string'],
    ['{"reason":""}', '/reason', 'must not be empty'],
    [`{"reason":"${'x'.repeat(501)}"}`, '/reason', 'longer than 500 characters'],
    ['{"metadata":null}', '/metadata', 'an object of strings'],
    ['{"metadata":[]}', '/metadata', 'an object of strings'],
    ['{"metadata":{"a":1}}', '/metadata/a', 'must be a string'],
    ['{"metadata":{"":"a"}}', '/metadata/', 'has an empty name'],
    ['{"currency":"USD"}', '/currency', 'is not a known field'],
    ['{"refundId":"a"}', '/refundId', 'is not a known field'],
    ['{"account_id":"a"}', '/account_id', 'is not a known field'],
    ['[]', '', 'must be a JSON object'],
    ['null', '', 'must be a JSON object'],
  ])('is not %s', (body, pointer, detail) => {
    expect(refusal(body)).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer, detail: expect.stringContaining(detail) }],
    });
  });

  it('is told everything that is wrong at once', () => {
    const { errors } = refusal({ amount: 0, refund_id: '', reason: '', metadata: 1, more: 1 });
    expect(errors.map((error) => 'pointer' in error && error.pointer)).toEqual([
      '/more',
      '/amount',
      '/refund_id',
      '/reason',
      '/metadata',
    ]);
  });

  it.each([
    ['refund_id', '/refund_id', { refund_id: CARD }],
    ['reason', '/reason', { reason: `paid with ${CARD}` }],
    ['the text of a note', '/metadata/card', { metadata: { card: CARD } }],
    ['the name of a note', '/metadata', { metadata: { [CARD]: 'x' } }],
  ])('with a card number as %s is refused, and the number is not repeated', (_where, pointer, body) => {
    const refused = refusal({ amount: 1, ...body });
    expect(refused.code).toBe('card_number_refused');
    expect(refused.errors).toMatchObject([{ pointer }]);
    expect(JSON.stringify(refused)).not.toContain(CARD);
  });
});
