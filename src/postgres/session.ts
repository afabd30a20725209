/**
 * The only way to the database. Each statement runs on a connection that was checked for durability and on which nothing else is under
 * way. It has a time limit, and its error says whether it may have been written.
 */
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { Log } from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import { giveBack, isIdle, isReady, whenReady } from './connections.ts';
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
   * How long it may take to get a connection, and how long a statement may take, in milliseconds. Default 5000. A longer statement is
   * cancelled at the server. If that does not help, it is given up after half of this time, at most a second.
   */
  readonly timeoutMs?: number;
  /** No other code uses the pool, so the settings of its connections may be changed: the server then enforces the time limits. */
  readonly ownPool?: boolean;
  /** Logs connections that other code left inside a transaction, and what the database refuses. Default: no log. */
  readonly log?: Log | undefined;
}

export interface Session {
  /** Runs one statement, which PostgreSQL commits by itself. Rejects with `StoreError`. */
  query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>;
  /** Why the database currently refuses this statement, or null. It sends nothing. */
  refusalOf(text: string): StoreError | null;
  /** Adds to the number of written rows, so that plans are renewed as the tables grow. */
  wrote(rows: number): void;
  /**
   * Checks a connection again, even a known one: whether a commit is durable, and whether we may write. Rejects with `StoreError`, also
   * while another statement is refused.
   */
  verify(): Promise<void>;
}

/** The answer to a cancellation comes at once. Without one in this time, the connection is given up. */
const GRACE_MS = 1000;

/** The name of this check among the refusals. */
const RIGHTS_CHECK = 'the check of our rights';

export function createSession(options: SessionOptions): Session {
  const { pool, timeoutMs = 5000, ownPool = false, log } = options;
  const prepared = createPrepared();
  const refusals = createRefusals({ log, nowMs: () => performance.now() });
  const connections = createSoundConnections({ pool, timeoutMs, ownPool, log, prepared, refusals });

  /** One round trip. If possible it is sent by name, so that it is parsed and planned only once. */
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

  /** Connections with a statement that was prepared for an older form of the tables. It would always be refused. */
  const stale = new WeakSet<PoolClient>();

  /** Cancels a statement that takes too long, and waits for its end. A connection that does not answer at all is given up. */
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

  /** The first refusal is reported with all missing rights. The server would name only one table, and not the right. */
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
          // The cancellation may arrive after the end of the statement, and must not cancel the next one.
          close = true;
        };
        try {
          const rows = await bounded(run<Row>(client, text, values), client, onLate);
          giveBack(client, { close: close || stale.has(client) });
          refusals.succeeded(text);
          return rows;
        } catch (error) {
          const failure = error instanceof StoreError ? error : statementError(error);
          const reported = await explained(client, failure);
          if (reported.kind === 'refused') refusals.refused(text, reported);
          // After a lost answer the connection's state is unknown, so it is closed. So is one that other code uses at the same time, and
          // one that a fail-over left behind.
          const leftBehind = isReadOnly(error);
          close ||= failure.kind === 'outcome_unknown' || leftBehind || stale.has(client) || !isIdle(client);
          giveBack(client, { close });
          if (!leftBehind || left === 0) throw reported;
          // Nothing was written. Other connections of the pool may lead to the old server, too, and would give old answers.
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

/** Sends one statement as its own transaction. No other transaction may be open before it or after it. */
async function send<Row extends QueryResultRow>(client: PoolClient, config: QueryConfig): Promise<Row[]> {
  if (!isIdle(client)) throw new StoreError('unavailable', `The statement was not sent. ${SHARED}`);
  try {
    const { rows } = await client.query<Row>(config);
    if (client.getTransactionStatus() === 'I') return rows;
  } catch (error) {
    if (sqlState(error) === null) throw error;
    await whenReady(client);
    if (isReady(client)) throw error;
    // A server that has rolled back ends its answer. Whoever closes the connection instead may have lost the answer.
    throw new StoreError('outcome_unknown', LOST_ANSWER, { cause: error });
  }
  throw new StoreError(
    'outcome_unknown',
    `The statement may have become part of another transaction. ${SHARED}`,
  );
}

const LOST_ANSWER =
  'The connection to the database ended with an error, and the statement may have been written or not.';

const SHARED =
  'Other code used a connection after it had given it back to the pool. Give Payonce a pool of its own.';
