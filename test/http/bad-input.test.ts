/** Every bad input is refused with a reason, reaches no gateway and leaves no part of itself in the log. */
import { describe, expect, it } from 'vitest';
import { body, CARD, expectProblem, harness, SECRET } from './support.ts';

const good = JSON.stringify(body);
const change = (more: object) => JSON.stringify({ ...body, ...more });
const utf8 = (text: string) => Buffer.from(text, 'utf8');

/** Body, code, what the errors point at. */
const BODIES: readonly (readonly [string, string | Buffer, string, (readonly string[])?])[] = [
  ['no body', '', 'invalid_json'],
  ['no JSON', `{"order_id":"${SECRET}"`, 'invalid_json'],
  ['two documents', `${good}${good}`, 'invalid_json'],
  ['a name twice', `{"order_id":"${SECRET}","amount":1,"amount":1,"currency":"USD"}`, 'invalid_json'],
  [
    'a name twice, once escaped',
    `{"order_id":"${SECRET}","amount":1,"\\u0061mount":9,"currency":"USD"}`,
    'invalid_json',
  ],
  ['a note twice', change({}).replace('}', ',"metadata":{"a":"1","a":"2"}}'), 'invalid_json'],
  [
    'bytes that are no UTF-8',
    Buffer.concat([utf8('{"order_id":"'), Buffer.from([0xff]), utf8('"}')]),
    'invalid_json',
  ],
  ['a byte order mark', utf8(`\ufeff${good}`), 'invalid_json'],
  ['UTF-16', Buffer.from(good, 'utf16le'), 'invalid_json'],
  ['NUL in the order id', good.replace(SECRET, '\\u0000'), 'invalid_json'],
  ['half a surrogate pair', good.replace(SECRET, '\\ud800'), 'invalid_json'],
  ['nine levels', `${'['.repeat(9)}${']'.repeat(9)}`, 'invalid_json'],
  ['a list', `[${good}]`, 'invalid_request', ['']],
  ['null', 'null', 'invalid_request', ['']],
  ['an empty object', '{}', 'invalid_request', ['/order_id', '/amount', '/currency']],
  ['an unknown field', change({ [`${SECRET}_x`]: 1 }), 'invalid_request', [`/${SECRET}_x`]],
  ['amount as text', change({ amount: '10000' }), 'invalid_request', ['/amount']],
  ['amount with a fraction', good.replace('10000', '100.5'), 'invalid_request', ['/amount']],
  ['amount with an exponent', good.replace('10000', '1e4'), 'invalid_request', ['/amount']],
  ['amount with zeros', good.replace('10000', '10000.0'), 'invalid_request', ['/amount']],
  ['amount beyond 2^53', good.replace('10000', '9007199254740993'), 'invalid_request', ['/amount']],
  ['a huge exponent', good.replace('10000', '1e999999999'), 'invalid_request', ['/amount']],
  ['amount 0', change({ amount: 0 }), 'invalid_request', ['/amount']],
  ['a negative amount', change({ amount: -1 }), 'invalid_request', ['/amount']],
  ['an unknown currency', change({ currency: 'XXX' }), 'invalid_request', ['/currency']],
  ['a currency in lower case', change({ currency: 'usd' }), 'invalid_request', ['/currency']],
  ['an empty order id', change({ order_id: '' }), 'invalid_request', ['/order_id']],
  ['an order id of 256 bytes', change({ order_id: 'x'.repeat(256) }), 'invalid_request', ['/order_id']],
  ['an order id as a number', change({ order_id: 1 }), 'invalid_request', ['/order_id']],
  ['method null', change({ method: null }), 'invalid_request', ['/method']],
  ['method with a space', change({ method: 'a b' }), 'invalid_request', ['/method']],
  ['metadata null', change({ metadata: null }), 'invalid_request', ['/metadata']],
  ['a note that is a number', change({ metadata: { a: 1 } }), 'invalid_request', ['/metadata/a']],
  ['a long note', change({ metadata: { a: SECRET.repeat(200) } }), 'invalid_request', ['/metadata/a']],
  ['a card number as method', change({ method: CARD }), 'card_number_refused', ['/method']],
  ['a card number in a note', change({ metadata: { a: CARD } }), 'card_number_refused', ['/metadata/a']],
  [
    'a card number as the name of a note',
    change({ metadata: { [CARD]: 'a' } }),
    'card_number_refused',
    ['/metadata'],
  ],
  ['a card number in the order id', change({ order_id: CARD }), 'card_number_refused', ['/order_id']],
  ['a card number as the name of a field', change({ [CARD]: 1 }), 'invalid_request', ['']],
  [
    'everything wrong',
    '{"amount":"x","currency":1,"method":[],"metadata":[],"x":1}',
    'invalid_request',
    ['/x', '/order_id', '/amount', '/currency', '/method', '/metadata'],
  ],
];

