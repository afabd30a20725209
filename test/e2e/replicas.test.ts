/** Two processes on one database, with one fault at a time. */
import { afterAll, expect, test } from 'vitest';
import { inParallel } from '../../sim/chaos/in-parallel.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const LEASE_MS = 6000;
const stage = await openStage({ env: { CALL_TIMEOUT_MS: '5000', LEASE_MS: String(LEASE_MS) } });
const [one, two] = [stage.service(), await stage.start()];
const { gateway } = stage;
const first = stage.clientAt(() => one.url);
const second = stage.clientAt(() => two.url);
afterAll(() => stage.close());

async function called(orderId: string): Promise<number> {
  return await until('the call', () => gateway.ledger.requestsOf(orderId)[0]?.atMs);
}

test('a joiner at the other replica gets 200 as soon as it is settled', async () => {
  gateway.plan('join', step.slow(300));
  const starter = first.pay({ orderId: 'join', key: 'join-1' });
  await called('join');
  const joiner = await second.pay({ orderId: 'join', key: 'join-2', prefer: 'wait=60' });
  expect([(await starter).status, joiner.status]).toEqual([201, 200]);
  expect(joiner.text).toBe((await starter).text);
  // And not only when the wait ends.
  expect(joiner.receivedAtMs - joiner.sentAtMs).toBeLessThan(60_000);
  const replay = await second.pay({ orderId: 'join', key: 'join-1' });
  expect([replay.status, replay.text]).toEqual([201, (await starter).text]);
});

test('a wait that ends when the payment is settled already never gets "not yet"', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `late-${index}`);
  for (const id of ids) gateway.plan(id, step.slow(900));
  const starters = ids.map((id) => first.pay({ orderId: id, key: id }));
  await until('all calls', () => ids.every((id) => gateway.ledger.requestsOf(id).length > 0));
  // The requests arrive at different moments of the other replica's work.
  const joiners = await inParallel(ids, 1, async (id, index) => {
    const joiner = second.pay({ orderId: id, key: `${id}-2`, prefer: 'wait=1' });
    const asked = performance.now();
    await until('a moment', () => performance.now() > asked + (index % 2) * 5);
    return { joiner };
  });
  // After SIGCONT, the stopped process sees the settlement and the end of the wait at the same time.
  const stopped = performance.now();
  two.signal('SIGSTOP');
  await Promise.all(starters);
  await until('the wait to end', () => performance.now() > stopped + 1300);
  two.signal('SIGCONT');
  const answers = await Promise.all(joiners.map(({ joiner }) => joiner));
  // An answer may show what was read before the stop. But a settled state must never be reported as "not yet".
  const notYet = answers.filter(({ status }) => status === 202).map((answer) => json(answer).status);
  expect(notYet.filter((status) => status !== 'PROCESSING')).toEqual([]);
});

test('killed during the call: taken up by the other when the lease ends, with the same key', async () => {
  const victim = await stage.start();
  const client = stage.clientAt(() => victim.url);
  gateway.plan('killed', step.lostAfter);
  const left = client.pay({ orderId: 'killed', key: 'killed' }).catch(() => null);
  const sentMs = await called('killed');
  await victim.kill();
  expect(await left).toBeNull();
  const answer = await first.pay({ orderId: 'killed', key: 'killed', prefer: 'wait=60' });
  expect(answer.status).toBe(201);
  expect(gateway.ledger.keysOf('killed')).toHaveLength(1);
  expect(gateway.ledger.liveOf('killed')).toHaveLength(1);
  const next = gateway.ledger.requestsOf('killed')[1];
  // The lease began before the call was sent. The test saw the call even later: on a busy machine, much later.
  if (next) expect(next.atMs - sentMs).toBeGreaterThan(LEASE_MS / 6);
});

test('paused longer than its lease: the other finishes, the zombie’s write is refused', async () => {
  const zombie = await stage.start();
  const client = stage.clientAt(() => zombie.url);
  const { step: declined, release } = step.held(step.declined);
  gateway.plan('zombie', declined, step.honest);
  const asleep = client.pay({ orderId: 'zombie', key: 'zombie', prefer: 'wait=60' }).catch(() => null);
  await called('zombie');
  zombie.signal('SIGSTOP');
  release();
  const answer = await first.pay({ orderId: 'zombie', key: 'zombie-2', prefer: 'wait=60' });
  expect([200, 402]).toContain(answer.status);
  zombie.signal('SIGCONT');
  const woken = await asleep;
  if (woken !== null && woken.status !== 202) expect(woken.text).toBe(answer.text);
  expect(gateway.ledger.keysOf('zombie')).toHaveLength(1);
  await zombie.kill();
});

test('SIGTERM while a call is under way: it is finished or handed over, exit code 0', async () => {
  const leaving = await stage.start();
  const client = stage.clientAt(() => leaving.url);
  gateway.plan('leaving', step.slow(200));
  gateway.plan('waiting', step.pending('succeeded', 1500));
  const finished = client.pay({ orderId: 'leaving', key: 'leaving' });
  const waiting = client.pay({ orderId: 'waiting', key: 'waiting' });
  await called('leaving');
  await called('waiting');
  leaving.signal('SIGTERM');
  const [told, toldWaiting] = await Promise.all([finished, waiting]);
  expect([201, 202]).toContain(told.status);
  expect([201, 202]).toContain(toldWaiting.status);
  expect(await leaving.ended).toEqual({ code: 0, signal: null });
  expect((await first.pay({ orderId: 'leaving', key: 'leaving' })).status).toBe(201);
  expect((await first.pay({ orderId: 'waiting', key: 'waiting' })).status).toBe(201);
  expect(gateway.ledger.keysOf('leaving')).toHaveLength(1);
  expect(gateway.ledger.liveOf('leaving')).toHaveLength(1);
});

test('afterwards nothing contradicts anything', async () => {
  await stage.quiet();
  expect(await stage.judge()).toEqual([]);
});
