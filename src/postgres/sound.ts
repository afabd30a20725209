/**
 * Checked connections: a commit on them is durable, and they lead to the primary. After a fail-over the old server may still run,
 * read-only, with connections to it. Those are closed, and others are taken.
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
  /** Checks the connection and returns it, or another one if it leads to the old server of a fail-over. Rejects with `StoreError`. */
  sound(client: PoolClient): Promise<PoolClient>;
  /** Checks the connection, even if it was checked before. If it cannot be used, it is closed, and this rejects with `StoreError`. */
  check(client: PoolClient): Promise<void>;
  /** Each is checked again before its next use. */
  distrustAll(): void;
}

/** As many as a large pool can hold: after a fail-over, all of them may lead to the old server. */
export const MAX_LEFT_BEHIND = 100;

/** The name of this check among the refusals. */
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
    log?.warn(
      {},
      'a connection from the pool was inside a transaction or busy; it was closed, not used. Look for other code that gives connections back too early',
    );

  async function take(): Promise<PoolClient> {
    try {
      return await takeIdle(pool, { waitMs: timeoutMs / 2, timeoutMs, onLeftOpen });
    } catch (error) {
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
    // Behind a pooler, the next user of the connection would get these settings.
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
          // A new connection leads to the current primary, so its answer counts.
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
