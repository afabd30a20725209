/**
 * The only way to the database: a connection that was checked for durability and on which nothing else is under way, one
 * statement, a time limit, and an error that says whether it may have been written.
 */
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { Log } from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import { giveBack, isIdle, whenReady } from './connections.ts';
import { connectError, hasStalePlans, isReadOnly, sqlState, statementError } from './errors.ts';
import { cancelStatement } from './limits.ts';
import { createPrepared } from './prepared.ts';
import { createRefusals } from './refusals.ts';
import { checkRights } from './rights.ts';
import { createSoundConnections, MAX_LEFT_BEHIND } from './sound.ts';
import { TYPES } from './types.ts';
import { within } from './within.ts';

export interface SessionOptions {
  readonly pool: Pool;
  /**
   * Upper bound for getting a connection, and for a statement, in milliseconds. Default 5000. What takes longer is cancelled at
   * the server, and given up within half as long again, or a second.
   */
  readonly timeoutMs?: number;
  /** Nobody else uses the pool, so the settings of its connections may be changed: the server then keeps the time limits itself. */
  readonly ownPool?: boolean;
  /** Hears of connections that other code left inside a transaction, and of what the database refuses. Default: nobody. */
  readonly log?: Log | undefined;
}

export interface Session {
  /** Runs one statement, which PostgreSQL commits by itself. Rejects with `StoreError`. */
  query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>;
  /** Why the database has refused this statement of late, or null. Asks nobody. */
  refusalOf(text: string): StoreError | null;
  /** Tells that rows were added, so that plans are made anew as the tables grow. */
  wrote(rows: number): void;
  /**
   * Asks a connection again, even a known one, whether what is committed would last and whether we may write. Rejects with
   * `StoreError`, also while something else is refused.
   */
  verify(): Promise<void>;
}

/** For the answer to a cancellation, which comes at once; without one the connection is given up. */
const GRACE_MS = 1000;

/** What can be refused besides a statement. */
const RIGHTS_CHECK = 'the check of our rights';

export function createSession(options: SessionOptions): Session {
  const { pool, timeoutMs = 5000, ownPool = false, log } = options;
  const prepared = createPrepared();
  const refusals = createRefusals({ log, nowMs: () => performance.now() });
  const connections = createSoundConnections({ pool, timeoutMs, ownPool, log, prepared, refusals });

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
      if (hasStalePlans(error)) stale.add(client);
      else if (!prepared.refused(error)) throw error;
      return send<Row>(client, { text, values, types: TYPES });
    }
  }

  /** Connections on which something is prepared for another shape of the tables: it would be refused again and again. */
  const stale = new WeakSet<PoolClient>();

  /** Ends what takes too long at the server, and waits for that; only a line that says nothing any more is given up. */
  async function bounded<T>(work: Promise<T>, client: PoolClient, onLate: () => void): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        onLate();
        cancelStatement(client);
        const graceMs = Math.min(GRACE_MS, timeoutMs / 2);
        timer = setTimeout(() => reject(new Error(`The statement took too long (${timeoutMs} ms)`)), graceMs);
      }, timeoutMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The first refusal is told with everything that is missing; the server names one table, and not the right. */
  async function explained(client: PoolClient, failure: StoreError): Promise<StoreError> {
    if (failure.kind !== 'refused' || refusals.latest() !== null || !isIdle(client)) return failure;
    try {
      await within(checkRights(client), timeoutMs, 'The check of our rights took too long');
      return failure;
    } catch (error) {
      return error instanceof StoreError ? error : failure;
    }
  }

  return {
    async query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
      const standing = refusals.standing(text);
      if (standing !== null) throw standing;
      for (let left = MAX_LEFT_BEHIND; ; left -= 1) {
        const taken = await connections.take();
        const client = connections.isSound(taken) ? taken : await connections.sound(taken);
        let close = false;
        const onLate = (): void => {
          // The cancellation may arrive after the statement has ended, and must not meet the next one.
          close = true;
        };
        try {
          const rows = await bounded(run<Row>(client, text, values), client, onLate);
          giveBack(client, { close: close || stale.has(client) });
          refusals.succeeded(text);
          return rows;
        } catch (error) {
          const failure = error instanceof StoreError ? error : statementError(error);
          const told = await explained(client, failure);
          if (told.kind === 'refused') refusals.refused(text, told);
          // After a lost answer the connection's state is unknown: it is closed, not reused. So is one that somebody else is
          // using, too, and one that a fail-over left behind.
          const leftBehind = isReadOnly(error);
          close ||= failure.kind === 'outcome_unknown' || leftBehind || stale.has(client) || !isIdle(client);
          giveBack(client, { close });
          if (!leftBehind || left === 0) throw told;
          // Nothing was written. What else is in the pool may be as old, and would answer what was true before the fail-over.
          connections.distrustAll();
        }
      }
    },
    refusalOf: refusals.of,
    wrote: prepared.wrote,
    async verify() {
      const client = await connections.take();
      await connections.check(client);
      try {
        await within(checkRights(client), timeoutMs, 'The check of our rights took too long');
      } catch (error) {
        giveBack(client, { close: true });
        const failure = connectError(error);
        if (failure.kind === 'refused') refusals.refused(RIGHTS_CHECK, failure);
        throw failure;
      }
      giveBack(client, { close: false });
      refusals.succeeded(RIGHTS_CHECK);
      const latest = refusals.latest();
      if (latest !== null) throw latest;
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
