/**
 * Connections that were checked: what is committed on them lasts, and they lead to the primary. After a fail-over the old server may
 * stay up, read-only, and so may the connections to it: they are closed, and others are taken.
 */
import type { Pool, PoolClient } from 'pg';
import type { Log } from '../ports/log.ts';
import type { StoreError } from '../ports/store.ts';
import { checkedConnections, giveBack, takeIdle } from './connections.ts';
import { checkDurability } from './durability.ts';
import { connectError, isReadOnly, surviveErrors } from './errors.ts';
import { limitAtServer } from './limits.ts';
import type { Prepared } from './prepared.ts';
import type { Refusals } from './refusals.ts';
import { within } from './within.ts';

export interface SoundConnections {
  /** A connection on which nothing is under way. Rejects with `StoreError`. */
  take(): Promise<PoolClient>;
  isSound(client: PoolClient): boolean;
  /** The connection once it is checked, or another one where a fail-over has left it behind. Rejects with `StoreError`. */
  sound(client: PoolClient): Promise<PoolClient>;
  /** Checks it, also if it was checked before. Gives it back, closed, and rejects with `StoreError` where it cannot be used. */
  check(client: PoolClient): Promise<void>;
  /** Each is checked again before its next use. */
  distrustAll(): void;
}

/** As many as a large pool can hold, all of which a fail-over has left behind. */
export const MAX_LEFT_BEHIND = 100;

/** As it is called where refusals are noted. */
const CONNECTION = 'a connection';

export function createSoundConnections(parts: {
  readonly pool: Pool;
  readonly timeoutMs: number;
  readonly ownPool: boolean;
  readonly log: Log | undefined;
  readonly prepared: Prepared;
  readonly refusals: Refusals;
}): SoundConnections {
  const { pool, timeoutMs, ownPool, log, prepared, refusals } = parts;
  const checked = checkedConnections(pool);
  const inspected = new WeakSet<PoolClient>();
  const onLeftOpen = (): void =>
    log?.warn({}, 'a connection came from the pool inside a transaction or busy; it was closed');

  async function take(): Promise<PoolClient> {
    const connecting = takeIdle(pool, { waitMs: timeoutMs / 2, onLeftOpen });
    try {
      return await within(connecting, timeoutMs, 'No connection became free in time');
    } catch (error) {
      // It may still arrive: then it goes back unused.
      connecting.then((client) => giveBack(client, { close: false })).catch(() => {});
      throw noted(connectError(error));
    }
  }

  function noted(error: StoreError): StoreError {
    if (error.kind === 'refused') refusals.refused(CONNECTION, error);
    return error;
  }

  async function check(client: PoolClient): Promise<void> {
    surviveErrors(client);
    try {
      await within(checkDurability(client), timeoutMs, 'The check of a new connection took too long');
      if (!inspected.has(client)) await within(inspect(client), timeoutMs, 'A new connection was too slow');
      inspected.add(client);
      checked.add(client);
      refusals.succeeded(CONNECTION);
    } catch (error) {
      giveBack(client, { close: true });
      throw noted(connectError(error));
    }
  }

  async function inspect(client: PoolClient): Promise<void> {
    const straight = await prepared.inspect(client);
    // Behind a pooler the settings would be left to whoever has the connection next.
    if (ownPool && straight) await limitAtServer(client, timeoutMs);
  }

  const isSound = (client: PoolClient): boolean => checked.has(client) && inspected.has(client);

  return {
    take,
    isSound,
    async sound(taken) {
      let client = taken;
      for (let left = MAX_LEFT_BEHIND; !isSound(client); left -= 1) {
        const known = inspected.has(client);
        try {
          await check(client);
        } catch (error) {
          // A new connection leads to where the primary is, so what it says counts.
          if (!known || !isReadOnly(error) || left === 0) throw error;
          client = await take();
        }
      }
      return client;
    },
    check,
    distrustAll: checked.forgetAll,
  };
}
