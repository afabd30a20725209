/**
 * Each process by itself, once nothing goes wrong any more: it has to bring fresh orders to their end while all others stand still.
 * Where several share the work, one that has lost its places, its tokens or its way back from a stop is not missed.
 */
import type { CallFault } from '../plan/faults.ts';
import { ask, type Errand, freshKey, isOpen } from './clients.ts';
import { resumeProcess } from './mishaps.ts';
import type { Host } from './process.ts';
import type { World } from './world.ts';

/** Two more than there are places: some wait. */
const ERRANDS: readonly { readonly name: string; readonly fault: CallFault; readonly looksUp?: true }[] = [
  { name: 'plain', fault: 'none' },
  { name: 'retried', fault: 'gateway_unreachable' },
  { name: 'polled', fault: 'gateway_pending', looksUp: true },
  { name: 'last', fault: 'none' },
];
/** For all of them, with the slowest budgets. */
const WITHIN_MS = 3 * 60_000;
const ASKS_EVERY_MS = 1000;

export async function tryEachAlone(world: World): Promise<void> {
  for (const host of world.hosts) {
    if (world.judge.violation !== null) return;
    await tryAlone(world, host);
  }
}

async function tryAlone(world: World, host: Host): Promise<void> {
  const { scheduler, hosts, judge, plan } = world;
  const others = hosts.filter((one) => one !== host).map(({ process }) => process.life);
  const errands = ERRANDS.filter(({ looksUp }) => looksUp !== true || plan.policy.contract.lookup);
  const open = new Set<string>();
  for (const life of others) if (!life.paused) life.pause();
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
  for (const life of others) resumeProcess(world, life);
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
