/** What no cache on the way to Stripe can do: answer a question with what was true before it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodedPath } from '../../../test/support/decoded-path.ts';
import { intentBody, json, listBody, REFUND } from '../../../test/support/stripe-answers.ts';
import { openStripeWorld, type StripeWorld } from '../../../test/support/stripe-world.ts';
import * as server from '../../testing/server.ts';

const call = { timeoutMs: 60_000, mayLeave: () => true };

let world: StripeWorld;
beforeEach(async () => {
  world = await openStripeWorld();
});
afterEach(() => world.close());

const held = intentBody({ status: 'requires_capture' });
const atSecond = (second: number) => `Tue, 01 Jan 2030 00:00:${second} GMT`;
const dated = (second: number) => server.answer(json(held, 200, { date: atSecond(second) }));
const lookUp = (...replies: server.Reply[]) => {
  world.far.script(...replies);
  return world.captures.capture.lookup(REFUND, call);
};
const OLD = { kind: 'unavailable', reason: 'old_answer' };
const ABSENT = { kind: 'absent' };

test.each([
  ['an intent', intentBody(), () => world.captures.capture.lookup(REFUND, call)],
  ['a list', listBody([]), () => world.refunds.lookup(REFUND, call)],
])('the address of %s is spelled in another way each time, and only its query', async (_what, body, ask) => {
  for (let times = 0; times < 4; times += 1) {
    world.far.script(server.answer(json(body)));
    await ask();
  }
  const { requests } = world.far;
  const first = new Set(requests.map(decodedPath)).values().next().value;
  const same = requests.filter((one) => decodedPath(one) === first).map(({ path }) => path);
  expect(same.length).toBeGreaterThan(1);
  expect(new Set(same).size).toBe(same.length);
  for (const { path } of requests) expect(path).toMatch(/^\/v1\/(refunds|payment_intents\/pi_1)\?/);
});

describe('the date of the first answer', () => {
  test('is compared with that of an answer that no cache can have', async () => {
    expect(await lookUp(dated(20), dated(30))).toEqual(OLD);
    const [, clock] = world.far.requests.map(decodedPath);
    expect(clock).toMatch(/^\/v1\/payment_intents\?limit=1&created\[lt\]=\d{1,9}$/);
    expect(await lookUp(dated(31))).toEqual(ABSENT);
    expect(world.far.requests).toHaveLength(3);
  });

  test('proves nothing if there is no such answer, or one without a date', async () => {
    expect(await lookUp(dated(30), server.answer(json(listBody([]))))).toEqual(OLD);
    expect(await lookUp(dated(30), (socket) => socket.destroy())).toEqual(OLD);
  });
});

test.each<[string, string | string[]]>([
  ['cannot be read', 'yesterday'],
  ['is there twice', [atSecond(20), atSecond(30)]],
])('a date that %s proves nothing', async (_what, date) => {
  const raw = json(held);
  expect(await lookUp(server.answer({ ...raw, headers: { ...raw.headers, date } }))).toEqual(OLD);
});

test('a date that is ahead of the clock is compared again: the clock may have been set back', async () => {
  expect(await lookUp(dated(20), dated(20))).toEqual(ABSENT);
  expect(await lookUp(dated(40), dated(20))).toEqual(OLD);
  expect(await lookUp(dated(40), dated(40))).toEqual(ABSENT);
});
