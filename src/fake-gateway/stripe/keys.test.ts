/** Idempotency keys, by plain requests: what is kept, what is not, and how a repeated answer is marked. */
import { setMaxListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { ask, type Ending, jsonOf, statusOf } from '../../../test/suites/fake-gateway.client.ts';
import {
  type EmulatedStripe,
  errorOf,
  PAID_FORM,
  PAYMENT_FORM,
  runStripe,
} from '../../../test/suites/stripe.client.ts';
import { HELD_MS, outOfTime } from '../../testing/deadline.ts';

setMaxListeners(0);
const running: EmulatedStripe[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ far }) => far.gateway.close()));
});
async function start(options: Parameters<typeof runStripe>[0] = {}): Promise<EmulatedStripe> {
  const stripe = await runStripe(options);
  running.push(stripe);
  return stripe;
}
const headersOf = (ending: Ending) => (ending.kind === 'answer' ? ending.headers : {});
const idOf = (ending: Ending) => jsonOf<{ id: string }>(ending).id;

test('a repeated request gets the first answer again, byte for byte, and is marked', async () => {
  const { ask, ledger, advance } = await start();
  const first = await ask('/payment_intents', { key: 'k', body: PAID_FORM });
  advance(1_000);
  const second = await ask('/payment_intents', { key: 'k', body: PAID_FORM });
  expect([first, second]).toMatchObject([{ status: 200 }, { status: 200 }]);
  expect(jsonOf(second)).toEqual(jsonOf(first));
  expect(headersOf(first)).toMatchObject({ 'idempotency-key': 'k', 'stripe-version': '2026-10-28.endive' });
  expect(headersOf(first)['idempotent-replayed']).toBeUndefined();
  expect(headersOf(first)['original-request']).toBe(headersOf(first)['request-id']);
  expect(headersOf(second)).toMatchObject({
    'idempotent-replayed': 'true',
    'idempotency-key': 'k',
    'original-request': headersOf(first)['request-id'],
  });
  expect(headersOf(second)['request-id']).not.toBe(headersOf(first)['request-id']);
  expect((await ledger()).summary.charges).toBe(1);
});

test('the order of the parameters, and how they are written, does not matter', async () => {
  const { ask } = await start();
  const first = await ask('/payment_intents', {
    key: 'k',
    body: 'amount=1000&currency=usd&metadata[a]=1&metadata[b]=2',
  });
  const again = 'metadata%5Bb%5D=2&currency=usd&metadata[a]=1&amount=1000';
  expect(idOf(await ask('/payment_intents', { key: 'k', body: again }))).toBe(idOf(first));
});

test.each([
  ['another amount', '/payment_intents', 'amount=1001&currency=usd'],
  ['one parameter more', '/payment_intents', 'amount=1000&currency=usd&description=x'],
  ['another endpoint', '/refunds', 'payment_intent=pi_x'],
])('a key with %s is an idempotency_error', async (_what, path, body) => {
  const { ask } = await start();
  await ask('/payment_intents', { key: 'k', body: 'amount=1000&currency=usd' });
  const answer = await ask(path, { key: 'k', body });
  expect(answer).toMatchObject({ status: 400 });
  expect(errorOf(answer).type).toBe('idempotency_error');
  expect(headersOf(answer)['stripe-should-retry']).toBe('false');
});

test('a key belongs to one object: the same step of another payment is an idempotency_error', async () => {
  const { ask } = await start();
  const [one, two] = await Promise.all(
    [1, 2].map(async () => idOf(await ask('/payment_intents', { body: PAYMENT_FORM }))),
  );
  const body = 'payment_method=pm_card_visa';
  expect(await ask(`/payment_intents/${one}/confirm`, { key: 'k', body })).toMatchObject({ status: 200 });
  expect(errorOf(await ask(`/payment_intents/${two}/confirm`, { key: 'k', body })).type).toBe(
    'idempotency_error',
  );
});

test('a decline is kept, although another confirmation would succeed', async () => {
  const { ask } = await start();
  const id = idOf(await ask('/payment_intents', { body: PAYMENT_FORM }));
  const confirm = (key: string, method: string) =>
    ask(`/payment_intents/${id}/confirm`, { key, body: `payment_method=${method}` });
  const first = await confirm('k', 'pm_card_chargeDeclined');
  expect(statusOf(first)).toBe(402);
  expect(statusOf(await confirm('k2', 'pm_card_visa'))).toBe(200);
  const again = await confirm('k', 'pm_card_chargeDeclined');
  expect(jsonOf(again)).toEqual(jsonOf(first));
  expect(headersOf(again)).toMatchObject({ 'idempotent-replayed': 'true', 'stripe-should-retry': 'false' });
});

test('a refusal for the state of the payment is kept', async () => {
  const { ask } = await start();
  const id = idOf(await ask('/payment_intents', { body: PAYMENT_FORM }));
  const capture = () => ask(`/payment_intents/${id}/capture`, { key: 'k', body: '' });
  const [first, again] = [await capture(), await capture()];
  expect(errorOf(first).code).toBe('payment_intent_unexpected_state');
  expect(jsonOf(again)).toEqual(jsonOf(first));
  expect(headersOf(again)['idempotent-replayed']).toBe('true');
});

test.each([
  ['an unknown parameter', 'amount=1000&currency=usd&colour=red'],
  ['an amount that is too small', 'amount=1&currency=usd'],
  ['an unknown method', 'amount=1000&currency=usd&payment_method=pm_no'],
])('%s is not kept: the key can be used for the right request', async (_what, wrong) => {
  const { ask } = await start();
  expect(statusOf(await ask('/payment_intents', { key: 'k', body: wrong }))).toBe(400);
  const right = await ask('/payment_intents', { key: 'k', body: PAID_FORM });
  expect(statusOf(right)).toBe(200);
  expect(headersOf(right)['idempotent-replayed']).toBeUndefined();
});

