/** A server process: an engine that is started, killed, paused, drained and started again. */
import type { Policy } from '../../src/domain/policy.ts';
import { DEFAULT_LIMITS } from '../../src/engine/context.ts';
import { type RunningEngine, startEngine } from '../../src/engine/engine.ts';
import type { GateOptions } from '../../src/engine/gate.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Random } from '../../src/ports/random.ts';
import { createLife, type Life } from '../core/life.ts';
import { type Plan, policyOf } from '../plan/plan.ts';
import { createHostClock, type HostClock } from './clock.ts';
import { connectGateway } from './gateway-wire.ts';
import { shortGateway } from './short.ts';
import { connectStore } from './store-wire.ts';
import { callerOf, watchedGateway, watchedStore } from './watched.ts';
import type { PlacedGateway, World } from './world.ts';

/** One incarnation. */
export interface Process {
  /** `p1`, and `p1'2` after its first death. */
  readonly name: string;
  readonly life: Life;
  readonly clock: HostClock;
  readonly gateway: PlacedGateway;
  /** The alarms that it has raised and not ended. */
  readonly alarms: Set<string>;
  /** Null until it has started. */
  engine: RunningEngine | null;
}

/** A machine on which one incarnation of a process follows the other. */
export interface Host {
  readonly name: string;
  readonly index: number;
  /** The gateway that it is set to use. */
  readonly gateway: PlacedGateway;
  process: Process;
  incarnation: number;
  /** Its connections to the database are cut until then. */
  databaseCutUntilMs: number;
  databaseAnswersLostUntilMs: number;
  gatewayCutUntilMs: number;
  readonly clock: HostClock;
}

const START_AGAIN_MS = 500;
const A_MINUTE_MS = 60_000;
/** Far from zero and different on every host, because a monotonic clock's origin means nothing. */
const MONOTONIC_ORIGIN_MS = 7_000_000;

export function createHost(world: World, index: number, gateway: PlacedGateway): Host {
  const name = `p${index + 1}`;
  const clock = createHostClock(world.scheduler, MONOTONIC_ORIGIN_MS * (index + 1));
  return {
    name,
    index,
    gateway,
    incarnation: 0,
    process: {
      name,
      life: createLife(world.scheduler),
      clock,
      gateway,
      alarms: new Set(),
      engine: null,
    },
    databaseCutUntilMs: 0,
    databaseAnswersLostUntilMs: 0,
    gatewayCutUntilMs: 0,
    clock,
  };
}

/** Starts the next incarnation. It tries again until the database lets it start. */
export function startProcess(world: World, host: Host): void {
  host.incarnation += 1;
  const name = host.incarnation === 1 ? host.name : `${host.name}'${host.incarnation}`;
  const process: Process = {
    name,
    life: createLife(world.scheduler),
    clock: host.clock,
    gateway: host.gateway,
    alarms: new Set(),
    engine: null,
  };
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

/** The settings that the operator gave this process. */
function settingsOf(
  { plan, restoredAtMs }: World,
  { index }: Host,
): { readonly policy: Policy; readonly callTimeoutMs: number } {
  const other = index === 1 ? plan.otherSettings : null;
  return {
    policy: { ...policyOf(plan, index), restoredAtMs },
    callTimeoutMs: other?.callTimeoutMs ?? plan.callTimeoutMs,
  };
}

function engineOptions(world: World, host: Host, process: Process): Parameters<typeof startEngine>[0] {
  const { plan } = world;
  const settings = settingsOf(world, host);
  return {
    store: watchedStore(world, process, connectStore(world, process)),
    gateway: watchedGateway(world, process, shortGateway(world, process, connectGateway(world, process))),
    clock: clockOf(world, process),
    random: randomOf(world, host, process),
    log: logOf(world, process),
    policy: settings.policy,
    limits: {
      ...DEFAULT_LIMITS,
      callTimeoutMs: settings.callTimeoutMs,
      sweepMs: plan.sweepMs,
      ...plan.narrow?.limits,
    },
    gate: { maxCalls: plan.maxCalls, maxLookups: plan.maxLookups, ...gateLimitsOf(plan) },
    cacheEntries: plan.cacheEntries,
    answerRetentionMs: plan.retentionMs,
  };
}

function gateLimitsOf({ narrow }: Plan): Partial<Pick<GateOptions, 'breaker' | 'budgets'>> {
  return narrow === null ? {} : { breaker: narrow.breaker, budgets: narrow.budgets };
}

function clockOf(world: World, process: Process): Clock {
  const { life, clock } = process;
  return {
    monotonicMs: clock.monotonicMs,
    wallMs: clock.wallMs,
    after(delayMs, callback) {
      const lateMs = world.faults.timerLateMs();
      if (lateMs === 0) return clock.after(life, delayMs, callback);
      world.marks.hit('timer_late');
      if (lateMs >= A_MINUTE_MS) world.marks.hit('timer_late_by_a_minute');
      return clock.after(life, delayMs + lateMs, () => {
        world.judge.limits.rangLate(callerOf(process), lateMs);
        callback();
      });
    },
  };
}

function randomOf(world: World, { index }: Host, { name }: Process): Random {
  return {
    float: () => world.tape.below(1000) / 1000,
    hex128() {
      const hex = world.uniqueHex();
      world.judge.drew(hex, { name, index });
      return hex;
    },
  };
}

const ENDS = ['capture', 'void'] as const;

/** The alarm of a database outage. Connections break all the time here, so it says nothing about a run. */
const EVERY_LOST_STATEMENT = 'database_unavailable';

function logOf(world: World, process: Process): Log {
  const alarmed = (alarm: string, fields: Record<string, unknown>): void => {
    const paymentId = String(fields.payment_id);
    const kind = ENDS.find((end) => fields[`${end}_id`] !== undefined);
    if (kind !== undefined)
      world.judge.captures.alarmed(alarm, paymentId, kind, String(fields[`${kind}_id`]));
    else if (fields.refund_id === undefined) world.judge.alarmed(alarm, paymentId);
    else world.judge.refunds.alarmed(alarm, paymentId, String(fields.refund_id));
  };
  const note = (fields: Record<string, unknown>, message: string): void => {
    if (typeof fields.alarm === 'string') alarmed(fields.alarm, fields);
    if (typeof fields.alarm === 'string' && fields.alarm !== EVERY_LOST_STATEMENT) {
      world.marks.hit(`alarm:${fields.alarm}`);
      if (isOfCharges(fields)) process.alarms.add(fields.alarm);
    }
    if (fields.alarm === 'evidence_lost') world.judge.evidenceLost();
    if (message.startsWith('a worker failed') || message.startsWith('the gateway adapter threw')) {
      world.judge.violated('exception', `${process.name}: ${message}: ${String(fields.err)}`);
    }
  };
  const ended = (fields: Record<string, unknown>): void => {
    const { alarm_ended: alarm } = fields;
    if (alarm === 'calls_stopped') world.judge.webhooks.goesOn(callerOf(process));
    if (typeof alarm === 'string' && isOfCharges(fields)) process.alarms.delete(alarm);
  };
  return { info: ended, warn: () => {}, error: note };
}

/** A stop of another kind's calls ends with the next call of that kind, and there may be none. */
function isOfCharges({ of }: Record<string, unknown>): boolean {
  return of === undefined;
}
