/** What happens to processes, the database and networks: one mishap after the other, and then everything heals. */
import type { Tape } from '../core/tape.ts';
import type { Mishap } from '../plan/faults.ts';
import { endElsewhere } from './ended-elsewhere.ts';
import { landSomeLate } from './late-charges.ts';
import { landSomeRefundLate, refundElsewhere } from './late-refunds.ts';
import { type Host, startProcess } from './process.ts';
import type { World } from './world.ts';

/** Draws mishaps until the faults stop. */
export function startMishaps(world: World): void {
  const { plan, tape, scheduler } = world;
  if (plan.mishaps.length === 0) return;
  const next = (): void => {
    if (world.healed) return;
    // While the database is lost, nothing runs to which anything could happen. Thousands of mishaps in a day only cost time.
    if (plan.story === 'restored' && scheduler.nowMs < world.allAsleepUntilMs) {
      scheduler.after(world.allAsleepUntilMs - scheduler.nowMs, next);
      return;
    }
    const untilMs = world.faultsUntilMs;
    befall(world, plan.mishaps[tape.below(plan.mishaps.length)] ?? 'process_killed');
    // The next mishap waits for the end of a long sleep. Otherwise a thousand others would happen meanwhile.
    const asleepMs = world.faultsUntilMs > untilMs ? world.faultsUntilMs - scheduler.nowMs - AWAKE_MS : 0;
    scheduler.after(asleepMs + drawMs(tape, plan.calmMs), next);
  };
  scheduler.after(drawMs(tape, plan.calmMs), next);
}

function drawMs(tape: Tape, meanMs: number): number {
  return 1 + tape.below(2 * meanMs);
}

function befall(world: World, mishap: Mishap): void {
  const { tape, scheduler, trace, hosts } = world;
  const host = hosts[tape.below(hosts.length)] as Host;
  const forMs = tape.pick([500, 3000, 15_000]);
  const untilMs = scheduler.nowMs + forMs;
  if (!MARKS_ITSELF.has(mishap)) world.marks.hit(mishap);
  trace.add(scheduler.nowMs, `mishap: ${mishap} (${host.process.name}, ${forMs} ms)`);
  switch (mishap) {
    case 'process_killed':
      killProcess(world, host, forMs);
      return;
    case 'process_paused':
      pauseProcess(world, host, forMs);
      return;
    case 'event_loop_stalls':
      sleepLong(world, host, (one, sleepMs) => pauseProcess(world, one, sleepMs));
      return;
    case 'machine_suspended': {
      const ntpMs = tape.chance(300) ? tape.pick([1000, 60_000]) : null;
      sleepLong(world, host, (one, sleepMs) => suspendMachine(world, one, { forMs: sleepMs, ntpMs }));
      return;
    }
    case 'process_drained':
      drainProcess(world, host, forMs);
      return;
    case 'clock_jumps':
      host.clock.skewWall((tape.below(3) - 1) * 3_600_000);
      return;
    case 'database_crashes':
      crashDatabase(world, forMs);
      return;
    case 'database_loses_commits':
      loseCommits(world, forMs);
      return;
    case 'database_clock_steps':
      drawClockStep(world);
      return;
    case 'cut_from_database':
      host.databaseCutUntilMs = untilMs;
      return;
    case 'answers_of_database_lost':
      host.databaseAnswersLostUntilMs = untilMs;
      return;
    case 'cut_from_gateway':
      host.gatewayCutUntilMs = untilMs;
      return;
    case 'gateway_outage':
      world.gatewayDownUntilMs = untilMs;
      return;
    case 'gateway_errors':
      world.gatewayErrsUntilMs = untilMs;
      return;
    case 'charge_lands_late':
      landSomeLate(world);
      return;
    case 'refund_lands_late':
      landSomeRefundLate(world);
      return;
    case 'refund_elsewhere':
      refundElsewhere(world);
      return;
    case 'ended_elsewhere':
      endElsewhere(world);
      return;
    case 'credentials_revoked':
      world.credentialsRevokedUntilMs = untilMs;
      return;
  }
}

/** These need a charge or a refund to which they can happen, and set their mark themselves if they find one. */
const MARKS_ITSELF: ReadonlySet<Mishap> = new Set([
  'charge_lands_late',
  'refund_lands_late',
  'refund_elsewhere',
  'ended_elsewhere',
]);

export function killProcess(world: World, host: Host, downMs: number): void {
  const { process } = host;
  // A process on a suspended machine cannot be killed.
  if (!process.life.alive || host.clock.suspended) return;
  process.life.kill();
  world.trace.add(world.scheduler.nowMs, `${process.name} is dead`);
  world.scheduler.after(downMs, () => startAgain(world, host));
}

function startAgain(world: World, host: Host): void {
  const asleepMs = world.allAsleepUntilMs - world.scheduler.nowMs;
  if (host.process.life.alive) return;
  if (asleepMs > 0 && !world.healed) world.scheduler.after(asleepMs, () => startAgain(world, host));
  else startProcess(world, host);
}

export function pauseProcess(world: World, { process }: Host, forMs: number): void {
  if (!process.life.alive || process.life.paused) return;
  process.life.pause();
  world.scheduler.after(forMs, () => resumeProcess(world, process.life));
}

export interface Suspension {
  readonly forMs: number;
  /** How long after waking the wall clock is corrected. Null: it is right at once. */
  readonly ntpMs: number | null;
}

