/** One run: breaks things while clients pay, then heals everything, waits, and judges. */
import { setMaxListeners } from 'node:events';
import { runClient } from './clients/client.ts';
import { type Line, openLine, type Target } from './clients/http.ts';
import { replayAll } from './clients/replay.ts';
import { NAMED_TROUBLES, nameOf, troubleOf } from './fault.ts';
import { createInjector, type Injector } from './faults/inject.ts';
import type { Case, Violation } from './judge/case.ts';
import { collect, readUndecided, readUnsettled } from './judge/collect.ts';
import { touchedOrders } from './judge/forgotten.ts';
import { judge } from './judge/judge.ts';
import { judgeEnds } from './judge/processes.ts';
import { judgeReplays, judgeUnchanged } from './judge/replays.ts';
import { waitFor } from './processes/wait.ts';
import { REPLICA_NAMES, startWorld, type World } from './processes/world.ts';
import { createRandom } from './random.ts';
import type { Recorder } from './record.ts';
import { drawSchedule } from './schedule.ts';
import { CLIENTS, gatewayOf, HEAL_MS, installationOf, LEASE_MS } from './settings.ts';

export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Parts of the names of troubles: only those happen. Empty: all happen. */
  readonly only: readonly string[];
  readonly root: string;
  readonly folder: string;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  /** Output for the person who waits. */
  readonly say: (line: string) => void;
  /** Output for the log file of the run. */
  readonly log: (line: string) => void;
}

export interface Outcome {
  readonly facts: Case;
  readonly faults: ReadonlyMap<string, number>;
  /** The troubles that did not happen, each with the reason if it is known. */
  readonly missed: readonly string[];
  /** Lookups that a front has answered with old answers. */
  readonly oldAnswers: number;
  readonly violations: readonly Violation[];
  /** From the end of the last fault until nothing was unsettled, in milliseconds. */
  readonly healedMs: number;
}

const PROGRESS_MS = 10_000;
/** Node and its first connection take a second, and a replica may just have been killed. */
const READY_MS = 30_000;

/** Throws if the run itself fails or is stopped. Even then, nothing of it is left running. */
export async function run(options: RunOptions): Promise<Outcome> {
  const world = await startWorld(options);
  const line = openLine(options.recorder);
  try {
    const outcome = await runIn(world, line, options);
    await world.close('SIGTERM');
    return outcome();
  } finally {
    await line.close();
    await world.close('SIGKILL');
  }
}

async function runIn(world: World, line: Line, options: RunOptions): Promise<() => Outcome> {
  const { seed, minutes, only, recorder, signal, say, log } = options;
  const isWanted = (name: string): boolean => only.length === 0 || only.some((part) => name.includes(part));
  const targets = targetsOf(world);
  await allReady(world, signal);
  await world.gateway.setFaults(gatewayOf(seed).faults);
  const schedule = drawSchedule(seed, minutes * 60_000).filter(({ fault }) => isWanted(nameOf(fault)));
  say(`${minutes} min of chaos, seed ${seed}: ${schedule.length} faults, ${CLIENTS} clients, 2 replicas.`);

  const injector = createInjector({ world, signal, log });
  const progress = setInterval(() => say(progressLine(recorder, world, injector)), PROGRESS_MS);
  let faultless = 0;
  try {
    const load = startLoad({ seed, line, targets, signal });
    await Promise.race([injector.run(schedule), load.done, untilAborted(signal)]);
    faultless = performance.now();
    await load.stop();
  } finally {
    clearInterval(progress);
  }
  signal.throwIfAborted();

  say('  faults are over; waiting for what is unsettled');
  await heal(world, signal, say);
  const healedMs = performance.now() - faultless;
  const urls = targets.map(({ url }) => url);
  const before = await collect(urls, world.gateway.url);
  const calls = { calls: [...world.calls], refundCalls: [...world.refundCalls] };
  const forgotten = { forgotten: injector.forgotten, ...calls };
  // If the database has forgotten a key, the key is new to it.
  const touched = touchedOrders({ state: before, exchanges: recorder.exchanges, ...forgotten });
  const lasting = recorder.exchanges.filter(({ orderId }) => !touched.has(orderId ?? ''));
  await replayAll({ line, targets, exchanges: lasting, signal });
  const state = await collect(urls, world.gateway.url);
  signal.throwIfAborted();
  const { exchanges } = recorder;
  const facts: Case = {
    installationId: installationOf(seed),
    state,
    exchanges,
    calls: [...world.calls],
    refundCalls: [...world.refundCalls],
    forgotten: injector.forgotten,
    clockSteps: world.database.clock?.steps ?? [],
    leaseMs: LEASE_MS,
  };
  const unchanged = judgeUnchanged(before, state).map((finding) => ({ ...finding, orderId: null }));
  const found = [...judge(facts), ...judgeReplays(exchanges), ...unchanged];
  // The last SIGTERM is judged too. So this runs after everything has ended.
  return () => {
    const ends = judgeEnds(world.ends, injector.troubles).map((finding) => ({ ...finding, orderId: null }));
    const violations = [...found, ...ends];
    const { counts: faults } = injector;
    const missed = missedOf(injector, world).filter(isWanted);
    return { facts, faults, missed, oldAnswers: injector.oldAnswers(), violations, healedMs };
  };
}

