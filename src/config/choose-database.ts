/**
 * Whether the payments may be kept in the embedded database. Each machine and each new container has one of its own, and each would charge the
 * same order once. So where real money moves and the surroundings look like a real service, a person must choose it.
 */
import { type GatewayKind, isProduction, type Surroundings } from './choose-gateway.ts';
import { isLoopback } from './loopback.ts';
import { isLiveKey } from './stripe-settings.ts';

/** What other programs and platforms call the address that is `DATABASE_URL` here. */
const OTHER_NAMES = ['POSTGRES_URL', 'POSTGRESQL_URL', 'PG_URL', 'DB_URL', 'PGHOST'];

/** What is wrong with the choice of the database. Never repeats a value: it may be a secret. */
export function databaseProblems({ env, host }: Surroundings, gateway: GatewayKind | null): string[] {
  // An empty DATABASE_URL is a problem of its own.
  if (env.DATABASE_URL !== undefined || env.DATA_DIR || !movesMoney(env, gateway)) return [];
  const reasons = [
    ...(isLoopback(host) ? [] : ['HOST is no loopback address']),
    ...(isProduction(env) ? ['NODE_ENV says production'] : []),
  ];
  if (reasons.length === 0) return [];
  return [
    `DATABASE_URL is not set, although the gateway moves real money and ${reasons.join(' and ')}. ` +
      'The payments would be kept in an embedded database on this machine. Another machine, or a new container, would not know them, and would charge the same orders again. ' +
      'Nothing was started and nothing was sent. ' +
      `Set DATABASE_URL to the PostgreSQL that all processes share, or DATA_DIR to a folder that is kept, if this is the only machine.${otherNames(env)}`,
  ];
}

/** Whether the gateway takes real money, as far as the settings tell. */
export function movesMoney(env: NodeJS.ProcessEnv, gateway: GatewayKind | null): boolean {
  if (gateway === 'stripe') return isLiveKey(env.STRIPE_SECRET_KEY);
  return gateway === 'http' && env.GATEWAY_LIVEMODE !== 'no';
}

/** Perhaps the address that was meant for us: a sentence about it, with a space before it. Empty: there is none. */
export function otherNames(env: NodeJS.ProcessEnv): string {
  const found = OTHER_NAMES.filter((name) => env[name]);
  if (found.length === 0) return '';
  return ` Payonce does not read ${found.join(' and ')}, which ${found.length === 1 ? 'is' : 'are'} set.`;
}
