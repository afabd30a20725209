/** One run: breaks things while clients pay, then heals everything, waits, and judges. */
import { setMaxListeners } from 'node:events';
import { runClient } from './clients/client.ts';
import { type Line, openLine, type Target } from './clients/http.ts';
import { replayAll } from './clients/replay.ts';
import { NAMED_TROUBLES, nameOf, troubleOf } from './fault.ts';
import { createInjector, type Injector } from './faults/inject.ts';
import type { GatewayOfRun } from './gateway-of-run.ts';
import { readEndings, readOpenEndings, withEndings } from './judge/capture-books.ts';
import { nameOfEnding } from './judge/capture-reading.ts';
import { type Case, nameOf as refundNameOf, type State, type Violation } from './judge/case.ts';
import { collect, readLedger, readUndecided, readUnsettled } from './judge/collect.ts';
import { touchedOrders } from './judge/forgotten.ts';
import { judge } from './judge/judge.ts';
import { judgeEnds } from './judge/processes.ts';
import { judgeReplays, judgeUnchanged } from './judge/replays.ts';
import { waitFor } from './processes/wait.ts';
import { REPLICA_NAMES, startWorld, type World } from './processes/world.ts';
import { createRandom } from './random.ts';
import type { Recorder } from './record.ts';
import { drawSchedule } from './schedule.ts';
import { CLIENTS, HEAL_MS, installationOf, LEASE_MS } from './settings.ts';
import { callsIn, inIntents, readStripe } from './stripe/books.ts';
import { type Customers, createCustomers } from './stripe/customers.ts';

export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly gateway: GatewayOfRun;
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
  /** What the customers of 3-D Secure and Stripe's events met. Empty with another gateway. */
  readonly around: ReadonlyMap<string, number>;
  /** From the end of the last fault until nothing was unsettled, in milliseconds. */
  readonly healedMs: number;
}

const PROGRESS_MS = 10_000;
/** Node and its first connection take a second, and a replica may just have been killed. */
const READY_MS = 30_000;

/** Throws if the run itself fails or is stopped. Even then, nothing of it is left running. */
export async function run(options: RunOptions): Promise<Outcome> {
  const world = await startWorld(options);
  const { seed } = options;
  const customers = createCustomers({ seed, gateway: world.gateway.url });
  const line = openLine(options.recorder, customers.see);
  try {
    const outcome = await runIn(world, { line, customers }, options);
    await world.close('SIGTERM');
    return outcome();
  } finally {
    await customers.stop();
    await line.close();
    await world.close('SIGKILL');
  }
}

interface Callers {
  readonly line: Line;
  readonly customers: Customers;
}

async function runIn(
  world: World,
  { line, customers }: Callers,
  options: RunOptions,
): Promise<() => Outcome> {
  const { seed, minutes, gateway, only, recorder, signal, say, log } = options;
  const isWanted = (name: string): boolean =>
    !gateway.leftOut.includes(name) && (only.length === 0 || only.some((part) => name.includes(part)));
  const targets = targetsOf(world);
  await allReady(world, signal);
  await world.gateway.setFaults(gateway.faults);
  const schedule = drawSchedule(seed, minutes * 60_000).filter(({ fault }) => isWanted(nameOf(fault)));
  say(`${minutes} min of chaos, seed ${seed}: ${schedule.length} faults, ${CLIENTS} clients, 2 replicas.`);

  const injector = createInjector({ world, signal, log });
  const progress = setInterval(() => say(progressLine(recorder, world, injector)), PROGRESS_MS);
  let faultless = 0;
  try {
    const load = startLoad({ seed, line, targets, signal, drawTerms: gateway.drawTerms });
    await Promise.race([injector.run(schedule), load.done, untilAborted(signal)]);
    faultless = performance.now();
    await load.stop();
  } finally {
    clearInterval(progress);
  }
  signal.throwIfAborted();

  say('  faults are over; waiting for what is unsettled');
  await heal(world, gateway, { signal, say });
  const healedMs = performance.now() - faultless;
  await Promise.all([customers.stop(), world.events?.stop()]);
  const urls = targets.map(({ url }) => url);
  const { readState, readCalls } = openBooks(world, gateway, urls);
  const before = await readState();
  const forgotten = { forgotten: injector.forgotten, ...(await readCalls()) };
  // If the database has forgotten a key, the key is new to it.
  const touched = touchedOrders({ state: before, exchanges: recorder.exchanges, ...forgotten });
  const lasting = recorder.exchanges.filter(({ orderId }) => !touched.has(orderId ?? ''));
  await replayAll({ line, targets, exchanges: lasting, signal });
  const state = await readState();
  signal.throwIfAborted();
  const { exchanges } = recorder;
  const facts: Case = {
    installationId: installationOf(seed),
    state,
    exchanges,
    ...(await readCalls()),
    forgotten: injector.forgotten,
    clockSteps: world.database.clock?.steps ?? [],
    leaseMs: LEASE_MS,
  };
  const aside = [...judgeUnchanged(before, state), ...(world.events?.findings ?? [])];
  const found = [
    ...judge(facts),
    ...judgeReplays(exchanges, inDoubt(gateway, state)),
    ...aside.map((finding) => ({ ...finding, orderId: null })),
  ];
  // The last SIGTERM is judged too. So this runs after everything has ended.
  return () => {
    const ends = judgeEnds(world.ends, injector.troubles).map((finding) => ({ ...finding, orderId: null }));
    const violations = [...found, ...ends];
    const { counts: faults } = injector;
    const missed = missedOf(injector, world).filter(isWanted);
    const around = new Map([
      ...[...customers.counts].map(([what, count]) => [`customers of 3-D Secure: ${what}`, count] as const),
      ...[...(world.events?.counts ?? [])].map(([what, count]) => [`events: ${what}`, count] as const),
    ]);
    return { facts, faults, missed, oldAnswers: injector.oldAnswers(), around, violations, healedMs };
  };
}

