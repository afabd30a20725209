/**
 * The only way to the database: a connection that was checked for durability and on which nothing else is under way, one
 * statement, a time limit, and an error that says whether it may have been written.
 */
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { Log } from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import { checkedConnections, giveBack, isIdle, takeIdle, whenReady } from './connections.ts';
import { checkDurability } from './durability.ts';
import { connectError, hasStalePlans, sqlState, statementError, surviveErrors } from './errors.ts';
import { createPrepared } from './prepared.ts';
import { TYPES } from './types.ts';

export interface SessionOptions {
  readonly pool: Pool;
  /** Upper bound for getting a connection, and for a statement, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** Hears of connections that other code left inside a transaction. Default: nobody. */
  readonly log?: Log;
}

export interface Session {
  /** Runs one statement, which PostgreSQL commits by itself. Rejects with `StoreError`. */
  query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>;
  /** Tells that rows were added, so that plans are made anew as the tables grow. */
  wrote(rows: number): void;
  /** Asks a connection again, even a known one, whether what is committed would last. Rejects with `StoreError`. */
  verify(): Promise<void>;
}

export function createSession({ pool, timeoutMs = 5000, log }: SessionOptions): Session {
  const checked = checkedConnections(pool);
  const inspected = new WeakSet<PoolClient>();
  const prepared = createPrepared();
  const onLeftOpen = (): void =>
    log?.warn({}, 'a connection came from the pool inside a transaction or busy; it was closed');

  async function connect(): Promise<PoolClient> {
    const connecting = takeIdle(pool, { waitMs: timeoutMs / 2, onLeftOpen });
    try {
      return await within(connecting, timeoutMs, 'No connection became free in time');
    } catch (error) {
      // It may still arrive: then it goes back unused.
      connecting.then((client) => giveBack(client, { close: false })).catch(() => {});
      throw connectError(error);
    }
  }

  async function check(client: PoolClient): Promise<void> {
    surviveErrors(client);
    try {
      await within(checkDurability(client), timeoutMs, 'The check of a new connection took too long');
      if (!inspected.has(client))
        await within(prepared.inspect(client), timeoutMs, 'A new connection was too slow');
      inspected.add(client);
      checked.add(client);
    } catch (error) {
      giveBack(client, { close: true });
      throw connectError(error);
    }
  }

  /** One round trip; by name where that is possible, so that it is parsed and planned once. */
  async function run<Row extends QueryResultRow>(
    client: PoolClient,
    text: string,
    values: unknown[],
  ): Promise<Row[]> {
    if (prepared.isStale(client)) await client.query('DISCARD PLANS');
    const name = prepared.nameOf(text);
    if (name === undefined) return send<Row>(client, { text, values, types: TYPES });
    try {
      return await send<Row>(client, { name, text, values, types: TYPES });
    } catch (error) {
      if (!prepared.refused(error)) throw error;
      return send<Row>(client, { text, values, types: TYPES });
    }
  }

  return {
    async query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
      const client = await connect();
      if (!checked.has(client) || !inspected.has(client)) await check(client);
      try {
        const rows = await within(run<Row>(client, text, values), timeoutMs, 'The statement took too long');
        giveBack(client, { close: false });
        return rows;
      } catch (error) {
        const failure = error instanceof StoreError ? error : statementError(error);
        // After a lost answer the connection's state is unknown, and what was prepared for another shape of the tables is
        // refused again and again: it is closed, not reused. So is one that somebody else is using, too.
        const close = failure.kind === 'outcome_unknown' || hasStalePlans(error) || !isIdle(client);
        giveBack(client, { close });
        throw failure;
      }
    },
    wrote: prepared.wrote,
    async verify() {
      const client = await connect();
      await check(client);
      giveBack(client, { close: false });
    },
  };
}

/** One statement as a transaction of its own: nobody else's may be open before it, nor after it. */
async function send<Row extends QueryResultRow>(client: PoolClient, config: QueryConfig): Promise<Row[]> {
  if (!isIdle(client)) throw new StoreError('unavailable', `${SHARED} The statement was not sent.`);
  try {
    const { rows } = await client.query<Row>(config);
    if (client.getTransactionStatus() === 'I') return rows;
  } catch (error) {
    if (sqlState(error) !== null) await whenReady(client);
    throw error;
  }
  throw new StoreError('outcome_unknown', `${SHARED} The statement may have become part of its transaction.`);
}

const SHARED =
  'Other code used a connection after it had given it back to the pool: give Payonce a pool of its own.';

async function within<T>(promise: Promise<T>, timeoutMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} (${timeoutMs} ms)`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
