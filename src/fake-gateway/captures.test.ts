/** Charges that are authorised first: every fault of their captures and voids, and the end of an authorisation. */
import { setMaxListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import {
  ask,
  type Charged,
  jsonOf,
  type Refunded,
  type Running,
  run,
  statusOf,
} from '../../test/suites/fake-gateway.client.ts';
import { HELD_MS, outOfTime } from '../testing/deadline.ts';
import type { FaultName } from './faults/catalogue.ts';
import { TOKENS } from './faults/tokens.ts';

setMaxListeners(0);
const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((far) => far.gateway.close()));
});
async function start(options: Parameters<typeof run>[0] = {}): Promise<Running> {
  const far = await run(options);
  running.push(far);
  return far;
}

/** Delays that are short where a test must wait. Others it reaches by moving the clock. */
const DELAYS: { readonly [N in FaultName]?: { readonly delay_ms: number } } = {
  lands_late: { delay_ms: 5_000 },
  dripping_answer: { delay_ms: 30 },
  lost_answer: { delay_ms: 60_000 },
  slow_answer: { delay_ms: 30 },
  capture_pending: { delay_ms: 5_000 },
  capture_pending_failed: { delay_ms: 5_000 },
  void_pending: { delay_ms: 5_000 },
  void_pending_failed: { delay_ms: 5_000 },
  lookup_lag: { delay_ms: 5_000 },
  lookup_down: { delay_ms: 5_000 },
};

type Kind = 'capture' | 'void';

/** How the first and the second call with a key end, and whether it is done at once and after 5 s. */
const SEEN: Readonly<
  Record<string, readonly [first: number | string, second: number | string, now: boolean, later: boolean]>
> = {
  error: [500, 500, false, false],
  error_once: [500, 200, true, true],
  error_after: [500, 500, true, true],
  error_after_once: [500, 200, true, true],
  drop_before_once: ['broken', 200, true, true],
  drop_after_once: ['broken', 200, true, true],
  lands_late: ['broken', 409, false, true],
  lost_answer: ['silence', 'silence', true, true],
  lost_once: ['silence', 200, true, true],
  slow_once: [200, 200, true, true],
  dripping_once: [200, 200, true, true],
  truncated: ['broken', 'broken', true, true],
  garbage: [200, 200, true, true],
  '429': [429, 429, false, false],
  '429_once': [429, 200, true, true],
  unauthorized: [401, 401, false, false],
  stale_500: [500, 500, false, false],
  stale_500_after: [500, 500, true, true],
  declined: [402, 402, false, false],
  pending: [202, 202, false, true],
  pending_failed: [202, 202, false, false],
  wrong_amount: [200, 200, true, true],
  lookup_lag: [200, 200, true, true],
  lookup_down: [200, 200, true, true],
};

const authorize = async (far: Running, method: string) =>
  jsonOf<Charged>(await far.charge(`charge-${method}`, { method, capture: false })).id;
const chargeOf = async (far: Running, id: string) => jsonOf<Charged>(await far.get(`/charges/${id}`));

async function isDone(far: Running, kind: Kind, id: string): Promise<boolean> {
  const { status, captured } = await chargeOf(far, id);
  return kind === 'void' ? status === 'voided' : captured > 0;
}

function operate(far: Running, kind: Kind, id: string, { key = 'k', lost = false } = {}) {
  const body = kind === 'capture' ? { amount: 4_000 } : {};
  const call = (patienceMs = 60_000) =>
    ask(far.url, { path: `/charges/${id}/${kind}`, key, body, patienceMs });
  if (!lost) return call();
  return outOfTime(
    () => expect.poll(() => isDone(far, kind, id)).toBe(true),
    () => call(HELD_MS),
  );
}

const TABLE = TOKENS.flatMap(({ token, effect }) =>
  effect === 'capture' || effect === 'void' ? [[token, effect] as const] : [],
);

