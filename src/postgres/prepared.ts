/**
 * Statements are parsed and planned once a connection instead of once a batch, which costs PostgreSQL more than the batch itself.
 * Two things can go wrong with that, and both are dealt with here.
 *
 * A plan is made for the tables as they are: one that was made on empty tables reads them whole, and PostgreSQL keeps
 * it until its statistics are renewed, up to a minute later. A burst into new tables would drown in it. So plans are
 * discarded whenever the rows written by this process have doubled, and from time to time for what others wrote.
 *
 * A pooler between us and PostgreSQL hands the same connection to others, with or without what was prepared on it. Where
 * there is one, nothing is prepared. One that was not noticed, or a `DISCARD ALL` of whoever shares the pool, shows as an
 * error before anything is executed; from then on nothing is prepared, either.
 */
import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { sqlState } from './errors.ts';
import { ask } from './types.ts';

export interface Prepared {
  /** Looks at a new connection; whether it leads straight to the server, with no pooler between. */
  inspect(client: PoolClient): Promise<boolean>;
  /** The name under which to send the text; undefined where it must be sent without one. */
  nameOf(text: string): string | undefined;
  /** Whether the connection's plans are older than they may be; then discard them. */
  isStale(client: PoolClient): boolean;
  /** Tells how many rows were written. */
  wrote(rows: number): void;
  /** Whether the error says that names do not work here: nothing was executed, and no name is given any more. */
  refused(error: unknown): boolean;
}

/** As long as an index on the tables is cheaper than their pages, which is from about this many rows on. */
const FIRST_ROWS = 64;
/** Planning all statements anew takes a few milliseconds; a sweep over a table that others filled can take as long. */
const MAX_AGE_MS = 30_000;

/** There is no such statement (26000), or there is one already (42P05). */
const UNKNOWN_OR_TAKEN: readonly unknown[] = ['26000', '42P05'];

export function createPrepared(): Prepared {
  const names = new Map<string, string>();
  const plannedAt = new WeakMap<PoolClient, { readonly rows: number; readonly ms: number }>();
  let rows = 0;
  let enabled = true;

  return {
    async inspect(client) {
      const [row] = await ask<{ pid: number }>(client, 'SELECT pg_backend_pid() AS pid');
      // The driver keeps the number that it was greeted with; a pooler greets with one of its own.
      const { processID } = client as PoolClient & { readonly processID?: number | null };
      const straight = row?.pid === processID;
      if (!straight) enabled = false;
      return straight;
    },
    nameOf(text) {
      if (!enabled) return undefined;
      let name = names.get(text);
      if (name === undefined) {
        name = `payonce_${hash('sha256', text, 'hex').slice(0, 24)}`;
        names.set(text, name);
      }
      return name;
    },
    isStale(client) {
      const planned = plannedAt.get(client);
      const nowMs = performance.now();
      const isFresh =
        planned !== undefined &&
        rows < Math.max(2 * planned.rows, FIRST_ROWS) &&
        nowMs - planned.ms < MAX_AGE_MS;
      if (isFresh) return false;
      plannedAt.set(client, { rows, ms: nowMs });
      // A new connection has no plans yet.
      return planned !== undefined && enabled;
    },
    wrote(count) {
      rows += count;
    },
    refused(error) {
      if (!UNKNOWN_OR_TAKEN.includes(sqlState(error))) return false;
      enabled = false;
      return true;
    },
  };
}
