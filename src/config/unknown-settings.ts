/**
 * Environment variables that were meant for Payonce and are no setting of it. A misspelt `GATEWAY_URL` must not pass in
 * silence: the payments would go somewhere else. But a machine's own variables are none of our business, and a false alarm
 * keeps a service down. So a name is refused only
 *
 * - where it begins with `GATEWAY_` or `DATABASE_`, apart from the few that platforms set by themselves (below);
 * - where it is `PAYONCE_` and then a setting;
 * - where it is one slip away from a setting (two from ten letters on), upper and lower case being the same. Names of fewer
 *   than eight letters are too close to everything; and where there is no underscore (`LOGLEVEL`, `DATADIR`) it is the usual
 *   name of somebody else's setting, unless it is that of the gateway or the database (`GATEWAYURL`).
 */
import { editDistance } from './edit-distance.ts';

/** These decide where the money goes and where it is written down. */
const OURS = /^(?:GATEWAY|DATABASE)_/;
const OURS_WITHOUT_UNDERSCORE = /^(?:FAKE_?)?(?:GATEWAY|DATABASE)/;

const SHORTEST = 8;
const TWO_SLIPS_FROM = 10;

/** Set by a platform beside its `DATABASE_URL` (Heroku, Neon, Railway); alone they say that the one we need is missing. */
const BESIDE_DATABASE_URL: readonly string[] = [
  'DATABASE_CONNECTION_POOL_URL',
  'DATABASE_PRIVATE_URL',
  'DATABASE_PUBLIC_URL',
  'DATABASE_URL_UNPOOLED',
];

/** Set by a web server that starts programs (CGI, RFC 3875). */
const CGI = 'GATEWAY_INTERFACE';

/** One sentence for each variable that was meant for us and is unknown. Never repeats a value: it may be a secret. */
export function unknownSettings(env: NodeJS.ProcessEnv, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => !known.includes(name) && !isForeign(name, env))
    .sort()
    .flatMap((name) => {
      const meant = nearest(name, known);
      if (meant === undefined) return OURS.test(name.toUpperCase()) ? [unknown(name)] : [];
      return [`${name} is no setting of Payonce. Did you mean ${meant}? Rename it, or unset it.`];
    });
}

function unknown(name: string): string {
  return `${name} is no setting of Payonce (docs/configuration.md lists them all). Unset it.`;
}

function isForeign(name: string, env: NodeJS.ProcessEnv): boolean {
  if (name === CGI || isServiceLink(name, env[name] ?? '')) return true;
  return BESIDE_DATABASE_URL.includes(name) && Boolean(env.DATABASE_URL);
}

/**
 * Kubernetes and Docker tell every program of every service beside it: one that is called "gateway" gives GATEWAY_SERVICE_HOST,
 * GATEWAY_SERVICE_PORT_HTTP, GATEWAY_PORT_80_TCP_ADDR, and GATEWAY_PORT=tcp://…
 */
function isServiceLink(name: string, value: string): boolean {
  if (/_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$/.test(name)) return true;
  if (/_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?$/.test(name)) return true;
  return /_PORT$/.test(name) && /^(?:tcp|udp|sctp):\/\//.test(value);
}

/** The setting that was probably meant. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const word = name.toUpperCase();
  const prefixed = known.find((setting) => word === `PAYONCE_${setting}`);
  if (prefixed !== undefined) return prefixed;
  if (word.length < SHORTEST) return undefined;
  const slips = word.length < TWO_SLIPS_FROM ? 1 : 2;
  const near = known
    .filter((setting) => word.includes('_') || OURS_WITHOUT_UNDERSCORE.test(setting))
    .map((setting) => ({ setting, distance: editDistance(word, setting) }))
    .filter(({ distance }) => distance <= slips)
    .sort((a, b) => a.distance - b.distance);
  if (near[0] !== undefined) return near[0].setting;
  // DATABASE_POOL_SIZE, GATEWAY_TIMEOUT: more than a slip away, but one begins as the other.
  const begins = (setting: string): boolean =>
    word.startsWith(`${setting}_`) || setting.startsWith(`${word}_`);
  return OURS.test(word) ? known.find((setting) => setting !== 'GATEWAY' && begins(setting)) : undefined;
}
