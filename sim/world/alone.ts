/**
 * Tests each process by itself, once nothing goes wrong any more. It must finish new orders while all others are paused. If several
 * shared the work, nobody would notice that one has lost its slots or its tokens, or never ends a stop of calls.
 */
import type { CallFault } from '../plan/faults.ts';
import { freshKey } from './asking.ts';
import { ask, type Errand, isOpen } from './clients.ts';
import { resumeProcess } from './mishaps.ts';
import type { Host } from './process.ts';
import type { World } from './world.ts';

interface LoneErrand {
  readonly name: string;
  /** The fault of its first call. */
  readonly fault: CallFault;
  readonly looksUp?: true;
}

/** More orders than slots, so that some wait. If orders have a time limit in this plan, `hurried-1` has it. */
const AT_ONCE: readonly LoneErrand[] = [
  { name: 'slow', fault: 'timeout_not_charged' },
  { name: 'retried', fault: 'gateway_unreachable' },
  { name: 'polled', fault: 'gateway_pending', looksUp: true },
  { name: 'hurried-1', fault: 'none' },
];
/** Calls that succeed, one after the other. Several are needed: the failures before them may still outweigh the first ones. */
const LAST: readonly LoneErrand[] = ['last', 'very-last', 'after-all', 'at-length'].map((name) => ({
  name,
  fault: 'none',
}));
/** Enough for all of them, with the slowest budgets. */
const WITHIN_MS = 3 * 60_000;
const ASKS_EVERY_MS = 1000;
/** A process says that calls go on when they have done so for five seconds, by its own clock. */
const STEADY_MS = 6000;

export async function tryEachAlone(world: World): Promise<void> {
  for (const host of world.hosts) {
    if (world.judge.violation !== null) return;
    await tryAlone(world, host);
  }
}

async function tryAlone(world: World, host: Host): Promise<void> {
  const { hosts, judge, plan } = world;
  const others = hosts.filter((one) => one !== host).map(({ process }) => process.life);
  for (const life of others) if (!life.paused) life.pause();
  const { lookup } = plan.policy.contract;
  await finish(
    world,
    host,
    AT_ONCE.filter(({ looksUp }) => looksUp !== true || lookup),
  );
  await pass(world, STEADY_MS);
  for (const one of LAST) {
    if (!saysStopped(host)) break;
    await finish(world, host, [one]);
    await pass(world, STEADY_MS);
  }
  if (saysStopped(host))
    judge.violated('starvation', `${host.process.name} still says that calls are stopped`);
  for (const life of others) resumeProcess(world, life);
}

function saysStopped({ process }: Host): boolean {
  return process.alarms.has('calls_stopped');
}

async function pass({ scheduler, judge }: World, ms: number): Promise<void> {
  // Time passes only from one event to the next.
  scheduler.after(ms, () => {});
  await scheduler.run({
    untilMs: scheduler.nowMs + ms,
    done: () => judge.violation !== null,
    afterEach: () => {},
  });
}

async function finish(world: World, host: Host, errands: readonly LoneErrand[]): Promise<void> {
  const { scheduler, judge } = world;
  const open = new Set<string>();
  for (const { name, fault } of errands) {
    const orderId = `${host.name}-${name}`;
    world.loneFaults.set(orderId, fault);
    open.add(orderId);
    pursue(world, host, { ...TERMS, orderId, key: freshKey(world) }, () => open.delete(orderId));
  }
  await scheduler.run({
    untilMs: scheduler.nowMs + WITHIN_MS,
    done: () => open.size === 0 || judge.violation !== null,
    afterEach: () => {},
  });
  if (open.size > 0)
    judge.violated('starvation', `${host.process.name} alone has not ended ${[...open].join(', ')}`);
}

const TERMS: Omit<Errand, 'orderId' | 'key'> = {
  accountId: 'default',
  amountMinor: 1000,
  currency: 'USD',
  method: 'tok_one',
};

function pursue(world: World, host: Host, errand: Errand, done: () => void): void {
  const again = (): void => pursue(world, host, errand, done);
  const heard: Parameters<typeof ask>[4] = (answer) => {
    if (isOpen(answer)) world.scheduler.after(ASKS_EVERY_MS, again);
    else done();
  };
  ask(world, `whoever needs ${host.name}`, errand, 10_000, heard, host.process);
}
