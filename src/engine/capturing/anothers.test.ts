/** One capture or void at the gateway counts for one of ours, also if only the charge shows it. */
import { beforeEach, expect, it } from 'vitest';
import {
  type CapturingGateway,
  type CapturingReplica,
  capturingReplica,
  createCapturingGateway,
} from '../../../test/support/capturing.ts';
import { world } from '../../../test/support/fresh-world.ts';
import { reset } from '../../../test/support/scripted-gateway.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { CallOutcome } from '../../domain/outcomes.ts';
import type { FollowUpRecord } from '../../ports/store.ts';

let gateway: CapturingGateway;
beforeEach(() => {
  gateway = createCapturingGateway();
});

const HOUR = 3_600_000;
const SLEPT = { kind: 'unknown', answered: false, reason: 'timeout' } as const;

async function stored(
  { store, paymentId }: CapturingReplica,
  kind: ExclusiveKind,
  name: string,
): Promise<FollowUpRecord> {
  const found = await world.ended(store.followUp({ accountId: 'default', paymentId, kind, name }));
  if (found === null) throw new Error(`There is no ${kind} ${name}.`);
  return found;
}

/** The first one never arrives and fails by proof. The second one is made. */
async function secondIsMade(kind: ExclusiveKind): Promise<CapturingReplica> {
  gateway.capturePlay = () => reset;
  const replica = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
  const ask = () =>
    kind === 'capture' ? replica.capture(1000, { waitMs: HOUR }) : replica.void({ waitMs: HOUR });
  await ask();
  gateway.capturePlay = ({ book }) => book();
  await ask();
  return replica;
}

/** A worker without a lease reports how its call of the first one ended. */
async function reported(
  replica: CapturingReplica,
  kind: ExclusiveKind,
  outcome: CallOutcome = SLEPT,
): Promise<void> {
  const payment = { accountId: 'default', orderId: 'o1', paymentId: replica.paymentId };
  const { id } = (await stored(replica, kind, '1')).followUp;
  await world.ended(replica.store.addFollowUpEvidence({ payment, id, outcome }));
  await world.pass(3 * HOUR);
}

async function ends(replica: CapturingReplica, kind: ExclusiveKind): Promise<readonly string[]> {
  const both = [await stored(replica, kind, '1'), await stored(replica, kind, '2')];
  return both.map(({ operation }) => operation.status);
}

function alarms({ logged }: CapturingReplica): unknown[] {
  return logged.flatMap(({ fields }) => (fields.alarm === undefined ? [] : [fields.alarm]));
}

it.each(['capture', 'void'] as const)(
  'a %s that failed is not made by what the charge shows of the next one',
  async (kind) => {
    const replica = await secondIsMade(kind);
    await reported(replica, kind);
    expect(await ends(replica, kind)).toEqual(['FAILED', 'COMPLETED']);
    expect([alarms(replica), (await stored(replica, kind, '1')).evidence]).toEqual([[], 0]);
  },
);

it('nor if a worker was told of it by the name of the charge alone, as at a gateway without ids of captures', async () => {
  const replica = await secondIsMade('capture');
  await reported(replica, 'capture', { kind: 'approved', ref: gateway.charge().id });
  expect([await ends(replica, 'capture'), alarms(replica)]).toEqual([['FAILED', 'COMPLETED'], []]);
});

it.each([
  ['the lookup shows it under its own key', 'lookup'],
  ['a worker was told of it by its own id', 'worker'],
])('a capture that was made beside the next one is an alarm: %s', async (_, how) => {
  const replica = await secondIsMade('capture');
  const own = { kind: 'succeeded', ref: 'capture_9' } as const;
  if (how === 'lookup') gateway.captureLookup = () => own;
  await reported(replica, 'capture', how === 'lookup' ? SLEPT : { kind: 'approved', ref: own.ref });
  expect(await ends(replica, 'capture')).toEqual(['COMPLETED', 'COMPLETED']);
  expect(alarms(replica)).toEqual(['capture_landed_late']);
});

it('while the next one is open, it waits: the charge may show either of them', async () => {
  gateway.capturePlay = () => reset;
  const replica = await capturingReplica(world, gateway, { policy: { maxAttempts: 1 } });
  await replica.capture(1000, { waitMs: HOUR });
  gateway.capturePlay = ({ book }) => {
    book('pending');
    gateway.change({ status: 'succeeded', capturedMinor: 1000 });
    return { kind: 'pending', ref: 'capture_1' };
  };
  await replica.capture(1000);
  await reported(replica, 'capture');
  expect(await ends(replica, 'capture')).toEqual(['FAILED', 'PROCESSING']);
});
