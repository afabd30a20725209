import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Opened, openStretch, type Stretch } from '../testing.ts';
import type { Toxic } from '../toxic.ts';

let stretch: Stretch;

beforeEach(async () => {
  stretch = await openStretch();
});
afterEach(() => stretch.close());

const front = (changes: Partial<Extract<Toxic, { kind: 'stale_lookups' }>>): Toxic => ({
  kind: 'stale_lookups',
  stream: 'both',
  how: 'cache',
  obeys: true,
  ignoresQuery: false,
  ...changes,
});
const lookup = (key: string, more = ''): string =>
  `GET /charges?idempotency_key=${key} HTTP/1.1\r\nhost: g\r\n${more}\r\n`;
const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const aged = (body: string, seconds: number): string =>
  answer(body).replace('OK\r\n', `OK\r\nage: ${seconds}\r\n`);

/** Sends one request on this connection, and lets the server answer if the request reaches it. */
async function ask({ client, server }: Opened, request: string, body: string): Promise<void> {
  const before = server.text().length;
  client.say(request);
  await server.heard(before + request.length);
  server.say(answer(body));
}

test('a cache answers the same lookup again with its first answer and its age', async () => {
  const toxic = await stretch.proxy.add(front({}));
  const opened = await stretch.open();
  await ask(opened, lookup('k'), 'one');
  const first = answer('one');
  expect(await opened.client.heard(first.length)).toBe(first);
  stretch.clock.turnTo(4_500);
  opened.client.say(lookup('k'));
  const both = first + aged('one', 4);
  expect(await opened.client.heard(both.length)).toBe(both);
  expect(opened.server.text()).toBe(lookup('k'));
  expect(toxic.count()).toBe(1);
});

test('a cache asks anew for another key, and where it is told no-cache and obeys', async () => {
  const toxic = await stretch.proxy.add(front({}));
  const opened = await stretch.open();
  await ask(opened, lookup('k'), 'one');
  await ask(opened, lookup('other'), 'two');
  await ask(opened, lookup('k', 'cache-control: no-cache\r\n'), 'new');
  const all = answer('one') + answer('two') + answer('new');
  expect(await opened.client.heard(all.length)).toBe(all);
  expect(toxic.count()).toBe(0);
});

test('one that ignores the query answers a lookup of another key, one that does not obey in spite of no-cache', async () => {
  await stretch.proxy.add(front({ ignoresQuery: true, obeys: false }));
  const opened = await stretch.open();
  await ask(opened, lookup('k'), 'one');
  opened.client.say(lookup('other', 'cache-control: no-cache\r\n'));
  const both = answer('one') + aged('one', 0);
  expect(await opened.client.heard(both.length)).toBe(both);
});

test('off by one: a lookup gets the answer to the lookup before it on its connection, and only there', async () => {
  const toxic = await stretch.proxy.add(front({ how: 'off_by_one' }));
  const opened = await stretch.open();
  await ask(opened, lookup('a'), 'one');
  await ask(opened, lookup('b'), 'two');
  await ask(opened, lookup('c'), 'three');
  const all = answer('one') + answer('one') + answer('two');
  expect(await opened.client.heard(all.length)).toBe(all);
  expect(toxic.count()).toBe(2);
  const other = await stretch.open();
  await ask(other, lookup('d'), 'four');
  expect(await other.client.heard(answer('four').length)).toBe(answer('four'));
});

test('calls and their answers go through as they are', async () => {
  await stretch.proxy.add(front({ how: 'off_by_one' }));
  const opened = await stretch.open();
  await ask(opened, lookup('a'), 'one');
  await ask(opened, 'POST /charges HTTP/1.1\r\ncontent-length: 0\r\n\r\n', 'charged');
  const both = answer('one') + answer('charged');
  expect(await opened.client.heard(both.length)).toBe(both);
});

test.each([
  '/v1/payment_intents/pi_1?expand[0]=latest_charge',
  '/v1/payment_intents?limit=100',
  '/v1/refunds?payment_intent=pi_1&limit=100',
])('the cache of a front before Stripe answers %s', async (path) => {
  const toxic = await stretch.proxy.add(front({ obeys: false }));
  const opened = await stretch.open();
  const request = `GET ${path} HTTP/1.1\r\nhost: g\r\n\r\n`;
  await ask(opened, request, 'one');
  opened.client.say(request);
  const both = answer('one') + aged('one', 0);
  expect(await opened.client.heard(both.length)).toBe(both);
  expect(toxic.count()).toBe(1);
});