/** Suspends the machine: the process, its timers, its monotonic clock, and what its kernel has not sent yet. */
export function suspendMachine(world: World, host: Host, { forMs, ntpMs }: Suspension): void {
  const { life } = host.process;
  if (!life.alive || life.paused) return;
  const { clock } = host;
  life.pause();
  clock.suspend();
  world.scheduler.after(forMs, () => {
    if (!clock.suspended) return;
    clock.wake(ntpMs !== null);
    if (ntpMs !== null) world.scheduler.after(ntpMs, clock.correctWall);
    resumeProcess(world, life);
  });
}

/** If the database loses commits, only the gateway's keys protect the money. So no sleep lasts longer than the gateway keeps them. */
const SLEEPS_BESIDE_LOSS_MS = [8000, 77_000, 20 * 60_000] as const;
/** From a little longer than a lease to a day. */
const SLEEPS_MS = [...SLEEPS_BESIDE_LOSS_MS, 25 * 3_600_000] as const;
/** In sleeps of this length or more, all processes sleep. One that was awake would only sweep. */
const ALL_SLEEP_MS = 20 * 60_000;
const MAX_LONG_SLEEPS = 2;
/** How long faults go on after waking. */
const AWAKE_MS = 15_000;

function sleepLong(world: World, host: Host, sleep: (host: Host, forMs: number) => void): void {
  const { tape, scheduler, hosts, trace, plan } = world;
  const sleeps = plan.mishaps.includes('database_loses_commits') ? SLEEPS_BESIDE_LOSS_MS : SLEEPS_MS;
  const forMs = world.longSleeps < MAX_LONG_SLEEPS ? tape.pick(sleeps) : SLEEPS_MS[0];
  if (forMs > SLEEPS_MS[0]) {
    world.longSleeps += 1;
    world.faultsUntilMs = Math.max(world.faultsUntilMs, scheduler.nowMs + forMs + AWAKE_MS);
  }
  trace.add(scheduler.nowMs, `it lasts ${forMs} ms`);
  if (forMs < ALL_SLEEP_MS) {
    sleep(host, forMs);
    return;
  }
  world.allAsleepUntilMs = scheduler.nowMs + forMs;
  for (const one of hosts) sleep(one, forMs);
}

export function resumeProcess(world: World, life: Host['process']['life']): void {
  const { scheduler, trace, allAsleepUntilMs, healed } = world;
  if (!life.paused) return;
  if (!healed && scheduler.nowMs < allAsleepUntilMs) {
    scheduler.after(allAsleepUntilMs - scheduler.nowMs, () => resumeProcess(world, life));
    return;
  }
  trace.add(scheduler.nowMs, 'a paused process wakes');
  life.resume();
}

/** A drain that takes longer is not judged. */
const DRAINS_WITHIN_MS = 10_000;

/** SIGTERM: the engine drains, then the process is gone. */
export function drainProcess(world: World, host: Host, downMs: number): void {
  const { process } = host;
  if (!process.life.alive || process.life.paused || process.engine === null) return;
  const fromMs = world.scheduler.nowMs;
  process.engine.stop().then(() => {
    if (world.scheduler.nowMs - fromMs < DRAINS_WITHIN_MS) world.judge.drained(process.name);
    killProcess(world, host, downMs);
  });
}

export function crashDatabase(world: World, downMs: number): void {
  world.database.crash();
  world.databaseDown = true;
  for (const broken of [...world.openStatements]) broken();
  world.scheduler.after(downMs, () => {
    world.databaseDown = false;
  });
}

/** Those of a few seconds are shorter than a call or a lease, which then goes on by the old clock. */
const STEPS_MS = [90_000, 3_600_000, -3_600_000, 700, -700, -30_000, 4000, 10_000] as const;
/** A clock that is set more often than this is broken, not set. */
const MAX_CLOCK_STEPS = 2;
/** Longer than the time between two sweeps. */
const STEPS_APART_MS = 8000;

function drawClockStep(world: World): void {
  const byMs = world.tape.pick(STEPS_MS);
  // A second step back, while times from before the first still lie in the future, would hide what it leaves behind.
  const again = byMs < 0 && world.clockStepsBack > 0;
  // Two steps between two sweeps count as one, and may cancel out.
  const atOnce = world.scheduler.nowMs < world.clockSteppedAtMs + STEPS_APART_MS;
  if (world.clockSteps < MAX_CLOCK_STEPS && !again && !atOnce) stepDatabaseClock(world, byMs);
}

/** @param byMs forward; negative: back */
export function stepDatabaseClock(world: World, byMs: number): void {
  world.clockSteps += 1;
  world.clockSteppedAtMs = world.scheduler.nowMs;
  if (byMs < 0) world.clockStepsBack += 1;
  world.databaseSkewMs += byMs;
  world.judge.clockStepped(byMs);
  world.trace.add(world.scheduler.nowMs, `the database's clock steps by ${byMs} ms`);
}

/** A fail-over to a replica that does not have the last commits. */
export function loseCommits(world: World, downMs: number): void {
  world.database.restore(world.oldSnapshot());
  world.judge.forgot();
  crashDatabase(world, downMs);
}

/** From now on nothing goes wrong any more, and everything that is down comes back. */
export function heal(world: World): void {
  world.healed = true;
  world.databaseDown = false;
  world.gatewayDownUntilMs = 0;
  world.gatewayErrsUntilMs = 0;
  world.credentialsRevokedUntilMs = 0;
  for (const host of world.hosts) {
    host.databaseCutUntilMs = 0;
    host.databaseAnswersLostUntilMs = 0;
    host.gatewayCutUntilMs = 0;
    host.clock.wake(false);
    host.clock.correctWall();
    resumeProcess(world, host.process.life);
    if (!host.process.life.alive) startProcess(world, host);
  }
}
