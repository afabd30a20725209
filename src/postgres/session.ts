/**
 * The only way to the database: a connection that was checked for durability, one statement, a time limit, and
 * an error that says whether it may have been written.
 */
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { checkDurability } from './durability.ts';
import { connectError, statementError, surviveErrors } from './errors.ts';

export interface SessionOptions {
  readonly pool: Pool;
  /** Upper bound for getting a connection, and for a statement, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
}

export interface Session {
  /** Runs one statement, which PostgreSQL commits by itself. Rejects with `StoreError`. */
  query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>;
  /** Asks a connection again, even a known one, whether what is committed would last. Rejects with `StoreError`. */
  verify(): Promise<void>;
}

export function createSession({ pool, timeoutMs = 5000 }: SessionOptions): Session {
  const checked = new WeakSet<PoolClient>();

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
      checked.add(client);
    } catch (error) {
      client.release(true);
      throw connectError(error);
    }
  }

  return {
    async query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
      const client = await connect();
      if (!checked.has(client)) await check(client);
      try {
        const result = await within(
          client.query<Row>(text, values),
          timeoutMs,
          'The statement took too long',
        );
        client.release();
        return result.rows;
      } catch (error) {
        const failure = statementError(error);
        // After a lost answer the connection's state is unknown: it is closed, not reused.
        client.release(failure.kind === 'outcome_unknown');
        throw failure;
      }
    },
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
