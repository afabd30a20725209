/**
 * The only way to the database: a connection that was checked for durability, one statement, a time limit, and
 * an error that says whether it may have been written.
 */
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { checkDurability } from './durability.ts';
import { connectError, hasStalePlans, statementError, surviveErrors } from './errors.ts';
import { createPrepared } from './prepared.ts';

export interface SessionOptions {
  readonly pool: Pool;
  /** Upper bound for getting a connection, and for a statement, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
}

export interface Session {
  /** Runs one statement, which PostgreSQL commits by itself. Rejects with `StoreError`. */
  query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>;
  /** Tells that rows were added, so that plans are made anew as the tables grow. */
  wrote(rows: number): void;
  /** Asks a connection again, even a known one, whether what is committed would last. Rejects with `StoreError`. */
  verify(): Promise<void>;
}

export function createSession({ pool, timeoutMs = 5000 }: SessionOptions): Session {
  const checked = new WeakSet<PoolClient>();
  const prepared = createPrepared();

  async function connect(): Promise<PoolClient> {
    const connecting = pool.connect();
    try {
      return await within(connecting, timeoutMs, 'No connection became free in time');
    } catch (error) {
      // It may still arrive: then it goes back unused.
      connecting.then((client) => client.release()).catch(() => {});
      throw connectError(error);
    }
  }

  async function check(client: PoolClient): Promise<void> {
    surviveErrors(client);
    try {
      await within(checkDurability(client), timeoutMs, 'The check of a new connection took too long');
      if (!checked.has(client))
        await within(prepared.inspect(client), timeoutMs, 'A new connection was too slow');
      checked.add(client);
    } catch (error) {
      client.release(true);
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
    try {
      return (await client.query<Row>(name === undefined ? { text, values } : { name, text, values })).rows;
    } catch (error) {
      if (name === undefined || !prepared.refused(error)) throw error;
      return (await client.query<Row>({ text, values })).rows;
    }
  }

  return {
    async query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
      const client = await connect();
      if (!checked.has(client)) await check(client);
      try {
        const rows = await within(run<Row>(client, text, values), timeoutMs, 'The statement took too long');
        client.release();
        return rows;
      } catch (error) {
        const failure = statementError(error);
        // After a lost answer the connection's state is unknown, and what was prepared for another shape of the tables is
        // refused again and again: it is closed, not reused.
        client.release(failure.kind === 'outcome_unknown' || hasStalePlans(error));
        throw failure;
      }
    },
    wrote: prepared.wrote,
    async verify() {
      const client = await connect();
      await check(client);
      client.release();
    },
  };
}

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
