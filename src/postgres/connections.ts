/**
 * Connections of a pool that other code may use, too. Other code can give a connection back inside its transaction, or with a statement
 * under way. Our write would then be part of that transaction, and be lost with it. Other code can also change a setting of the session.
 * So a connection is used only while nothing is under way on it, and after other code had it, it is checked again.
 */
import type { Pool, PoolClient } from 'pg';
import { StoreError } from '../ports/store.ts';
import { connectError, surviveErrors } from './errors.ts';
import { within } from './within.ts';

/** A field of the driver that is not public: whether it has read the end of its last answer. */
interface Driver {
  readonly readyForQuery?: boolean;
  readonly binary?: boolean;
}

/** Whether the connection is in no transaction and has nothing queued or under way. It costs two property reads. */
export function isIdle(client: PoolClient): boolean {
  return isReady(client) && client.getTransactionStatus() === 'I';
}

/** Whether the end of its last answer has been read. */
export function isReady(client: PoolClient): boolean {
  return (client as Driver).readyForQuery === true;
}

/** As many as a large pool can hold. Each is closed, so the next one is new. */
const MAX_TAKEN = 20;

const LEFT_OPEN =
  'The connections of the pool are inside a transaction or busy with another statement. ' +
  'Nothing was stored and nothing was sent. Other code of this program gives them back without ending its transaction. ' +
  'Look for a BEGIN without COMMIT or ROLLBACK, and for a query without await; or give Payonce a pool of its own.';

export interface TakeOptions {
  /** How long to wait in total for statements of other code, in milliseconds. */
  readonly waitMs: number;
  /** How long to wait in all, in milliseconds: other code may hold all connections of the pool. */
  readonly timeoutMs: number;
  /** Called for each connection that was closed. */
  readonly onLeftOpen: () => void;
}

/**
 * Takes a connection on which nothing is under way. If a statement is under way that no code waited for (such as a `SET` in the pool's
 * `connect` handler), it waits for that. If the connection is then inside a transaction, or still busy, it is closed and another is taken.
 * Rejects with `StoreError` if there is no usable connection in time.
 */
export async function takeIdle(pool: Pool, options: TakeOptions): Promise<PoolClient> {
  const taking = takeAnyIdle(pool, options);
  try {
    return await within(taking, options.timeoutMs, 'No connection of the pool became free in time');
  } catch (error) {
    // It may still come. Then it is given back unused.
    taking.then((client) => giveBack(client, { close: false })).catch(() => {});
    throw connectError(error);
  }
}

async function takeAnyIdle(pool: Pool, { waitMs, onLeftOpen }: TakeOptions): Promise<PoolClient> {
  const untilMs = performance.now() + waitMs;
  for (let taken = 0; taken < MAX_TAKEN; taken += 1) {
    const client = await pool.connect();
    const refusal = driverRefusal(client);
    if (refusal !== null) {
      client.release();
      throw new StoreError('unavailable', refusal);
    }
    if (isIdle(client)) return client;
    await whenReadyWithin(client, untilMs - performance.now());
    if (isIdle(client)) return client;
    client.release(true);
    onLeftOpen();
  }
  throw new StoreError('unavailable', LEFT_OPEN);
}

/** Why the driver of this connection cannot be used, or null. */
function driverRefusal(client: PoolClient): string | null {
  const driver = client as Driver;
  if (driver.readyForQuery === undefined || typeof client.getTransactionStatus !== 'function') {
    return 'The client of this pool does not say whether a connection is idle. Nothing was stored and nothing was sent. Use the JavaScript client of pg, version 8.23 or newer, not pg-native.';
  }
  if (driver.binary === true) {
    return 'This pool asks for binary results, which Payonce does not read. Nothing was stored and nothing was sent. Open the pool without `binary: true`.';
  }
  return null;
}

/** Resolves when the end of the last answer has been read, or the connection has closed. The driver reports a server's error before that. */
export function whenReady(client: PoolClient): Promise<void> {
  if (isReady(client)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      client.removeListener('drain', done);
      client.removeListener('end', done);
      resolve();
    };
    client.once('drain', done);
    client.once('end', done);
  });
}

/** Resolves when it is ready, or the time is over. */
async function whenReadyWithin(client: PoolClient, waitMs: number): Promise<void> {
  // If it breaks while we have it, it is closed below.
  surviveErrors(client);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, waitMs));
  });
  await Promise.race([whenReady(client), late]);
  clearTimeout(timer);
}

/** The connections of a pool that were checked, and that no other code has had since. */
export interface CheckedConnections {
  has(client: PoolClient): boolean;
  add(client: PoolClient): void;
  /** Each is checked again before its next use. */
  forgetAll(): void;
}

const CHECKED = new WeakMap<Pool, CheckedConnections>();

/** Whether we are releasing a connection at the moment. */
let ours = false;

/** Gives a connection back as checked, or closes it. */
export function giveBack(client: PoolClient, { close }: { readonly close: boolean }): void {
  ours = true;
  try {
    client.release(close);
  } finally {
    ours = false;
  }
}

/** The pool's checked connections. A pool has one listener of each kind, however many stores use it. */
export function checkedConnections(pool: Pool): CheckedConnections {
  const known = CHECKED.get(pool);
  if (known !== undefined) return known;
  let checked = new WeakSet<PoolClient>();
  const connections: CheckedConnections = {
    has: (client) => checked.has(client),
    add: (client) => void checked.add(client),
    forgetAll() {
      checked = new WeakSet();
    },
  };
  CHECKED.set(pool, connections);
  // The server may end a connection in the same packet in which it says that it is ready: before anybody who waits for it can listen.
  pool.on('connect', surviveErrors);
  pool.on('release', (_error, client) => {
    if (!ours) checked.delete(client);
    // The next user of the connection may give it back before this release returns.
    ours = false;
  });
  return connections;
}