describe('by magic token of the charge', () => {
  test('the table here knows every token of captures and voids', () => {
    const names = new Set(TABLE.map(([token, kind]) => token.slice(`tok_${kind}_`.length)));
    expect([...names].sort()).toEqual(Object.keys(SEEN).sort());
  });

  test.each(TABLE)('%s: the charge has no fault, and its %s has exactly that one', async (token, kind) => {
    const rates = { error_before: 1, declined: 1, capture_declined: 1, void_declined: 1 };
    const far = await start({ faults: { ...DELAYS, ...rates } });
    const id = await authorize(far, token);
    const [first, second, now, later] = SEEN[token.slice(`tok_${kind}_`.length)] ?? [];
    const lost = /lost/.test(token);
    expect(statusOf(await operate(far, kind, id, { lost }))).toBe(first);
    expect(statusOf(await operate(far, kind, id, { lost }))).toBe(second);
    expect(await isDone(far, kind, id)).toBe(now);
    far.advance(5_000);
    expect(await isDone(far, kind, id)).toBe(later);
  });

  test.each([
    ['capture', 'captures'],
    ['void', 'voids'],
  ] as const)('a %s is shown by its key, and not yet if lookups lag', async (kind, path) => {
    const far = await start({ faults: DELAYS });
    const listed = async (key: string) =>
      jsonOf<{ data: readonly Refunded[] }>(await far.get(`/${path}?idempotency_key=${key}`)).data;
    await operate(far, kind, await authorize(far, 'tok_visa'), { key: 'seen' });
    expect(await listed('seen')).toMatchObject([
      { object: kind, status: 'succeeded', idempotency_key: 'seen' },
    ]);
    await operate(far, kind, await authorize(far, `tok_${kind}_lookup_lag`), { key: 'lags' });
    expect(await listed('lags')).toEqual([]);
    far.advance(5_000);
    expect(await listed('lags')).toHaveLength(1);
    await operate(far, kind, await authorize(far, `tok_${kind}_lookup_down`), { key: 'down' });
    expect(statusOf(await far.get(`/${path}?idempotency_key=down`))).toBe(503);
    expect(jsonOf(await far.get(`/refunds?idempotency_key=seen`))).toMatchObject({ data: [] });
  });
});

describe('an authorisation', () => {
  test('says until when it is held, and is let go then', async () => {
    const far = await start();
    const id = await authorize(far, 'tok_visa');
    expect(await chargeOf(far, id)).toMatchObject({
      status: 'succeeded',
      captured: 0,
      authorized_until: '2030-01-08T00:00:00.000Z',
    });
    far.advance(7 * 86_400_000 - 1);
    expect((await chargeOf(far, id)).status).toBe('succeeded');
    far.advance(1);
    expect(await chargeOf(far, id)).toMatchObject({ status: 'voided', captured: 0 });
    expect(jsonOf(await operate(far, 'capture', id))).toMatchObject({ error: 'charge_not_succeeded' });
    expect((await far.ledger()).summary).toMatchObject({ voided: 1, live: 0 });
  });

  test('ends soon with its token, and a charge that captures at once does not end', async () => {
    const far = await start();
    const id = await authorize(far, 'tok_authorization_expires');
    await far.charge('at-once', { method: 'tok_authorization_expires' });
    far.advance(2_000);
    expect((await chargeOf(far, id)).status).toBe('voided');
    expect((await far.ledger()).summary).toMatchObject({ voided: 1, succeeded: 1 });
    expect(await far.lookup('at-once')).toMatchObject([{ status: 'succeeded', captured: 10_000 }]);
    expect(jsonOf(await far.get('/charges?idempotency_key=at-once'))).not.toHaveProperty('authorized_until');
  });

  test('that was captured does not end', async () => {
    const far = await start();
    const id = await authorize(far, 'tok_authorization_expires');
    await operate(far, 'capture', id);
    far.advance(30 * 86_400_000);
    expect(await chargeOf(far, id)).toMatchObject({ status: 'succeeded', captured: 4_000 });
  });

  test('is captured or voided by one at a time', async () => {
    const far = await start({ faults: DELAYS });
    const id = await authorize(far, 'tok_capture_pending_failed');
    expect(statusOf(await operate(far, 'capture', id))).toBe(202);
    expect(jsonOf(await operate(far, 'void', id, { key: 'v' }))).toMatchObject({
      error: 'operation_under_way',
    });
    far.advance(5_000);
    expect(statusOf(await operate(far, 'void', id, { key: 'v' }))).toBe(200);
    expect(jsonOf(await operate(far, 'capture', id, { key: 'c2' }))).toMatchObject({
      error: 'charge_not_succeeded',
    });
  });
});
