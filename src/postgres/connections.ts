/**
 * Connections of a pool that may not be ours alone. Other code can give one back inside its transaction, or with a
 * statement under way: what we wrote there would be part of that transaction, and vanish with it. And it can change a setting
 * of the session. So a connection is used only while nothing is under way on it, and what others had in
 * their hands is checked again.
 */
import type { Pool, PoolClient } from 'pg';
import { StoreError } from '../ports/store.ts';
import { surviveErrors } from './errors.ts';

/** What the driver's client knows beside its public interface: whether it has read the end of its last answer. */
interface Driver {
  readonly readyForQuery?: boolean;
  readonly binary?: boolean;
}

/** In no transaction, and nothing queued or under way. Two property reads. */
export function isIdle(client: PoolClient): boolean {
  return (client as Driver).readyForQuery === true && client.getTransactionStatus() === 'I';
}

/** As many as a large pool can hold; each is closed, so what follows is a new one. */
const MAX_TAKEN = 20;

const LEFT_OPEN =
  'The pool gives out connections that are inside a transaction or busy with another statement. ' +
  'Nothing was stored and nothing was sent. Other code of this program gives them back without ending its transaction: ' +
  'look for a BEGIN without COMMIT or ROLLBACK, and for a query without await; or give Payonce a pool of its own.';

export interface TakeOptions {
  /** How long to wait in all for the end of what others have under way, in milliseconds. */
  readonly waitMs: number;
  /** Hears of each connection that was closed. */
  readonly onLeftOpen: () => void;
}

/**
 * A connection on which nothing is under way. One with a statement that nobody waited for (a `SET` in the pool's `connect` handler,
 * say) is waited for. One that is then inside a transaction, or still busy, is closed and another is taken. Rejects with what the
 * pool says, or with `StoreError` where it has no such connection.
 */
export async function takeIdle(pool: Pool, { waitMs, onLeftOpen }: TakeOptions): Promise<PoolClient> {
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
    return 'This pool’s connections do not tell whether they are idle. Use the JavaScript client of pg, version 8.23 or newer, not pg-native. Nothing was stored.';
  }
  if (driver.binary === true) {
    return 'This pool asks for binary results, which Payonce does not read. Open it without `binary: true`. Nothing was stored.';
  }
  return null;
}

/** Resolves when the end of the last answer has been read, or the connection has closed. A server's error is told before that. */
export function whenReady(client: PoolClient): Promise<void> {
  if ((client as Driver).readyForQuery === true) return Promise.resolve();
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
  // It breaks while it is ours: then it is closed below.
  surviveErrors(client);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, waitMs));
  });
  await Promise.race([whenReady(client), late]);
  clearTimeout(timer);
}

/** The connections of a pool that were checked and have been in nobody else's hands since. */
export interface CheckedConnections {
  has(client: PoolClient): boolean;
  add(client: PoolClient): void;
  /** Each is checked again before its next use. */
  forgetAll(): void;
}

const CHECKED = new WeakMap<Pool, CheckedConnections>();

/** Whether the release under way is ours. */
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

/** The pool's checked connections; one listener for every pool, however many use it. */
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
  pool.on('release', (_error, client) => {
    if (!ours) checked.delete(client);
    // Whoever is given the connection next may give it back before this release returns.
    ours = false;
  });
  return connections;
}
