/** What a script can do to the world, besides the faults of single calls and statements. */
import { orderReference } from '../../src/domain/ids.ts';
import type { BookedCharge, EndKind } from '../gateway/model.ts';
import { createDatabase } from '../store/database.ts';
import { landLate } from '../world/late-charges.ts';
import { landSomeRefundLate } from '../world/late-refunds.ts';
import {
  crashDatabase,
  drainProcess,
  killProcess,
  loseCommits,
  pauseProcess,
  type Suspension,
  stepDatabaseClock,
  suspendMachine,
} from '../world/mishaps.ts';
import { loseDatabase, type Restore } from '../world/restore.ts';
import { INSTALLATION_ID, type World } from '../world/world.ts';
import type { Deed } from './scenario.ts';

/** Longer than any scenario needs: the processes that are left must do the work. */
const FOR_GOOD_MS = 10 * 60_000;

/** A database in which nothing was ever stored. */
const EMPTY = createDatabase({ nowMs: () => 0, retentionMs: 0, installationId: '' }).snapshot();

function named(mark: string, deed: Deed): Deed {
  return (world, host) => {
    world.marks.hit(mark);
    world.trace.add(world.scheduler.nowMs, `mishap: ${mark} (${host.process.name})`);
    deed(world, host);
  };
}

export const killed = (downMs = FOR_GOOD_MS): Deed =>
  named('process_killed', (world, host) => killProcess(world, host, downMs));

/** Every process dies at once, and all are started again. */
export const allKilled = (downMs = 500): Deed =>
  named('process_killed', (world) => {
    for (const host of world.hosts) killProcess(world, host, downMs);
  });

export const paused = (forMs: number): Deed =>
  named('process_paused', (world, host) => pauseProcess(world, host, forMs));

/** As `paused`, for longer than anybody waits. */
export const stalled = (forMs: number): Deed =>
  named('event_loop_stalls', (world, host) => pauseProcess(world, host, forMs));

export const machineSuspended = (suspension: Suspension): Deed =>
  named('machine_suspended', (world, host) => suspendMachine(world, host, suspension));

/** @param byMs forward; negative: back */
export const databaseClockStepped = (byMs: number): Deed =>
  named('database_clock_steps', (world) => stepDatabaseClock(world, byMs));

/** Charge 1 of the first order, which failed by absence, is made after all. */
const lateFirst =
  (withEvidence: boolean): Deed =>
  (world) => {
    const [row] = world.database.rows();
    const operation = row?.operations[0];
    if (row === undefined || operation === undefined)
      throw new Error('There is no charge that could land late.');
    landLate(world, row, operation, { withEvidence });
  };

/** And a worker that had lost its lease got the answer. */
export const evidenceOfFirst = lateFirst(true);
export const firstLandsLate = lateFirst(false);

/** A backup is made now, and the database is lost at `lostAtMs` and put back to it. */
export const databaseBackedUp = ({ lostAtMs, ...restore }: Restore & { readonly lostAtMs: number }): Deed => {
  return (world) => {
    const backup = world.database.snapshot();
    const inMs = lostAtMs - world.scheduler.nowMs;
    world.scheduler.after(inMs, () => loseDatabase(world, backup, restore, () => {}));
  };
};

export const drained = (downMs = FOR_GOOD_MS): Deed =>
  named('process_drained', (world, host) => drainProcess(world, host, downMs));

export const databaseCrashed = (downMs: number): Deed =>
  named('database_crashes', (world) => crashDatabase(world, downMs));

export const commitsLost = (downMs: number): Deed =>
  named('database_loses_commits', (world) => loseCommits(world, downMs));

/** The database as a backup knew it that was made before anything happened. */
export const databaseRestored = (downMs: number): Deed =>
  named('database_loses_commits', (world) => {
    world.database.restore(EMPTY);
    world.judge.forgot();
    crashDatabase(world, downMs);
  });

export const cutFromDatabase = (forMs: number): Deed =>
  named('cut_from_database', (world, host) => {
    host.databaseCutUntilMs = world.scheduler.nowMs + forMs;
  });

export const databaseAnswersLost = (forMs: number): Deed =>
  named('answers_of_database_lost', (world, host) => {
    host.databaseAnswersLostUntilMs = world.scheduler.nowMs + forMs;
  });

