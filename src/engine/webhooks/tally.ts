/** Counts events, and logs the counts once a minute at most: a line for each event would let anybody who reaches the port fill the log. */
import type { WebhookReading } from '../../domain/gateway-note.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

type Forgery = Extract<WebhookReading, { readonly kind: 'forged' }>['reason'];

/**
 * What became of an event. `noted`: a lookup follows. `known`: it told nothing new. `later`: it could not be noted yet, and the gateway sends it again.
 * `unknown`: it is about an order of ours that the database does not have.
 */
export type Counted = 'noted' | 'known' | 'later' | 'unknown' | 'foreign' | Forgery;

const EVERY_MS = 60_000;

const SUSPICIOUS: ReadonlySet<Counted> = new Set<Counted>([
  'unsigned',
  'bad_signature',
  'too_old',
  'in_future',
  'unreadable',
]);

export interface Tally {
  count(what: Counted): void;
  /** Logs what was counted, and counts no more. */
  close(): void;
}

export function createTally(clock: Pick<Clock, 'after'>, log: Log, gateway: string): Tally {
  const counts = new Map<Counted, number>();
  let cancel: (() => void) | null = null;
  let closed = false;

  function tell(): void {
    cancel = null;
    if (counts.size === 0) return;
    const fields = { gateway, events: Object.fromEntries(counts) };
    const isSuspicious = [...counts.keys()].some((what) => SUSPICIOUS.has(what));
    counts.clear();
    if (isSuspicious)
      log.warn(
        fields,
        'events of the gateway came in, and some were refused: nothing follows from those. If the gateway itself sends them, check the webhook secret and the clocks',
      );
    else log.info(fields, 'events of the gateway came in');
  }

  return {
    count(what) {
      counts.set(what, (counts.get(what) ?? 0) + 1);
      if (!closed) cancel ??= clock.after(EVERY_MS, tell);
    },
    close() {
      closed = true;
      cancel?.();
      tell();
    },
  };
}