/** The troubles that never happened. Each met no replica or call, or cannot be made here. */
function missedOf({ counts }: Injector, { database }: World): string[] {
  const met = new Set([...counts.keys()].map(troubleOf));
  const canStep = database.clock !== null;
  const missed = NAMED_TROUBLES.filter((name) => !met.has(name)).filter(
    (name) => canStep || !name.startsWith('clock_step'),
  );
  if (canStep) return missed;
  return [...missed, "clock_step: libfaketime is not installed here, so the database's clock did not step"];
}

/** Rejects when the run is stopped, so that nobody waits for the current faults. */
function untilAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  aborted.catch(() => {}); // most runs have ended by then
  return aborted;
}

function targetsOf(world: World): readonly [Target, Target] {
  const target = (name: 'a' | 'b'): Target => ({ name, url: world.replicas[name].url });
  return [target('a'), target('b')];
}

async function allReady(world: World, signal: AbortSignal): Promise<void> {
  await waitFor({ what: 'both replicas', withinMs: READY_MS, signal }, () =>
    REPLICA_NAMES.every((name) => world.replicas[name].isReady()),
  );
}

interface LoadOptions {
  readonly seed: number;
  readonly line: Line;
  readonly targets: readonly [Target, ...Target[]];
  readonly signal: AbortSignal;
}

/** Runs the clients until they are stopped. `done` rejects if one of them throws. */
function startLoad({ seed, line, targets, signal }: LoadOptions): {
  done: Promise<never>;
  stop(): Promise<void>;
} {
  const closing = new AbortController();
  const both = AbortSignal.any([signal, closing.signal]);
  setMaxListeners(0, both);
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const name = `c${index + 1}`;
    return runClient({ name, random: createRandom(seed, `client ${name}`), line, targets, signal: both });
  });
  const all = Promise.all(clients);
  const done = new Promise<never>((_resolve, reject) => {
    all.catch(reject);
  });
  done.catch(() => {}); // reported by the code that waits for it, or by `stop`
  return {
    done,
    async stop() {
      closing.abort();
      await all;
    },
  };
}

/** Ends all faults and waits until nothing is under way any more, here and at the gateway. */
async function heal(world: World, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  await world.gateway.setFaults({});
  await allReady(world, signal);
  let open: number | null = null;
  const count = async (): Promise<number> =>
    (await readUnsettled(world.replicas.a.url)) + (await readUndecided(world.gateway.url));
  const settled = waitFor({ what: 'all payments', withinMs: HEAL_MS, pollMs: 250, signal }, async () => {
    // A replica may notice only with this read that a fault has broken its connection to the database.
    open = await count().catch(() => null);
    return open === 0;
  });
  await settled.catch((error: unknown) => {
    if (signal.aborted) throw error;
    // The judge names each of them.
    say(
      `  ${open ?? 'Nobody knows how many'} payments, refunds or charges are still unsettled after ${HEAL_MS / 1000} s`,
    );
  });
}

function progressLine({ exchanges }: Recorder, world: World, { counts }: Injector): string {
  const orders = new Set(exchanges.map(({ orderId }) => orderId)).size;
  const faults = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const answered = exchanges.filter(({ status }) => status !== null).length;
  return `  ${exchanges.length} requests for ${orders} orders, ${answered} answered; ${world.calls.length + world.refundCalls.length} gateway calls; ${faults} faults`;
}