export const cutFromGateway = (forMs: number): Deed =>
  named('cut_from_gateway', (world, host) => {
    host.gatewayCutUntilMs = world.scheduler.nowMs + forMs;
  });

export const gatewayDown = (forMs: number): Deed =>
  named('gateway_outage', (world) => {
    world.gatewayDownUntilMs = world.scheduler.nowMs + forMs;
  });

export const gatewayErrs = (forMs: number): Deed =>
  named('gateway_errors', (world) => {
    world.gatewayErrsUntilMs = world.scheduler.nowMs + forMs;
  });

export const credentialsRevoked = (forMs: number): Deed =>
  named('credentials_revoked', (world) => {
    world.credentialsRevokedUntilMs = world.scheduler.nowMs + forMs;
  });

export const clockSkewed = (skewMs: number): Deed =>
  named('clock_jumps', (_world, host) => {
    host.clock.skewWall(skewMs);
  });

/** The gateway breaks its contract: one more live charge under the order's key, which no call asked for. */
export const bookedTwice: Deed = (world) => {
  const first = ledgerOf(world)[0] as BookedCharge;
  world.judge.excuse(first.key, 'money');
  ledgerOf(world).push({ ...first, id: 'ch_twin', status: 'succeeded' });
  world.trace.add(world.scheduler.nowMs, 'the gateway charges once more by itself: ch_twin');
};

/** A person refunds the extra charge at the gateway. */
export const twinRefunded: Deed = (world) => {
  for (const charge of ledgerOf(world)) if (charge.id === 'ch_twin') charge.status = 'refunded';
  world.trace.add(world.scheduler.nowMs, 'a person refunds ch_twin');
};

/** The gateway breaks its contract: charge 1 of the first order, proved not to have happened, is made after all. */
export const chargedLate: Deed = (world) => {
  const [row] = world.database.rows();
  const operation = row?.operations[0];
  if (row === undefined || operation === undefined)
    throw new Error('There is no charge that could land late.');
  const { gatewayKey: key, amountMinor, currency } = operation;
  const { accountId, orderId } = row.payment.order;
  const reference = orderReference(INSTALLATION_ID, accountId, orderId);
  world.judge.excuse(key, 'money');
  ledgerOf(world).push({
    id: 'ch_late',
    gateway: 'model',
    key,
    reference,
    amountMinor,
    currency,
    status: 'succeeded',
    visibleAtMs: 0,
  });
  world.trace.add(world.scheduler.nowMs, 'the gateway makes a charge long after its time: ch_late');
};

/** A person refunds it at the gateway. */
export const lateRefunded: Deed = (world) => {
  for (const charge of ledgerOf(world)) if (charge.id === 'ch_late') charge.status = 'refunded';
  world.trace.add(world.scheduler.nowMs, 'a person refunds ch_late');
};

/** Lookups show the last charge as it was before it was decided, for `forMs`. */
export const staleView = (forMs: number): Deed => {
  return (world) => {
    const charge = ledgerOf(world).at(-1) as BookedCharge;
    const truth = charge.status;
    charge.status = 'pending';
    world.scheduler.after(forMs, () => {
      charge.status = truth;
    });
  };
};

/** A person refunds a part of the first charge at the gateway. */
export const refundedByHand =
  (amountMinor: number): Deed =>
  (world, host) => {
    const [charge] = ledgerOf(world);
    const refund = host.gateway.model.refunds.byHand(charge?.id ?? '', amountMinor);
    if (refund === null) throw new Error('The gateway did not let the person refund it.');
    world.trace.add(world.scheduler.nowMs, `a person refunds ${amountMinor}: ${refund.id}`);
  };

/** The gateway breaks its contract: a refund, proved not to have been made, is made after all. */
export const refundLandsLate: Deed = (world) => landSomeRefundLate(world);

function ledgerOf(world: World): BookedCharge[] {
  return world.gateway.ledger as BookedCharge[];
}

/** A person captures or voids the first authorised charge at the gateway. */
export function endedByHand(kind: EndKind, amountMinor: number): Deed {
  return ({ gateway }, host) => {
    const charge = gateway.ledger.find(({ status }) => status === 'authorized');
    if (charge !== undefined) host.gateway.model.captures.byHand(kind, charge.id, amountMinor);
  };
}
