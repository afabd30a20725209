/** What befalls processes, database and networks: one mishap after the other, and the return to calm. */
import type { Tape } from '../core/tape.ts';
import type { Mishap } from '../plan/faults.ts';
import { type Host, startProcess } from './process.ts';
import type { World } from './world.ts';

/** Draws mishaps until the faults stop. */
export function startMishaps(world: World): void {
  const { plan, tape, scheduler } = world;
  if (plan.mishaps.length === 0) return;
  const next = (): void => {
    if (world.healed) return;
    befall(world, plan.mishaps[tape.below(plan.mishaps.length)] ?? 'process_killed');
    scheduler.after(drawMs(tape, plan.calmMs), next);
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
  world.marks.hit(mishap);
  trace.add(scheduler.nowMs, `mishap: ${mishap} (${host.process.name}, ${forMs} ms)`);
  switch (mishap) {
    case 'process_killed':
      killProcess(world, host, forMs);
      return;
    case 'process_paused':
      pauseProcess(world, host, forMs);
      return;
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
    case 'credentials_revoked':
      world.credentialsRevokedUntilMs = untilMs;
      return;
  }
}

export function killProcess(world: World, host: Host, downMs: number): void {
  const { process } = host;
  if (!process.life.alive) return;
  process.life.kill();
  world.trace.add(world.scheduler.nowMs, `${process.name} is dead`);
  world.scheduler.after(downMs, () => {
    if (!host.process.life.alive) startProcess(world, host);
  });
}

export function pauseProcess(world: World, { process }: Host, forMs: number): void {
  if (!process.life.alive || process.life.paused) return;
  process.life.pause();
  world.scheduler.after(forMs, () => resumeProcess(world, process.life));
}

function resumeProcess({ scheduler, trace }: World, life: Host['process']['life']): void {
  if (!life.paused) return;
  trace.add(scheduler.nowMs, 'a paused process wakes');
  life.resume();
}

/** SIGTERM: the engine drains, then the process is gone. */
export function drainProcess(world: World, host: Host, downMs: number): void {
  const { process } = host;
  if (!process.life.alive || process.engine === null) return;
  process.engine.stop().then(() => killProcess(world, host, downMs));
}

export function crashDatabase(world: World, downMs: number): void {
  world.database.crash();
  world.databaseDown = true;
  for (const broken of [...world.openStatements]) broken();
  world.scheduler.after(downMs, () => {
    world.databaseDown = false;
  });
}

/** A fail-over to a replica that had not got the last commits. */
export function loseCommits(world: World, downMs: number): void {
  world.judge.forgot();
  world.database.restore(world.oldSnapshot());
  crashDatabase(world, downMs);
}

/** From now on nothing goes wrong any more; what is down comes back. */
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
    resumeProcess(world, host.process.life);
    if (!host.process.life.alive) startProcess(world, host);
  }
}