interface Books {
  readonly readState: () => Promise<State>;
  /** The calls, in the words of the judge. */
  readonly readCalls: () => Promise<Pick<Case, 'calls' | 'refundCalls' | 'endCalls' | 'stripe'>>;
}

/** Only after the faults are over. */
function openBooks(world: World, { name }: GatewayOfRun, replicas: readonly string[]): Books {
  const { url } = world.gateway;
  const endings = (): Promise<State['endings']> => readEndings(databaseUrlOf(world));
  if (name === 'http') {
    const ledger = async () => withEndings(url, await readLedger(url), world.endCalls);
    return {
      readState: () => collect(replicas, { ledger, endings }),
      readCalls: async () => ({
        calls: [...world.calls],
        refundCalls: [...world.refundCalls],
        endCalls: [...world.endCalls],
      }),
    };
  }
  const ledger = async () => inIntents(await readLedger(url), await readStripe(url));
  return {
    readState: () => collect(replicas, { ledger, endings }),
    async readCalls() {
      const writes = [...world.writes];
      const { intents } = await readStripe(url);
      const { prepares, ...calls } = callsIn(writes, intents);
      return { ...calls, stripe: { intents, writes, prepares } };
    },
  };
}

/** Past the network that is broken on purpose. */
function databaseUrlOf({ database }: World): string {
  return database.urlThrough(database.address());
}

/** What may have no end yet. Whether it really may, the judge of each order says. */
function inDoubt({ name }: GatewayOfRun, { payments, refunds, endings }: State): ReadonlySet<string> {
  if (name === 'http') return new Set();
  const open = payments.filter(({ status }) => status === 'UNRESOLVED');
  const pending = [...refunds.values()].flat().filter(({ status }) => status === 'PENDING');
  const ending = [...endings.values()].flat().filter(({ status }) => status === 'PENDING');
  return new Set([
    ...open.map(({ payment_id: id }) => id),
    ...pending.map(refundNameOf),
    ...ending.map(nameOfEnding),
  ]);
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
  readonly drawTerms: GatewayOfRun['drawTerms'];
}

/** Runs the clients until they are stopped. `done` rejects if one of them throws. */
function startLoad({ seed, signal, ...rest }: LoadOptions): {
  done: Promise<never>;
  stop(): Promise<void>;
} {
  const closing = new AbortController();
  const both = AbortSignal.any([signal, closing.signal]);
  setMaxListeners(0, both);
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const name = `c${index + 1}`;
    return runClient({ name, random: createRandom(seed, `client ${name}`), signal: both, ...rest });
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
async function heal(
  world: World,
  { name }: GatewayOfRun,
  { signal, say }: Pick<RunOptions, 'signal' | 'say'>,
): Promise<void> {
  await world.gateway.setFaults({});
  await allReady(world, signal);
  let open: number | null = null;
  const inDoubt = name === 'stripe' ? 'left out' : 'counted';
  const count = async (): Promise<number> =>
    (await readUnsettled(world.replicas.a.url, inDoubt)) +
    (await readOpenEndings(databaseUrlOf(world), inDoubt)) +
    (await readUndecided(world.gateway.url));
  const settled = waitFor({ what: 'all payments', withinMs: HEAL_MS, pollMs: 250, signal }, async () => {
    // A replica may notice only with this read that a fault has broken its connection to the database.
    open = await count().catch(() => null);
    return open === 0;
  });
  await settled.catch((error: unknown) => {
    if (signal.aborted) throw error;
    // The judge names each of them.
    say(
      `  ${open ?? 'Nobody knows how many'} payments, refunds, captures, voids or charges are still unsettled after ${HEAL_MS / 1000} s`,
    );
  });
}

function progressLine({ exchanges }: Recorder, world: World, { counts }: Injector): string {
  const orders = new Set(exchanges.map(({ orderId }) => orderId)).size;
  const faults = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const answered = exchanges.filter(({ status }) => status !== null).length;
  return `  ${exchanges.length} requests for ${orders} orders, ${answered} answered; ${world.calls.length + world.refundCalls.length + world.endCalls.length + world.writes.length} gateway calls; ${faults} faults`;
}
