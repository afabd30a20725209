/**
 * Looks for events and sends them, in every process. The database alone knows what is to be sent: a process that dies loses nothing. Nothing is done
 * where no endpoint is enabled.
 */

import type { Log } from '../ports/log.ts';
import type { Claimed, DeliveryQueue } from '../ports/outgoing.ts';
import { type DeliverParts, deliver } from './deliver.ts';
import { tell } from './tell.ts';

export interface DispatcherOptions extends DeliverParts {
  readonly queue: DeliveryQueue;
  readonly log: Log;
  readonly limits?: Partial<DispatchLimits>;
}

export interface DispatchLimits {
  /** Tries under way at once in this process, at endpoints that are well, and at sick ones. One account gets half of them at most. */
  readonly well: number;
  readonly sick: number;
  /** Tries under way at one endpoint that is well. A sick one gets one. */
  readonly perEndpoint: number;
  /** Longer than any try takes, with the reads and writes around it. */
  readonly leaseMs: number;
  /** The pause between two looks while an endpoint is enabled, while none is, and after an error. */
  readonly lookMs: number;
  readonly idleMs: number;
  readonly errorMs: number;
  /** The pause between two tidyings. */
  readonly tidyMs: number;
}

const DISPATCH_LIMITS: DispatchLimits = {
  well: 64,
  sick: 16,
  perEndpoint: 8,
  leaseMs: 60_000,
  lookMs: 1000,
  idleMs: 5000,
  errorMs: 5000,
  tidyMs: 60_000,
};

/** So long after the end of a try, the next ones are begun. */
const SOON_MS = 20;

export interface Dispatcher {
  /** There may be something new: looks at once. */
  wake(): void;
  /** Begins nothing new, waits so long for what is under way, and then cuts it: it is sent again when its lease is over. Closes the sender. */
  stop(withinMs: number): Promise<void>;
}

export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { queue, log, clock, random, sender } = options;
  const limits = { ...DISPATCH_LIMITS, ...options.limits };
  const lanes = { well: newLane(), sick: newLane() };
  const underWay = new Set<Promise<void>>();
  let stopping = false;
  let cut = false;
  let looking: Promise<void> | null = null;
  let again = false;
  let cancel = (): void => {};
  let tidyAtMs = 0;
  let isSoon = false;
  let isReported = false;

  async function tryOne(claimed: Claimed, lane: Lane): Promise<void> {
    add(lane, claimed, 1);
    try {
      const noted = await deliver(claimed, options);
      if (cut) return;
      // What an old address has answered says nothing about the endpoint.
      if (await queue.note(claimed, noted)) tell(log, claimed, noted);
    } catch (error) {
      // It is sent again when its lease is over, perhaps by another process.
      report(error);
    } finally {
      add(lane, claimed, -1);
    }
  }

  async function begin(name: 'well' | 'sick'): Promise<void> {
    const lane = lanes[name];
    const limit = limits[name] - total(lane);
    if (limit <= 0 || stopping) return;
    const perEndpoint = name === 'sick' ? 1 : limits.perEndpoint;
    const claimId = uuidOf(random.hex128());
    const { leaseMs } = limits;
    const claims = await queue.claim({
      sick: name === 'sick',
      perEndpoint,
      underWay: lane,
      limit,
      leaseMs,
      claimId,
    });
    for (const claimed of claims) {
      const work: Promise<void> = tryOne(claimed, lane).finally(() => {
        underWay.delete(work);
        soon();
      });
      underWay.add(work);
    }
  }

  /** Returns how long to wait until the next look. */
  async function look(): Promise<number> {
    try {
      const planned = await queue.plan();
      if (planned === 'idle') return limits.idleMs;
      await begin('well');
      await begin('sick');
      if (clock.monotonicMs() >= tidyAtMs) {
        tidyAtMs = clock.monotonicMs() + limits.tidyMs;
        await queue.tidy();
      }
      isReported = false;
      return planned === 'more' ? 0 : limits.lookMs;
    } catch (error) {
      report(error);
      return limits.errorMs;
    }
  }

  function report(error: unknown): void {
    if (!isReported)
      log.warn(
        { err: error },
        'events could not be looked for or noted; they stay stored, and are sent when the database can be used',
      );
    isReported = true;
  }

  function wake(): void {
    if (stopping) return;
    if (looking !== null) {
      again = true;
      return;
    }
    cancel();
    again = false;
    isSoon = false;
    looking = look().then((waitMs) => {
      looking = null;
      if (stopping) return;
      if (again) wake();
      else cancel = clock.after(waitMs, wake);
    });
  }

  /** A place is free. Many become free at once, so the next look is for all of them. */
  function soon(): void {
    if (stopping || looking !== null || isSoon) return;
    isSoon = true;
    cancel();
    cancel = clock.after(SOON_MS, wake);
  }

  wake();
  return {
    wake,
    async stop(withinMs) {
      stopping = true;
      cancel();
      const undo = clock.after(withinMs, () => {
        cut = true;
        void sender.close();
      });
      await looking;
      await Promise.all(underWay);
      undo();
      await sender.close();
    },
  };
}

/** What is under way, by endpoint and by account. */
interface Lane {
  readonly endpoints: Map<string, number>;
  readonly accounts: Map<string, number>;
}

const newLane = (): Lane => ({ endpoints: new Map(), accounts: new Map() });

function add({ endpoints, accounts }: Lane, { endpointId, accountId }: Claimed, change: number): void {
  count(endpoints, endpointId, change);
  count(accounts, accountId, change);
}

function count(counts: Map<string, number>, name: string, change: number): void {
  const now = (counts.get(name) ?? 0) + change;
  if (now === 0) counts.delete(name);
  else counts.set(name, now);
}

function total({ accounts }: Lane): number {
  return [...accounts.values()].reduce((sum, each) => sum + each, 0);
}

/** Any 128 bits in the form of a UUID. */
function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
