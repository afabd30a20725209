/** A server process: an engine that is started, killed, paused, drained and started again. */
import { DEFAULT_LIMITS } from '../../src/engine/context.ts';
import { type RunningEngine, startEngine } from '../../src/engine/engine.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Random } from '../../src/ports/random.ts';
import { createLife, type Life } from '../core/life.ts';
import { connectGateway } from './gateway-wire.ts';
import { connectStore } from './store-wire.ts';
import type { World } from './world.ts';

/** One incarnation. */
export interface Process {
  /** `p1`, and `p1'2` after its first death. */
  readonly name: string;
  readonly life: Life;
  /** Null until it has started. */
  engine: RunningEngine | null;
}

/** A place where one incarnation follows the other. */
export interface Host {
  readonly name: string;
  process: Process;
  incarnation: number;
  /** Cut off until then. */
  databaseCutUntilMs: number;
  databaseAnswersLostUntilMs: number;
  gatewayCutUntilMs: number;
  wallSkewMs: number;
}

const START_AGAIN_MS = 500;
/** Far from zero, and different everywhere: a monotonic clock's origin means nothing. */
const MONOTONIC_ORIGIN_MS = 7_000_000;
export const WALL_ORIGIN_MS = 1_700_000_000_000;

export function createHost(world: World, name: string): Host {
  const host: Host = {
    name,
    incarnation: 0,
    process: { name, life: createLife(world.scheduler), engine: null },
    databaseCutUntilMs: 0,
    databaseAnswersLostUntilMs: 0,
    gatewayCutUntilMs: 0,
    wallSkewMs: 0,
  };
  return host;
}

/** Starts the next incarnation; it tries until the database lets it. */
export function startProcess(world: World, host: Host): void {
  host.incarnation += 1;
  const name = host.incarnation === 1 ? host.name : `${host.name}'${host.incarnation}`;
  const process: Process = { name, life: createLife(world.scheduler), engine: null };
  host.process = process;
  world.hostOf.set(process, host);
  const options = engineOptions(world, host, process);
  const start = (): void => {
    startEngine(options).then(
      (engine) => {
        process.engine = engine;
        world.trace.add(world.scheduler.nowMs, `${name} is up`);
      },
      () => void process.life.deliver(START_AGAIN_MS, start),
    );
  };
  start();
}

function engineOptions(world: World, host: Host, process: Process): Parameters<typeof startEngine>[0] {
  const { plan } = world;
  return {
    store: connectStore(world, process),
    gateway: connectGateway(world, process),
    clock: clockOf(world, host, process),
    random: randomOf(world),
    log: logOf(world, process),
    policy: plan.policy,
    limits: { ...DEFAULT_LIMITS, callTimeoutMs: plan.callTimeoutMs, sweepMs: plan.sweepMs },
    gate: { maxCalls: plan.maxCalls, maxLookups: plan.maxLookups },
    cacheEntries: plan.cacheEntries,
    answerRetentionMs: plan.retentionMs,
  };
}

function clockOf(world: World, host: Host, { life }: Process): Clock {
  const { scheduler, faults } = world;
  const originMs = MONOTONIC_ORIGIN_MS * host.incarnation;
  return {
    monotonicMs: () => originMs + scheduler.nowMs,
    wallMs: () => WALL_ORIGIN_MS + scheduler.nowMs + host.wallSkewMs,
    after(delayMs, callback) {
      const lateMs = faults.timerLateMs();
      if (lateMs > 0) world.marks.hit('timer_late');
      return life.deliver(delayMs + lateMs, callback);
    },
  };
}

function randomOf(world: World): Random {
  return {
    float: () => world.tape.below(1000) / 1000,
    hex128: world.uniqueHex,
  };
}

function logOf(world: World, process: Process): Log {
  const note = (fields: Record<string, unknown>, message: string): void => {
    if (typeof fields.alarm === 'string') world.marks.hit(`alarm:${fields.alarm}`);
    if (message.startsWith('a worker failed') || message.startsWith('the gateway adapter threw')) {
      world.judge.violated('exception', `${process.name}: ${message}: ${String(fields.err)}`);
    }
  };
  return { info: () => {}, warn: () => {}, error: note };
}
