/**
 * The database is restored to an earlier moment, with or without its installation id. The operator starts the processes
 * again, and sets the time of the restore or forgets to. Then clients that asked before ask again.
 */
import type { Plan } from '../plan/plan.ts';
import type { Snapshot } from '../store/database.ts';
import { freshKey } from './asking.ts';
import { type Errand, persist } from './clients.ts';
import { killProcess } from './mishaps.ts';
import { persistRefund, type RefundErrand } from './refund-clients.ts';
import { INSTALLATION_ID, type World } from './world.ts';

/** The id that a new schema drew for itself. */
const OTHER_INSTALLATION_ID = '0b8f4f0e-95f5-4d5c-8a3e-7f2a5a1f2b11';
/** How long the database is away: from a minute to a day. */
const DOWN_MS = [60_000, 20 * 60_000, 25 * 3_600_000] as const;
/** How long it takes until somebody notices that the installation id is wrong. */
const WRONG_ID_MS = 20_000;
/** How long faults go on after the restore. */
const AFTER_MS = 60_000;
/** How many earlier requests are repeated, each with its old key and then with a new one. */
const RETURNING = 6;

/** @param told the operator sets the time of the restore in the processes' settings. */
export interface Restore {
  readonly downMs: number;
  readonly told: boolean;
  readonly idLost: boolean;
}

export function startRestore(world: World, onOver: () => void): void {
  const { tape, scheduler } = world;
  const backupAtMs = 500 + tape.below(8000);
  const lostAtMs = backupAtMs + 500 + tape.below(8000);
  const restore = { downMs: tape.pick(DOWN_MS), told: !tape.chance(250), idLost: tape.chance(200) };
  scheduler.after(backupAtMs, () => {
    const backup = world.database.snapshot();
    world.trace.add(scheduler.nowMs, 'a backup is made');
    scheduler.after(lostAtMs - backupAtMs, () => loseDatabase(world, backup, restore, onOver));
  });
}

export function loseDatabase(world: World, backup: Snapshot, restore: Restore, onOver: () => void): void {
  const { scheduler, hosts } = world;
  const { downMs } = restore;
  world.marks.hit('database_restored');
  world.trace.add(scheduler.nowMs, `the database is lost, for ${downMs} ms`);
  world.allAsleepUntilMs = scheduler.nowMs + downMs;
  world.faultsUntilMs = Math.max(world.faultsUntilMs, world.allAsleepUntilMs + AFTER_MS);
  world.database.crash();
  world.databaseDown = true;
  // Scheduled first, so that it happens before the processes start again.
  scheduler.after(downMs, () => putBack(world, backup, restore, onOver));
  for (const host of hosts) killProcess(world, host, downMs);
}

function putBack(
  world: World,
  backup: Snapshot,
  { told: wanted, idLost }: Restore,
  onOver: () => void,
): void {
  const { scheduler, database, judge, plan } = world;
  const told = wanted && canBeTold(plan);
  database.restore(backup);
  world.databaseDown = false;
  world.restoredAtMs = told ? world.databaseNowMs() : null;
  judge.restored(told);
  world.marks.hit(told ? 'restore_told' : 'restore_untold');
  world.trace.add(scheduler.nowMs, `the database is restored; the processes are ${told ? '' : 'not '}told`);
  const [some] = database.rows();
  if (!idLost || some === undefined) {
    comeBack(world, onOver);
    return;
  }
  world.marks.hit('installation_id_lost');
  database.reinstall(OTHER_INSTALLATION_ID);
  judge.idLost(true);
  comeBack(world, () => {});
  scheduler.after(WRONG_ID_MS, () => {
    world.trace.add(scheduler.nowMs, 'the installation id is put back, and the processes are started again');
    database.reinstall(INSTALLATION_ID);
    judge.idLost(false);
    for (const host of world.hosts) killProcess(world, host, 500);
    comeBack(world, onOver);
  });
}

/** Whether a process starts if its settings name a restore. It needs lookups, and keys that outlive every call that is forgotten. */
function canBeTold({ policy, otherSettings }: Plan): boolean {
  const { lookup, keys, keyWindowMs, landsWithinMs } = policy.contract;
  const leaseMs = Math.max(policy.leaseMs, otherSettings?.leaseMs ?? 0);
  return lookup && (keys === 'none' || keyWindowMs > landsWithinMs + leaseMs);
}

type Asks = (client: string, done: () => void) => void;

/** Orders come first: a refund needs a payment, and the database may have forgotten it. */
function comeBack(world: World, onOver: () => void): void {
  const charges = [...world.errands.values()].map(
    (errand): Asks =>
      (client, done) =>
        askTwice(world, client, errand, done),
  );
  const refunds = [...world.refundErrands.values()].map(
    (errand): Asks =>
      (client, done) =>
        askForRefund(world, client, errand, done),
  );
  allAsk(world, charges.slice(0, RETURNING), () => allAsk(world, refunds.slice(0, RETURNING), onOver));
}

function allAsk(world: World, clients: readonly Asks[], onOver: () => void): void {
  let left = clients.length;
  if (left === 0) onOver();
  clients.forEach((asks, index) => {
    world.scheduler.after(1000 + world.tape.below(2000), () =>
      asks(`returning client ${index + 1}`, () => {
        left -= 1;
        if (left === 0) onOver();
      }),
    );
  });
}

/** The order's payment may have another id now. */
function askForRefund(world: World, client: string, errand: RefundErrand, done: () => void): void {
  const row = world.database.row(errand.accountId, errand.orderId);
  if (row === undefined) {
    done();
    return;
  }
  world.marks.hit('refund_client:comes_back');
  persistRefund(world, client, { ...errand, paymentId: row.payment.paymentId }, done);
}

function askTwice(world: World, name: string, errand: Errand, done: () => void): void {
  persist(world, name, errand, () => persist(world, name, { ...errand, key: freshKey(world) }, done));
}
