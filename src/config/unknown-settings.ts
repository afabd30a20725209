/**
 * Finds environment variables that were meant for Payonce but are not its settings. A misspelt `GATEWAY_URL` must be reported:
 * the payments would go somewhere else. Variables of other programs must pass: a false alarm keeps the service down. So a name is
 * refused only in these cases, in upper or lower case:
 *
 * - It begins with `GATEWAY_` or `DATABASE_`. A few that platforms set by themselves (below) pass.
 * - It is `PAYONCE_` and then a setting.
 * - It is a setting without its last S (`WORKER`), or with another unit or none (`RETRY_AFTER_CAP`, `LOOKUP_CAP_SECONDS`).
 * - It is one slip away from a setting; from ten letters on, two slips. A name of fewer than eight letters is too close to too many
 *   others. A name without an underscore (`LOGLEVEL`, `DATADIR`) is usually a setting of another program, unless it is one of the
 *   gateway or the database (`GATEWAYURL`).
 */
import { editDistance } from './edit-distance.ts';

/** These decide where the money goes and where that is stored. */
const OURS = /^(?:GATEWAY|DATABASE)_/;
const OURS_WITHOUT_UNDERSCORE = /^(?:FAKE_?)?(?:GATEWAY|DATABASE)/;

const SHORTEST = 8;
const TWO_SLIPS_FROM = 10;

/** At the end of a name. */
const UNIT = /_(?:MS|MSECS?|MILLIS(?:ECONDS)?|MILLISECONDS|S|SECS?|SECONDS|MIN|MINUTES|BYTES|KB|MB)$/;

/** Platforms (Heroku, Neon, Railway) set these beside their `DATABASE_URL`. Without it they show that the one we need is missing. */
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
 * Kubernetes and Docker set variables for every service nearby. A service named "gateway" gives GATEWAY_SERVICE_HOST,
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
  const sameButEnding = known.find((setting) => setting === `${word}S` || hasSameStem(word, setting));
  if (sameButEnding !== undefined) return sameButEnding;
  if (word.length < SHORTEST) return undefined;
  const slips = word.length < TWO_SLIPS_FROM ? 1 : 2;
  const near = known
    .filter((setting) => word.includes('_') || OURS_WITHOUT_UNDERSCORE.test(setting))
    .map((setting) => ({ setting, distance: editDistance(word, setting) }))
    .filter(({ distance }) => distance <= slips)
    .sort((a, b) => a.distance - b.distance);
  if (near[0] !== undefined) return near[0].setting;
  // DATABASE_POOL_SIZE: more than two slips away, but the one begins with the other.
  const begins = (setting: string): boolean =>
    word.startsWith(`${setting}_`) || setting.startsWith(`${word}_`);
  return OURS.test(word) ? known.find((setting) => setting !== 'GATEWAY' && begins(setting)) : undefined;
}

/** Whether they differ in the unit only. A single word (`WAIT`, `LEASE_SECONDS`) may be a setting of any program. */
function hasSameStem(word: string, setting: string): boolean {
  const stem = setting.replace(UNIT, '');
  return stem !== setting && stem.includes('_') && word.replace(UNIT, '') === stem;
}