test('what does not exist is not kept', async () => {
  const { ask } = await start();
  expect(statusOf(await ask('/payment_intents/pi_no/confirm', { key: 'k', body: '' }))).toBe(404);
  expect(statusOf(await ask('/payment_intents', { key: 'k', body: PAID_FORM }))).toBe(200);
});

test('401, without or with a wrong API key, is not kept', async () => {
  const { ask } = await start();
  const headers = { authorization: 'Bearer sk_nothing' };
  expect(statusOf(await ask('/payment_intents', { key: 'k', body: 'amount=5', headers }))).toBe(401);
  expect(statusOf(await ask('/payment_intents', { key: 'k', body: PAID_FORM }))).toBe(200);
});

test('after 24 hours a key is new again', async () => {
  const { ask, advance, ledger } = await start();
  const first = await ask('/payment_intents', { key: 'k', body: PAID_FORM });
  advance(24 * 3_600_000 - 1);
  expect(idOf(await ask('/payment_intents', { key: 'k', body: PAID_FORM }))).toBe(idOf(first));
  advance(1);
  expect(idOf(await ask('/payment_intents', { key: 'k', body: PAID_FORM }))).not.toBe(idOf(first));
  expect((await ledger()).summary).toMatchObject({ charges: 2, live: 2 });
});

test('after 24 hours a confirmation charges nothing, because the payment itself remembers', async () => {
  const { ask, advance, ledger } = await start();
  const id = idOf(await ask('/payment_intents', { body: PAYMENT_FORM }));
  const confirm = () =>
    ask(`/payment_intents/${id}/confirm`, { key: 'k', body: 'payment_method=pm_card_visa' });
  expect(statusOf(await confirm())).toBe(200);
  advance(24 * 3_600_000);
  expect(errorOf(await confirm()).code).toBe('payment_intent_unexpected_state');
  expect((await ledger()).summary.charges).toBe(1);
});

test('a key of more than 255 characters is refused; a GET has none', async () => {
  const { ask } = await start();
  expect(statusOf(await ask('/payment_intents', { key: 'k'.repeat(256), body: PAID_FORM }))).toBe(400);
  expect(statusOf(await ask('/payment_intents', { key: 'k'.repeat(255), body: PAID_FORM }))).toBe(200);
  const read = await ask('/payment_intents', { key: 'k' });
  expect(headersOf(read)['idempotency-key']).toBeUndefined();
});

test('keys of this protocol and of the other one are apart', async () => {
  const { ask, far, ledger } = await start();
  await ask('/payment_intents', { key: 'k', body: PAID_FORM });
  expect(statusOf(await far.charge('k'))).toBe(200);
  expect((await ledger()).summary).toMatchObject({
    charges: 2,
    live: 2,
    money: { USD: { captured: 11_000 } },
  });
});

/** Sends two confirmations at once, with a latency that ends when one of them is answered. */
async function twoAtOnce(keys: readonly [string, string], sameObject = true) {
  const stripe = await start();
  const create = async () => idOf(await stripe.ask('/payment_intents', { body: PAYMENT_FORM }));
  const one = await create();
  const ids = [one, sameObject ? one : await create()];
  const latency = { latency_ms: { min: HELD_MS, max: HELD_MS } };
  await ask(stripe.far.url, { method: 'PUT', path: '/_faults', body: latency });
  const confirm = (id: string | undefined, index: number) =>
    stripe.ask(`/payment_intents/${id}/confirm`, {
      key: keys[index] ?? '',
      body: 'payment_method=pm_card_visa',
    });
  let both: Promise<Ending>[] = [];
  const reached = async (held: () => number) => {
    if (sameObject) await Promise.race(both);
    else await expect.poll(held).toBe(2);
  };
  const endings = await outOfTime(reached, () => {
    both = ids.map(confirm);
    return Promise.all(both);
  });
  endings.sort((a, b) => Number(statusOf(a)) - Number(statusOf(b)));
  await ask(stripe.far.url, { method: 'PUT', path: '/_faults', body: {} });
  return { endings, confirm: () => confirm(one, 0), ledger: await stripe.ledger() };
}

test('a key that is in use is refused with 409, and the first request goes on', async () => {
  const { endings, ledger, confirm } = await twoAtOnce(['k', 'k']);
  const [first, second] = endings;
  expect(endings.map(statusOf)).toEqual([200, 409]);
  expect(errorOf(second as Ending)).toMatchObject({
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
  });
  expect(headersOf(second as Ending)['stripe-should-retry']).toBe('true');
  expect(ledger.summary.charges).toBe(1);
  expect(jsonOf(await confirm())).toEqual(jsonOf(first as Ending));
});

test('a payment that another request changes is refused with 429 lock_timeout, which is not kept', async () => {
  const { endings, ledger } = await twoAtOnce(['k1', 'k2']);
  expect(endings.map(statusOf)).toEqual([200, 429]);
  expect(errorOf(endings[1] as Ending)).toMatchObject({
    type: 'invalid_request_error',
    code: 'lock_timeout',
  });
  expect(headersOf(endings[1] as Ending)['stripe-should-retry']).toBe('true');
  expect(ledger.summary.charges).toBe(1);
});

test('two payments do not wait for each other', async () => {
  const { endings, ledger } = await twoAtOnce(['k1', 'k2'], false);
  expect(endings.map(statusOf)).toEqual([200, 200]);
  expect(ledger.summary.charges).toBe(2);
});
