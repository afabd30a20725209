/**
 * The customers of 3-D Secure. Each is sent to the bank's page once, and passes, fails, never comes, or comes when the time is nearly over. Some
 * press the button twice.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { bodyOf } from '../judge/reading.ts';
import { createRandom, type Random } from '../random.ts';
import type { Exchange } from '../record.ts';
import { ACTION_WITHIN_MS } from './settings.ts';

export interface Customers {
  /** Looks for a customer who has to do something. */
  see(exchange: Exchange): void;
  /** How many did what. */
  readonly counts: ReadonlyMap<string, number>;
  /** Sends nobody any more, and resolves when everybody is back. */
  stop(): Promise<void>;
}

type Plan = {
  readonly what: string;
  readonly result: 'succeeded' | 'failed' | null;
  readonly afterMs: number;
};

/** How close to the end of the time a late customer comes: the seal is on its way then. */
const CLOSE_MS = 1_500;

function drawPlan(random: Random): Plan {
  const soonMs = random.int(50, ACTION_WITHIN_MS / 2);
  const lateMs = ACTION_WITHIN_MS + random.int(-CLOSE_MS, CLOSE_MS);
  const chance = random.float();
  if (chance < 0.5) return { what: 'passed', result: 'succeeded', afterMs: soonMs };
  if (chance < 0.65) return { what: 'failed', result: 'failed', afterMs: soonMs };
  if (chance < 0.85) return { what: 'came late', result: 'succeeded', afterMs: lateMs };
  return { what: 'never came', result: null, afterMs: 0 };
}

export function createCustomers({
  seed,
  gateway,
}: {
  readonly seed: number;
  readonly gateway: string;
}): Customers {
  const counts = new Map<string, number>();
  const sent = new Set<string>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const under: Promise<void>[] = [];

  async function go(secret: string): Promise<void> {
    const random = createRandom(seed, `customer ${sent.size}`);
    const { what, result, afterMs } = drawPlan(random);
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (result === null) return;
    await pause(afterMs, undefined, { signal: closing.signal });
    const id = secret.split('_secret_')[0] ?? '';
    const page = `${gateway}/stripe/authenticate/${id}?client_secret=${encodeURIComponent(secret)}`;
    const clicks = random.chance(0.1) ? 2 : 1;
    const click = () => fetch(page, { method: 'POST', body: `result=${result}`, redirect: 'manual' });
    await Promise.all(Array.from({ length: clicks }, click));
  }

  return {
    counts,
    see({ text }) {
      if (closing.signal.aborted || !text.includes('client_secret')) return;
      const { next_action: action } = bodyOf(text) as { next_action?: { client_secret?: unknown } };
      const secret = action?.client_secret;
      if (typeof secret !== 'string' || sent.has(secret)) return;
      sent.add(secret);
      // Whoever is stopped on the way has not paid.
      under.push(go(secret).catch(() => {}));
    },
    async stop() {
      closing.abort();
      await Promise.all(under);
    },
  };
}
