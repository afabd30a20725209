/** Who may use the service: the API keys in the database, and whether one is needed. */
import { type Access, createAccess } from '../access/access.ts';
import { isLoopback } from '../config/loopback.ts';
import { isLiveKey } from '../config/stripe-settings.ts';
import type { Config } from '../config.ts';
import type { Log } from '../ports/log.ts';
import { createKeyReader } from '../postgres/access/index.ts';
import { systemClock } from '../system/clock.ts';
import { KEYS_POOL } from './connection-budget.ts';
import type { Database } from './database.ts';

export interface OpenAccess {
  readonly access: Access;
  /** Each request needs a key, from the start on. */
  readonly needsKey: boolean;
  /** Why the service must not start; null: it may. */
  readonly complaint: string | null;
}

/** `livemode`: whether real money moves; null while that is not known. Rejects with `StoreError`. */
export async function openAccess(
  config: Config,
  { database, livemode, log }: { database: Database; livemode: () => boolean | null; log: Log },
): Promise<OpenAccess> {
  const pool = database.openPool({ name: 'payonce-keys', max: KEYS_POOL });
  // Without a log: the store reports what the same database refuses.
  const reader = createKeyReader({ pool, timeoutMs: config.DATABASE_TIMEOUT_MS, ownPool: true });
  const needed = await reader.keysNeeded();
  const reason = whyRequired(config);
  const required = reason !== null;
  return {
    access: createAccess({
      reader,
      clock: systemClock,
      required,
      needed,
      onNeeded: () => sayNeeded(log),
      livemode,
    }),
    needsKey: required || needed,
    complaint: reason !== null && !needed ? noKey(reason, config) : null,
  };
}

/** The database needs keys once it has one, or if the account `default` was disabled. */
function sayNeeded(log: Log): void {
  log.info(
    {},
    'from now on, each request needs an API key: somebody has made the first one, or disabled the account default',
  );
}

/** Null: a key is needed only if the database has one. */
function whyRequired({ AUTH, HOST }: Config): string | null {
  if (AUTH === 'required') return 'AUTH=required: each request needs an API key';
  return isLoopback(HOST)
    ? null
    : `HOST is no loopback address: others can reach this server, so each request needs an API key`;
}

function noKey(reason: string, config: Config): string {
  const database = config.isSet('DATABASE_URL') ? 'DATABASE_URL' : 'DATA_DIR';
  const where = database === 'DATA_DIR' && config.isSet('DATA_DIR') ? `DATA_DIR='${config.DATA_DIR}' ` : '';
  const mode = isLive(config) ? 'live' : 'test';
  return (
    `${reason}. The database has none yet. Make the first one, with the ${database} of this server:\n\n` +
    `  ${where}payonce keys create --mode ${mode} --scopes admin\n\nIn a clone, payonce is: node dist/cli.js. The key is shown once. Keep it, and start again.`
  );
}

/** As the gateway will say. It is not opened yet. */
function isLive({ GATEWAY, GATEWAY_LIVEMODE, STRIPE_SECRET_KEY }: Config): boolean {
  if (GATEWAY === 'stripe') return isLiveKey(STRIPE_SECRET_KEY);
  return GATEWAY === 'http' && GATEWAY_LIVEMODE === 'yes';
}
