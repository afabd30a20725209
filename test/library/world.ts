/** The library as a program uses it, on a database of its own. */
import { onTestFinished } from 'vitest';
import { createPayonce, type Gateway, type Payonce, type PayonceOptions } from '../../src/index.ts';
import { type Database, openStore } from '../postgres/world.ts';

export interface Program extends Database {
  readonly payonce: Payonce;
  /** Everything that was logged. */
  readonly logged: readonly string[];
}

/** Quick decisions and patient limits: nothing here is about time. */
export async function openProgram(gateway: Gateway, changes: Partial<PayonceOptions> = {}): Promise<Program> {
  const { database, pool } = await openStore({ max: 5 });
  const logged: string[] = [];
  const hear = (_fields: unknown, message: string): void => void logged.push(message);
  const payonce = await createPayonce({
    pool,
    gateway,
    sweepMs: 20,
    databaseTimeoutMs: 60_000,
    policy: { backoffBaseMs: 1, lookupBaseMs: 20 },
    log: { info: hear, warn: hear, error: hear },
    ...changes,
  });
  onTestFinished(() => payonce.stop(0));
  return { ...database, payonce, logged };
}