describe('POST /v1/payments with', () => {
  it.each(BODIES.map(([name, payload, code, pointers]) => ({ name, payload, code, pointers })))(
    '$name',
    async (row) => {
      const { payload, code, pointers } = row;
      const { post, charges, lines } = harness();
      const response = await post(payload, { 'idempotency-key': `${SECRET}-key` });
      expectProblem(response, 400, code);
      expect(charges).toEqual([]);
      expect(response.headers['idempotent-replayed']).toBe('false');
      expect(response.headers['preference-applied']).toBeUndefined();
      expect(response.body).not.toContain(CARD);
      expect(response.json().errors?.map((error: { pointer: string }) => error.pointer)).toEqual(pointers);
      expect(lines).toEqual([
        expect.objectContaining({ msg: 'request', method: 'POST', route: '/v1/payments', status: 400, code }),
      ]);
    },
  );

  it('thousands of problems gets an answer of a sensible size', async () => {
    const fields = Array.from({ length: 5_000 }, (_, i) => `"f${i}":1`).join();
    const { post, charges } = harness();
    const response = await post(`{${fields}}`);
    expectProblem(response, 400, 'invalid_request');
    expect(response.json().errors).toHaveLength(51);
    expect(charges).toEqual([]);
  });

  it.each([
    ['', 'empty'],
    ['""', 'empty'],
    [`"${SECRET}`, 'an unfinished string'],
    [SECRET.repeat(64), '256 characters'],
    [`${SECRET}\u00e4`, 'other characters'],
  ])('the key %j (%s)', async (key) => {
    const { post, charges } = harness();
    const response = await post(body, { 'idempotency-key': key });
    expectProblem(response, 400, 'idempotency_key_invalid');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(response.body).not.toContain(SECRET);
    expect(charges).toEqual([]);
  });

  it.each([
    ['another media type', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a relative of JSON', { 'content-type': 'application/merge-patch+json' }],
    ['no valid media type', { 'content-type': SECRET }],
    ['an empty media type', { 'content-type': '' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
  ])('%s', async (_name, headers) => {
    const { post, charges } = harness();
    const response = await post(body, headers);
    expectProblem(response, 415, 'unsupported_media_type');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(charges).toEqual([]);
  });

  it('a body without any media type', async () => {
    const { inject, charges } = harness();
    const response = await inject({ method: 'POST', url: '/v1/payments', payload: utf8(good) });
    expectProblem(response, 415, 'unsupported_media_type');
    expect(charges).toEqual([]);
  });

  it('neither body nor media type', async () => {
    const { inject, charges } = harness();
    expectProblem(await inject({ method: 'POST', url: '/v1/payments' }), 400, 'invalid_json');
    expect(charges).toEqual([]);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;x=y'])(
    '%s is taken',
    async (type) => {
      const { post, charges } = harness();
      expect((await post(body, { 'content-type': type })).statusCode).toBe(201);
      expect(charges).toHaveLength(1);
    },
  );

  it('a body over the limit, and not one at it', async () => {
    const { post, charges } = harness({}, { bodyLimitBytes: 200 });
    expect((await post(good.padEnd(200))).statusCode).toBe(201);
    const response = await post(good.padEnd(201));
    expectProblem(response, 413, 'payload_too_large');
    expect(response.headers['idempotent-replayed']).toBe('false');
    expect(response.headers.connection).toBe('close');
    expect(charges).toHaveLength(1);
  });
});

describe('an address', () => {
  it.each([
    ['GET', `/${SECRET}`],
    ['POST', `/v1/payment/${SECRET}`],
    ['GET', '/V1/payments'],
    ['GET', `/v1/payments/${SECRET}/charges`],
    ['GET', '/'],
  ] as const)('without a route: %s %s', async (method, url) => {
    const { inject, charges, lines } = harness();
    // The body would be malformed; nobody reads it.
    const payload =
      method === 'POST' ? { headers: { 'content-type': 'application/json' }, payload: '{' } : {};
    expectProblem(await inject({ method, url, ...payload }), 404, 'not_found');
    expect(charges).toEqual([]);
    expect(lines).toEqual([
      expect.objectContaining({ route: '(none)', status: 404, method, code: 'not_found' }),
    ]);
  });

  it.each([
    ['PUT', '/v1/payments', 'GET, HEAD, POST'],
    ['DELETE', '/v1/payments/', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/payments', 'GET, HEAD, POST'],
    ['PATCH', `/v1/payments/${SECRET}`, 'GET, HEAD'],
    ['POST', `/v1/payments/${SECRET}?a=${SECRET}`, 'GET, HEAD'],
    ['POST', `/v1/payments/${SECRET}/events/`, 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['DELETE', '/readyz', 'GET, HEAD'],
  ] as const)('that does not take the method: %s %s', async (method, url, allow) => {
    const { inject, charges } = harness();
    const response = await inject({ method, url });
    expectProblem(response, 405, 'method_not_allowed');
    expect(response.headers.allow).toBe(allow);
    expect(charges).toEqual([]);
  });

  it.each(['/v1/payments/%', '/v1/payments/%ff', '/%zz', `/v1/payments/${SECRET}%e2%82`])(
    'that is malformed: %s',
    async (url) => {
      const { inject, charges, lines } = harness();
      const response = await inject({ method: 'GET', url });
      expect([400, 404]).toContain(response.statusCode);
      expectProblem(
        response,
        response.statusCode,
        response.statusCode === 400 ? 'invalid_request' : 'payment_not_found',
      );
      expect(response.body).not.toContain(SECRET);
      expect(charges).toEqual([]);
      expect(lines).toHaveLength(1);
    },
  );
});
