/** Claims, notes and what the API reads of them, on a real PostgreSQL. */
import { expect, test } from 'vitest';
import { DELIVERED, FAILED, newId, openWorld } from './world.ts';

async function withEvents(
  count: number,
  more: Parameters<Awaited<ReturnType<typeof openWorld>>['endpoint']>[0] = {},
) {
  const world = await openWorld();
  const endpoint = await world.endpoint(more);
  for (let n = 0; n < count; n += 1) await world.add();
  await world.queue.plan();
  return { ...world, made: endpoint };
}

test('what is claimed by one process is not claimed by another', async () => {
  const { claim } = await withEvents(6);
  const claims = (await Promise.all([claim(), claim(), claim()])).flat();
  expect(claims.length).toBeLessThanOrEqual(6);
  const rest = await claim();
  const ids = [...claims, ...rest].map(({ eventId }) => eventId);
  expect([ids.length, new Set(ids).size]).toEqual([6, 6]);
});

test('what another process is just claiming is passed over, and not waited for', async () => {
  const { claim, connect } = await withEvents(2);
  const client = await connect();
  await client.query('BEGIN');
  const { rows } = await client.query(
    'SELECT event_id FROM payonce.webhook_deliveries ORDER BY due_at, event_id LIMIT 1 FOR UPDATE',
  );
  const claims = await claim();
  expect(claims).toHaveLength(1);
  expect(claims[0]?.eventId).not.toBe(rows[0].event_id);
});

test('a process that dies between sending and noting loses nothing: another one sends it when the lease is over', async () => {
  const { claim, books, made, queue } = await withEvents(1);
  const [first] = await claim({ leaseMs: 0 });
  const [second] = await claim();
  if (first === undefined || second === undefined) throw new Error('it was not claimed');
  expect([second.eventId, second.attempt]).toEqual([first.eventId, 2]);
  // The first one was only slow. What it knows is kept, and decides nothing any more.
  await queue.note(first, { ...DELIVERED, next: 'DEAD', status: 410 });
  expect(await books.delivery(made, first.eventId)).toMatchObject({ delivery: { status: 'PENDING' } });
  await queue.note(second, DELIVERED);
  const found = await books.delivery(made, first.eventId);
  expect(found?.delivery).toMatchObject({ status: 'DELIVERED', attempts: 2, dueAtMs: null });
  expect(found?.attempts).toMatchObject([
    { n: 1, status: 410 },
    { n: 2, status: 200, answer: 'ok' },
  ]);
});

