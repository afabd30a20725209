/** What is refused causes no call to the gateway, leaves no payment, and never a 500. */
import { afterAll, expect, test } from 'vitest';
import { json } from './support/client.ts';
import { readPayments } from './support/reading.ts';
import { rawRequest } from './support/sockets.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway } = stage;
afterAll(() => stage.close());

const good = { order_id: 'bad', amount: 10_000, currency: 'USD' };

async function expectRefused(
  status: number,
  body: string,
  headers?: Record<string, string>,
  path = '/v1/payments',
) {
  const answer = await client.send('POST', path, body, headers);
  expect([body.slice(0, 80), answer.status, answer.text]).toEqual([body.slice(0, 80), status, answer.text]);
  if (path === '/v1/payments') expect(json(answer).code).toEqual(expect.any(String));
}

const bodies: string[] = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '1',
  '{"order_id":"bad","amount":10000,"currency":"USD"} x',
  '{"order_id":"bad","order_id":"bad2","amount":10000,"currency":"USD"}',
  '{"order_id":"bad","amount":1,"amount":10000,"currency":"USD"}',
  JSON.stringify({ ...good, order_id: '' }),
  JSON.stringify({ ...good, order_id: 5 }),
  JSON.stringify({ ...good, order_id: 'x'.repeat(256) }),
  JSON.stringify({ ...good, order_id: 'é'.repeat(128) }),
  JSON.stringify({ ...good, order_id: 'a\u0000b' }),
  '{"order_id":"\\ud800","amount":10000,"currency":"USD"}',
  '{"order_id":"a\\u0000","amount":10000,"currency":"USD"}',
  JSON.stringify({ ...good, amount: 0 }),
  JSON.stringify({ ...good, amount: -1 }),
  JSON.stringify({ ...good, amount: 1.5 }),
  JSON.stringify({ ...good, amount: '10000' }),
  JSON.stringify({ ...good, amount: null }),
  '{"order_id":"bad","amount":1e400,"currency":"USD"}',
  '{"order_id":"bad","amount":9007199254740993,"currency":"USD"}',
  '{"order_id":"bad","amount":NaN,"currency":"USD"}',
  '{"order_id":"bad","amount":010000,"currency":"USD"}',
  JSON.stringify({ ...good, currency: 'usd' }),
  JSON.stringify({ ...good, currency: 'XXX' }),
  JSON.stringify({ ...good, currency: 'US' }),
  JSON.stringify({ ...good, currency: 840 }),
  JSON.stringify({ amount: 1, currency: 'USD' }),
  JSON.stringify({ order_id: 'bad', currency: 'USD' }),
  JSON.stringify({ order_id: 'bad', amount: 1 }),
  JSON.stringify({ ...good, method: 5 }),
  JSON.stringify({ ...good, method: `4${'0'.repeat(14)}2` }),
  JSON.stringify({ ...good, metadata: 'x' }),
  '{"order_id":"bad","amount":10000,"currency":"USD","__proto__":{"amount":1}}',
];

test.each(bodies)('400: %s', (body) => expectRefused(400, body));

const keys = ['', 'x'.repeat(256), 'naïve', 'tab\tkey', '"open', '""'];

test.each(keys)('400: the key %j', (key) =>
  expectRefused(400, JSON.stringify(good), { 'idempotency-key': key }),
);

test('400: two keys', async () => {
  const body = JSON.stringify(good);
  const head = `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`;
  const answer = await rawRequest(
    stage.service().url,
    `${head}Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n${body}`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('other refusals: 404, 405, 413, 415', async () => {
  await expectRefused(404, JSON.stringify(good), {}, '/v1/payment');
  await expectRefused(413, JSON.stringify({ ...good, metadata: { note: 'x'.repeat(70_000) } }));
  await expectRefused(415, JSON.stringify(good), { 'content-type': 'text/plain' });
  expect((await client.send('PUT', '/v1/payments', '{}')).status).toBe(405);
  for (const path of [
    '/v1/payments/nonsense',
    '/v1/payments/01936b1e-7f2a-7c3d-8e4f-0123456789ab',
    '/payments/x/',
  ]) {
    const { status } = await client.get(path);
    expect([path, status]).toEqual([path, 404]);
  }
});

const amounts = ['0', '-1', '100.005', '1e-3', '"100.0"', 'null', '1e30', '100.0.0', 'true', '[]'];

test.each(amounts)('400 from the seed’s endpoint: amount %s', (amount) =>
  expectRefused(400, `{"order_id":"bad","amount":${amount}}`, {}, '/payments/start/'),
);

const json100 = JSON.stringify(good);
const raw: Record<string, string> = {
  'a request that is no HTTP': 'GARBAGE\r\n\r\n',
  'a body shorter than it says': `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n${json100}`,
  'a negative length': `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n${json100}`,
  'two lengths': `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\nContent-Length: ${json100.length}\r\n\r\n${json100}`,
  'length and chunks': `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a broken chunk': `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${json100}`,
  'a body cut in the middle of a chunk': `POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n${json100}`,
  'invalid UTF-8': '',
};

test.each(Object.keys(raw))('raw socket: %s', async (name) => {
  const body = Buffer.concat([
    Buffer.from('{"order_id":"bad'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('","amount":1,"currency":"USD"}'),
  ]);
  const head = `POST /v1/payments HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const bytes = name === 'invalid UTF-8' ? Buffer.concat([Buffer.from(head), body]) : (raw[name] ?? '');
  const answer = await rawRequest(stage.service().url, bytes);
  expect(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer) ? 'refused' : answer).toBe('refused');
});

test('afterwards the gateway has seen nothing, and there is no payment', async () => {
  expect(gateway.ledger.requests).toEqual([]);
  expect(gateway.ledger.lookups).toEqual([]);
  expect(await readPayments(client)).toEqual([]);
  expect(stage.service().running()).toBe(true);
});

test('unusual but valid order ids are kept apart and never changed', async () => {
  const ids = [
    'x'.repeat(255),
    ' x',
    'x',
    'x ',
    'X',
    '\u00e9',
    'e\u0301',
    '\u{1f4b3}',
    '\uffff',
    '../x',
    'a\nb',
    '"',
    '%00',
    "'; --",
  ];
  for (const orderId of ids) {
    const answer = await client.pay({ orderId });
    expect([orderId, answer.status, json(answer).order_id]).toEqual([orderId, 201, orderId]);
    expect((await stage.payment(orderId)).order_id).toBe(orderId);
  }
  expect(gateway.ledger.requests.map(({ body }) => body.order_id)).toEqual(ids);
  expect(await stage.judge()).toEqual([]);
});
