/**
 * Finds environment variables that were meant for Payonce but are not its settings. A misspelt `GATEWAY_URL` must be reported:
 * the payments would go somewhere else. Variables of other programs must pass: a false alarm keeps the service down. So a name is
 * refused only in these cases, in upper or lower case:
 *
 * - It begins with `GATEWAY_` or `DATABASE_`, or with `STRIPE_` if `GATEWAY` is `stripe`. A few that others set (below) pass.
 * - It is `PAYONCE_` and then a setting.
 * - It is a setting without its last S (`WORKER`), or with another unit or none (`RETRY_AFTER_CAP`, `LOOKUP_CAP_SECONDS`).
 * - It is one slip away from a setting; from ten letters on, two slips. A name of fewer than eight letters is too close to too many
 *   others. A name without an underscore (`LOGLEVEL`, `DATADIR`) is usually a setting of another program, unless it is one of the
 *   gateway or the database (`GATEWAYURL`).
 */
import { editDistance } from './edit-distance.ts';

/** These decide where the money goes and where that is stored. */
const OURS = /^(?:GATEWAY|DATABASE)_/;
const STRIPES = /^STRIPE_/;
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

/** Names that Stripe's other tools and libraries have for what is `STRIPE_SECRET_KEY` here. */
const OTHER_NAMES_OF_THE_KEY = ['STRIPE_API_KEY', 'STRIPE_KEY', 'STRIPE_PRIVATE_KEY'];

/** Of the merchant's pages, of Stripe's SDK and of its command line. */
const STRIPES_OWN = ['STRIPE_PUBLISHABLE_KEY', 'STRIPE_SUPPRESS_NOTICES', 'STRIPE_DEVICE_NAME'];

/** Set by a web server that starts programs (CGI, RFC 3875). */
const CGI = 'GATEWAY_INTERFACE';

/** One sentence for each variable that was meant for us and is unknown. Never repeats a value: it may be a secret. */
export function unknownSettings(env: NodeJS.ProcessEnv, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => !known.includes(name) && !isForeign(name, env))
    .sort()
    .flatMap((name) => {
      const isOurs = OURS.test(name.toUpperCase()) || isOfStripe(name, env);
      const meant = nearest(name, known, isOurs);
      if (meant === undefined) return isOurs ? [unknown(name)] : [];
      return [`${name} is no setting of Payonce. Did you mean ${meant}? Rename it, or unset it.`];
    });
}

function unknown(name: string): string {
  return `${name} is no setting of Payonce (docs/configuration.md lists them all). Unset it.`;
}

/** A program beside Payonce may have settings of its own for Stripe, unless Payonce speaks with Stripe itself. */
function isOfStripe(name: string, env: NodeJS.ProcessEnv): boolean {
  return env.GATEWAY === 'stripe' && STRIPES.test(name.toUpperCase());
}

function isForeign(name: string, env: NodeJS.ProcessEnv): boolean {
  if (STRIPES_OWN.includes(name)) return true;
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
function nearest(name: string, known: readonly string[], isOurs: boolean): string | undefined {
  const word = name.toUpperCase();
  if (isOurs && OTHER_NAMES_OF_THE_KEY.includes(word)) return 'STRIPE_SECRET_KEY';
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
  return isOurs ? known.find((setting) => setting !== 'GATEWAY' && begins(setting)) : undefined;
}

/** Whether they differ in the unit only. A single word (`WAIT`, `LEASE_SECONDS`) may be a setting of any program. */
function hasSameStem(word: string, setting: string): boolean {
  const stem = setting.replace(UNIT, '');
  return stem !== setting && stem.includes('_') && word.replace(UNIT, '') === stem;
}
