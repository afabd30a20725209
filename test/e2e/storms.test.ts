/** All faults at once, under load, while processes are killed, stopped and replaced. */
import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import type { Service } from './support/service.ts';
import { onStage, type Stage } from './support/stage.ts';
import { load, raiseStorm, STORM_ENV, STORM_MS } from './support/storm.ts';

const SEED = Number(process.env.E2E_SEED ?? 20_261_123);
const SIZE = Number(process.env.E2E_SIZE ?? 1);

/** The answers that a client may get if every request is valid and has the same terms. */
const TRUE_ANSWERS = [200, 201, 202, 402, 502, 503];

async function expectTruth(stage: Stage): Promise<void> {
  const payments = await stage.quiet(STORM_MS);
  const { observed } = stage.client;
  const strange = observed.filter(({ status }) => status !== null && !TRUE_ANSWERS.includes(status));
  expect(strange.map(({ status, text }) => [status, text])).toEqual([]);
  expect(await stage.judge()).toEqual([]);
  const count = (wanted: string) => payments.filter(({ status }) => status === wanted).length;
  expect(count('COMPLETED')).toBeGreaterThan(payments.length / 2);
  // Only an approval for another amount sends a payment to a person.
  const mismatched = count('REVIEW');
  expect(mismatched).toBeLessThan(payments.length / 10);
}

const QUIET_ENV = { ...STORM_ENV, LOG_LEVEL: 'warn' };

async function midway(stage: Stage, requests: number): Promise<void> {
  await until('the load to get on', () => stage.gateway.ledger.requests.length >= requests, STORM_MS);
}

test(
  'every fault at its rate, three clients an order',
  () =>
    onStage({ env: QUIET_ENV }, async (stage) => {
      const storm = raiseStorm(stage, SEED);
      await load(stage.client, { orders: 300 * SIZE, width: 60, prefix: 'nasty' });
      storm.heal();
      await expectTruth(stage);
    }),
  STORM_MS,
);

test(
  'kill -9 three times in the middle, and started again',
  () =>
    onStage({ env: QUIET_ENV }, async (stage) => {
      const storm = raiseStorm(stage, SEED + 1);
      const loaded = load(stage.client, { orders: 150 * SIZE, width: 40, prefix: 'killed' });
      for (const requests of [40, 90, 150]) {
        await midway(stage, requests * SIZE);
        await stage.service().kill();
        await stage.start();
      }
      await loaded;
      storm.heal();
      await expectTruth(stage);
    }),
  STORM_MS,
);

/** A client that goes to whichever of the replicas is running, in turn. */
function clientOf(stage: Stage, replicas: () => readonly Service[]) {
  let turn = 0;
  return stage.clientAt(() => {
    const running = replicas().filter((one) => one.running());
    return running[turn++ % running.length]?.url ?? 'http://127.0.0.1:1';
  });
}

test(
  'two replicas on one database, either of them killed -9',
  () =>
    onStage({ env: QUIET_ENV }, async (stage) => {
      const storm = raiseStorm(stage, SEED + 2);
      const replicas: Service[] = [stage.service(), await stage.start()];
      const client = clientOf(stage, () => replicas);
      const loaded = load(client, { orders: 150 * SIZE, width: 40, prefix: 'pair' });
      for (const [requests, victim] of [
        [40, 0],
        [90, 1],
        [150, 2],
      ] as const) {
        await midway(stage, requests * SIZE);
        await replicas[victim]?.kill();
        replicas.push(await stage.start());
      }
      await loaded;
      storm.heal();
      await expectTruth(stage);
    }),
  STORM_MS,
);

test(
  'a replica stopped for longer than its lease wakes as a zombie and does no harm',
  () =>
    onStage({ env: QUIET_ENV }, async (stage) => {
      const storm = raiseStorm(stage, SEED + 3);
      const zombie = stage.service();
      const healthy = await stage.start();
      const client = clientOf(stage, () => [zombie, healthy]);
      const loaded = load(client, { orders: 120 * SIZE, width: 40, prefix: 'zombie' });
      for (const requests of [40, 110]) {
        await midway(stage, requests * SIZE);
        const stoppedMs = Date.now();
        zombie.signal('SIGSTOP');
        await until('its leases to end', () => Date.now() > stoppedMs + Number(STORM_ENV.LEASE_MS) + 200);
        zombie.signal('SIGCONT');
      }
      await loaded;
      storm.heal();
      await expectTruth(stage);
      expect(zombie.running()).toBe(true);
    }),
  STORM_MS,
);

test(
  'a rolling restart under load: exit code 0 within 15 s, and no client gets a false answer',
  () =>
    onStage({ env: QUIET_ENV }, async (stage) => {
      const storm = raiseStorm(stage, SEED + 4);
      const loaded = load(stage.client, { orders: 150 * SIZE, width: 40, prefix: 'rolling' });
      for (const requests of [40, 90, 150]) {
        await midway(stage, requests * SIZE);
        const old = stage.service();
        await stage.start();
        old.signal('SIGTERM');
        // It ended by itself. If it had not finished in time, the code would be another.
        expect(await old.ended).toEqual({ code: 0, signal: null });
      }
      await loaded;
      storm.heal();
      await expectTruth(stage);
    }),
  STORM_MS,
);
