/**
 * Statements are parsed and planned once for each connection, not once for each batch: that costs PostgreSQL more than the batch itself.
 * Two things can go wrong with this, and both are handled here.
 *
 * A plan fits the tables at the time when it was made. A plan for empty tables reads whole tables, and PostgreSQL keeps it until it has new
 * statistics, up to a minute later. Many payments in new tables would be very slow until then. So plans are discarded when the rows that
 * this process wrote have doubled, and from time to time because of what others wrote.
 *
 * A pooler between Payonce and PostgreSQL gives the same connection to others, with or without the prepared statements. If there is one,
 * nothing is prepared. If it was not noticed, or if other code on the pool runs `DISCARD ALL`, there is an error before anything is
 * executed. After that, nothing is prepared any more.
 */
import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { sqlState } from './errors.ts';
import { ask } from './types.ts';

export interface Prepared {
  /** Checks whether a new connection leads directly to the server, without a pooler between. */
  inspect(client: PoolClient): Promise<boolean>;
  /** The name under which to send the text; undefined: send it without one. */
  nameOf(text: string): string | undefined;
  /** Whether the connection's plans are too old. Then discard them. */
  isStale(client: PoolClient): boolean;
  /** Adds to the number of rows that were written. */
  wrote(rows: number): void;
  /** Whether the error says that names do not work here. Nothing was executed, and no name is used any more. */
  refused(error: unknown): boolean;
}

/** From about this many rows on, an index is cheaper than reading the whole table. */
const FIRST_ROWS = 64;
/** Planning all statements again takes a few milliseconds. */
const MAX_AGE_MS = 30_000;

/** The prepared statement does not exist (26000), or already exists (42P05). */
const UNKNOWN_OR_TAKEN: readonly unknown[] = ['26000', '42P05'];

export function createPrepared(): Prepared {
  const names = new Map<string, string>();
  const plannedAt = new WeakMap<PoolClient, { readonly rows: number; readonly ms: number }>();
  let rows = 0;
  let enabled = true;

  return {
    async inspect(client) {
      const [row] = await ask<{ pid: number }>(client, 'SELECT pg_backend_pid() AS pid');
      // The driver keeps the process id that it got at the start. A pooler gives another one.
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