test('a failure comes again after its wait, and the endpoint is paused', async () => {
  const { claim, queue, books, made } = await withEvents(1);
  const [claimed] = await claim();
  if (claimed === undefined) throw new Error('it was not claimed');
  await queue.note(claimed, { ...FAILED, waitMs: 3_600_000, failures: 5, pauseMs: 60_000 });
  expect(await claim({ sick: true })).toEqual([]);
  expect(await books.find(made)).toMatchObject({ failures: 5, blockedUntilMs: expect.any(Number) });
  const found = await books.delivery(made, claimed.eventId);
  expect((found?.delivery.dueAtMs ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
});

test('410 disables the endpoint, and what is left waits until it is enabled', async () => {
  const { claim, queue, books, made } = await withEvents(2);
  const [claimed] = await claim({ limit: 1 });
  if (claimed === undefined) throw new Error('it was not claimed');
  await queue.note(claimed, { ...FAILED, status: 410, next: 'DEAD', gone: true });
  expect(await books.find(made)).toMatchObject({ status: 'DISABLED', disabledReason: 'gone' });
  expect(await claim()).toEqual([]);
  await books.update(made, { enabled: true });
  expect(await claim()).toHaveLength(1);
});

test('410 from the address of before says nothing about the new one: the event is sent there', async () => {
  const { claim, queue, books, made } = await withEvents(1);
  const [claimed] = await claim();
  if (claimed === undefined) throw new Error('it was not claimed');
  await books.update(made, { url: 'https://shop.example/new' });
  const changed = await queue.note(claimed, {
    ...FAILED,
    status: 410,
    next: 'DEAD',
    gone: true,
    failures: 5,
    pauseMs: 60_000,
  });
  expect(changed).toBe(false);
  expect(await books.find(made)).toMatchObject({ status: 'ENABLED', failures: 0, blockedUntilMs: null });
  expect(await claim()).toMatchObject([{ eventId: claimed.eventId, url: 'https://shop.example/new' }]);
});

test('an endpoint has a few under way at most, and one with much keeps nobody waiting', async () => {
  const { claim, endpoint, add, queue } = await withEvents(30);
  const quiet = await endpoint({ accountId: 'quiet' });
  await add({ accountId: 'quiet' });
  await queue.plan();
  const claims = await claim({ perEndpoint: 8 });
  expect(claims).toHaveLength(9);
  expect(claims.filter(({ endpointId }) => endpointId === quiet.endpointId)).toHaveLength(1);
  const [other] = claims.filter(({ endpointId }) => endpointId !== quiet.endpointId);
  const busy = { endpoints: new Map([[other?.endpointId ?? '', 8]]), accounts: new Map([['default', 8]]) };
  expect(await claim({ underWay: busy })).toEqual([]);
});

test('an account has half of the places that the others leave, however many endpoints it has', async () => {
  const { claim, endpoint, add, queue } = await withEvents(2);
  for (let n = 0; n < 9; n += 1) await endpoint();
  await endpoint({ accountId: 'quiet' });
  for (let n = 0; n < 2; n += 1) await add();
  for (let n = 0; n < 2; n += 1) await add({ accountId: 'quiet' });
  await queue.plan();
  const underWay = (accounts: [string, number][]) => ({ endpoints: new Map(), accounts: new Map(accounts) });
  const of = async (limit: number, accounts: [string, number][]) => {
    const claims = await claim({ limit, underWay: underWay(accounts), leaseMs: 0 });
    return ['default', 'quiet'].map((name) => claims.filter(({ accountId }) => accountId === name).length);
  };
  expect(await of(12, [])).toEqual([6, 2]);
  expect(await of(6, [['default', 6]])).toEqual([0, 2]);
  expect(await of(8, [['default', 4]])).toEqual([2, 2]);
  const [one, two] = await of(1, [['default', 11]]);
  expect([one, two]).toEqual([0, 1]);
});

test('sick endpoints are claimed apart from the others', async () => {
  const { claim, queue } = await withEvents(2);
  const [claimed] = await claim({ limit: 1 });
  if (claimed === undefined) throw new Error('it was not claimed');
  await queue.note(claimed, { ...FAILED, waitMs: 60_000, failures: 5 });
  expect(await claim()).toEqual([]);
  expect(await claim({ sick: true, perEndpoint: 1 })).toHaveLength(1);
});

test('one that was delivered, or all since a time, are sent again', async () => {
  const { claim, queue, books, made } = await withEvents(3);
  for (const claimed of await claim()) await queue.note(claimed, DELIVERED);
  const all = (await books.deliveries(made, { status: 'DELIVERED', limit: 10, before: null })) ?? [];
  expect(all).toHaveLength(3);
  const [newest, ...older] = all;
  expect(await books.resend(made, newest?.eventId ?? '')).toMatchObject({
    status: 'PENDING',
    endedAtMs: null,
  });
  expect(await claim()).toMatchObject([{ eventId: newest?.eventId, attempt: 2, tries: 1 }]);
  expect(await books.resendSince(made, Date.now() + 3_600_000, 10)).toBe(0);
  expect(await books.resendSince(made, Date.now() - 3_600_000, 10)).toBe(2);
  expect((await claim()).map(({ eventId }) => eventId).sort()).toEqual(
    older.map(({ eventId }) => eventId).sort(),
  );
});

test('another account sees nothing and changes nothing', async () => {
  const { books, made, planned } = await withEvents(1);
  const stranger = { accountId: 'stranger', endpointId: made.endpointId };
  const [what = ''] = await planned();
  const eventId = what.split(' ')[2] ?? '';
  expect([
    await books.find(stranger),
    await books.update(stranger, { enabled: false }),
    await books.remove(stranger),
    await books.rotate(stranger, 'x', 0),
    await books.deliveries(stranger, { status: null, limit: 10, before: null }),
    await books.delivery(stranger, eventId),
    await books.addTest(stranger, { eventId: 'evt_test_1', type: 'webhook.test' }),
    await books.resend(stranger, eventId),
    await books.resendSince(stranger, 0, 10),
    await books.list('stranger', { limit: 10, before: null }),
  ]).toEqual([null, null, null, null, null, null, null, null, null, []]);
  expect(await books.find(made)).toMatchObject({ status: 'ENABLED' });
});

test('a URL once in an account; after it is deleted, again', async () => {
  const { books, endpoint } = await openWorld();
  const made = await endpoint({ url: 'https://shop.example/a' });
  const again = {
    accountId: 'default',
    endpointId: newId(),
    url: made.url,
    description: null,
    eventTypes: null,
    secret: 's',
  };
  expect(await books.create(again, 50)).toBe('exists');
  expect(await books.create({ ...again, url: 'https://shop.example/b' }, 1)).toBe('too_many');
  const other = await endpoint({ url: 'https://shop.example/c' });
  expect(await books.update(other, { url: made.url })).toBe('exists');
  expect(await books.remove(made)).toBe(true);
  expect(await books.find(made)).toBeNull();
  expect(await books.create(again, 50)).toMatchObject({ url: made.url });
});

test('a deleted endpoint is sent nothing more', async () => {
  const { books, made, claim, database } = await withEvents(2);
  await books.remove(made);
  expect(await claim()).toEqual([]);
  const rows = await database.query(
    'SELECT status, secret FROM payonce.webhook_deliveries JOIN payonce.webhook_endpoints e USING (endpoint_id)'.replace(
      'status',
      'webhook_deliveries.status',
    ),
  );
  expect(rows).toEqual([
    { status: 'DEAD', secret: '' },
    { status: 'DEAD', secret: '' },
  ]);
});

test('after rotations each old secret is there too, until its own time is over', async () => {
  const { books, made, claim, database } = await withEvents(3);
  const once = await books.rotate(made, 'second', 120_000);
  const twice = await books.rotate(made, 'third', 60_000);
  // The one that signs longest counts.
  expect(twice?.previousUntilMs).toBe(once?.previousUntilMs);
  expect(await claim({ limit: 1 })).toMatchObject([
    { secret: 'third', earlierSecrets: ['second', expect.stringMatching(/^v1\./)] },
  ]);
  const over = `jsonb_set(earlier_secrets, '{1,until}', to_jsonb(now()))`;
  await database.query(`UPDATE payonce.webhook_endpoints SET earlier_secrets = ${over}`);
  expect(await claim({ limit: 1 })).toMatchObject([{ secret: 'third', earlierSecrets: ['second'] }]);
  // Without an overlap they all end: somebody else has one.
  expect(await books.rotate(made, 'fourth', 0)).toMatchObject({ previousUntilMs: null });
  expect(await claim({ limit: 1 })).toMatchObject([{ secret: 'fourth', earlierSecrets: [] }]);
});

test('of very many rotations the last secrets sign', async () => {
  const { books, made, claim } = await withEvents(1);
  for (let n = 1; n <= 25; n += 1) await books.rotate(made, `secret ${n}`, 60_000);
  const [claimed] = await claim();
  expect(claimed?.earlierSecrets).toEqual(Array.from({ length: 15 }, (_, n) => `secret ${24 - n}`));
});

test('tidying erases what is old, gives up what a sick endpoint has not taken, and mends a jump of the clock', async () => {
  const { books, made, claim, queue, database, planned } = await withEvents(4);
  const [old, sick] = await claim({ perEndpoint: 2 });
  if (old === undefined || sick === undefined) throw new Error('they were not claimed');
  await queue.note(old, DELIVERED);
  await queue.note(sick, { ...FAILED, waitMs: 60_000, failures: 5 });
  await database.query(
    `UPDATE payonce.webhook_deliveries SET ended_at = now() - interval '31 days' WHERE event_id = $1`,
    [old.eventId],
  );
  await database.query(
    `UPDATE payonce.webhook_deliveries SET due_at = now() + interval '1 year' WHERE event_id = $1`,
    [sick.eventId],
  );
  await database.query(`UPDATE payonce.webhook_endpoints SET blocked_until = now() + interval '1 year'`);
  const [waiting] = (await books.deliveries(made, { status: 'PENDING', limit: 10, before: null })) ?? [];
  await database.query(
    `UPDATE payonce.webhook_deliveries SET asked_at = now() - interval '5 days', due_at = now() - interval '5 days' WHERE event_id = $1`,
    [waiting?.eventId],
  );
  await queue.tidy();
  expect(await planned()).toHaveLength(3);
  expect(await books.delivery(made, old.eventId)).toBeNull();
  expect(await books.delivery(made, waiting?.eventId ?? '')).toMatchObject({ delivery: { status: 'DEAD' } });
  expect((await books.delivery(made, sick.eventId))?.delivery.dueAtMs).toBeLessThan(Date.now() + 1000);
  expect(await books.find(made)).toMatchObject({ blockedUntilMs: null });
});
