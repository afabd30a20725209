/** What a lookup could not find out in an outage is looked up soon after calls go on, however long the outage was. */
import { beforeEach, expect, it } from 'vitest';
import { chargingReplica } from '../../test/support/charging.ts';
import { world } from '../../test/support/fresh-world.ts';
import { createTwoStepGateway, LOST, type TwoStepGateway } from '../../test/support/two-step-gateway.ts';
import { keyed } from '../../test/support/virtual-world.ts';

const SILENT = { kind: 'unavailable', reason: 'timeout' } as const;
const MINUTE = 60_000;
const ORDERS = Array.from({ length: 20 }, (_, index) => `o${index + 1}`);
/** Each order is tried for a day. */
const PATIENT = { policy: { giveUpAfterS: 86_400 }, limits: { sweepMs: 10_000 } };

let gateway: TwoStepGateway;
beforeEach(() => {
  gateway = createTwoStepGateway();
});

const statuses = () => new Set(ORDERS.map((orderId) => world.stored(orderId).operation.status));

/** The orders' confirms get no answer, and then nothing does, for two hours. */
async function outage() {
  const replica = await chargingReplica(world, gateway, PATIENT);
  gateway.onConfirm = () => LOST;
  gateway.onRead = () => SILENT;
  for (const orderId of ORDERS) await replica.charge(keyed(orderId, 0), { orderId });
  await world.pass(1000);
  gateway.onPrepare = () => ({ kind: 'failed', reason: 'timeout' });
  await replica.charge(keyed('new', 0), { orderId: 'new' });
  await world.pass(120 * MINUTE);
  return replica;
}

function back(): void {
  gateway.onPrepare = ({ act }) => act();
  gateway.onConfirm = ({ act }) => act();
  gateway.onRead = ({ act }) => act();
}

it('is looked up within seconds, and woken once', async () => {
  const { store } = await outage();
  expect(statuses()).toEqual(new Set(['UNRESOLVED']));
  back();
  const from = store.used.length;
  // The pause between two probes, five seconds in which calls go on, and a second for all.
  await world.pass(20_000);
  expect(statuses()).toEqual(new Set(['COMPLETED']));
  expect(gateway.paid()).toBe(ORDERS.length + 1);
  const woken = store.used.slice(from).filter(({ method }) => method === 'wake');
  expect(woken).toHaveLength(ORDERS.length);
});

it('waits for its own time after a restart, which is an eighth of the outage', async () => {
  const { engine } = await outage();
  await world.ended(engine.stop());
  back();
  await chargingReplica(world, gateway, PATIENT);
  await world.pass(15 * MINUTE * 1.1 + 20_000);
  expect(statuses()).toEqual(new Set(['COMPLETED']));
});

it('is not woken if it has got an answer in the meantime', async () => {
  const { store } = await outage();
  gateway.onRead = ({ act }) => act();
  gateway.onConfirm = ({ act }) => act();
  // Each order gets its answer by its own time, while no order can be prepared.
  await world.pass(60 * MINUTE);
  expect(statuses()).toEqual(new Set(['COMPLETED']));
  back();
  await world.pass(20_000);
  expect(store.used.filter(({ method }) => method === 'wake')).toHaveLength(0);
});

it('rests if the store fails, and goes on at its own time', async () => {
  const { store } = await outage();
  back();
  store.fail('wake', 'unavailable');
  await world.pass(20_000);
  expect(statuses()).toEqual(new Set(['UNRESOLVED']));
  await world.pass(20 * MINUTE);
  expect(statuses()).toEqual(new Set(['COMPLETED']));
});
