/**
 * The configuration: the only reader of the environment. One table of settings, from which the values, the
 * checks and the table in docs/configuration.md come. Every problem is reported at once, before anything is started.
 */

import { readFileSync } from 'node:fs';
import { databaseProblems, otherNames } from './config/choose-database.ts';
import { chooseGateway, type GatewayKind } from './config/choose-gateway.ts';
import { databaseUrlProblem } from './config/database-url.ts';
import { readGatewaysFile } from './config/gateways-file.ts';
import { landingProblems } from './config/landing-time.ts';
import { unknownSettings } from './config/unknown-settings.ts';
import { areSecrets } from './config/webhook-secrets.ts';
import { AUTHORIZED_FOR_MS } from './domain/contract.ts';
import { moment } from './domain/date-time.ts';
import { accountIdComplaint, MAX_GIVE_UP_S } from './domain/order-rules.ts';
import { DEFAULT_POLICY } from './domain/policy.ts';
import { webhookKey } from './domain/standard-webhooks.ts';

interface Shared {
  readonly doc: string;
}
interface NumberSetting extends Shared {
  readonly kind: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
interface ChoiceSetting<T extends string> extends Shared {
  readonly kind: 'choice';
  /** Null: it follows from the other settings. */
  readonly default: T | null;
  readonly of: readonly T[];
}
interface TextSetting extends Shared {
  readonly kind: 'text';
  readonly default: string;
}
interface UrlSetting extends Shared {
  readonly kind: 'url';
  readonly default: string | null;
  readonly schemes: readonly string[];
}
interface DatabaseSetting extends Shared {
  readonly kind: 'database';
  readonly default: null;
}
/** A moment; its value is in milliseconds since the Unix epoch. */
interface TimeSetting extends Shared {
  readonly kind: 'time';
  readonly default: null;
}
type Setting =
  | NumberSetting
  | ChoiceSetting<string>
  | TextSetting
  | UrlSetting
  | DatabaseSetting
  | TimeSetting;

const DAY = 86_400_000;
/** The longest delay of setTimeout. */
const MAX_WAIT = 2 ** 31 - 1;

function number(value: number, min: number, max: number, doc: string): NumberSetting {
  return { kind: 'number', default: value, min, max, doc };
}
function milliseconds(value: number, doc: string, min = 0, max = MAX_WAIT): NumberSetting {
  return number(value, min, max, doc);
}
function choice<const T extends string>(
  value: NoInfer<T> | null,
  of: readonly T[],
  doc: string,
): ChoiceSetting<T> {
  return { kind: 'choice', default: value, of, doc };
}

/** Every setting; the key is the environment variable. */
export const SETTINGS = {
  PORT: number(8000, 0, 65_535, 'Port to listen on; 0: any free one. Not set and taken: the next free one.'),
  HOST: { kind: 'text', default: '127.0.0.1', doc: 'Address to listen on.' },
  AUTH: choice(
    'auto',
    ['auto', 'required'],
    'Whether each request needs an API key. `auto`: if `HOST` is no loopback address, and else as soon as the database has a key. `required`: always. Where a key is needed from the start and there is none yet, the start is refused.',
  ),
  WORKERS: number(
    1,
    1,
    256,
    'Processes that share the port, at most one a core. Each has its own `DATABASE_POOL` (mind `max_connections`), cache and limits (`MAX_CALLS` …).',
  ),
  DATABASE_URL: {
    kind: 'database',
    default: null,
    doc: 'PostgreSQL 14 or newer. Not set: an embedded PostgreSQL in `DATA_DIR`, if `payonce-embedded-postgres` is installed (in a clone it is). Where the gateway moves real money, and `HOST` is no loopback address or `NODE_ENV` says production, the start is refused without it, unless `DATA_DIR` is set: another machine or a new container would not know the payments.',
  },
  DATA_DIR: { kind: 'text', default: './.payonce', doc: 'Folder of the embedded PostgreSQL.' },
  DATABASE_POOL: number(10, 2, 1000, 'Connections to the database.'),
  DATABASE_TIMEOUT_MS: milliseconds(5000, 'A statement that takes longer is ended at the server.', 100),
  GATEWAY: choice(
    null,
    ['fake', 'http', 'stripe'],
    '`http`: the gateway at `GATEWAY_URL`. `stripe`: Stripe, with `STRIPE_SECRET_KEY`. `fake`: the fake gateway, mounted here; it moves no money. Not set: `http` with a `GATEWAY_URL`; without one `fake`, but only with the embedded PostgreSQL, on a loopback `HOST`, without `GATEWAY_TOKEN` and `STRIPE_SECRET_KEY`, without `NODE_ENV=production` and without a variable like `PAYMENT_GATEWAY_URL`, else the start is refused.',
  ),
  GATEWAYS_FILE: {
    kind: 'text',
    default: '',
    doc: 'Path of a JSON file with several gateways, each with its accounts and with its own `GATEWAY…`, `STRIPE_…`, `MAX_CALLS` and `MAX_LOOKUPS`; see docs/several-gateways.md. Empty: the settings here describe the only gateway, which serves all accounts.',
  },
  GATEWAY_URL: {
    kind: 'url',
    default: null,
    schemes: ['http:', 'https:'],
    doc: 'Base URL of a gateway that speaks the protocol of docs/fake-gateway.md.',
  },
  GATEWAY_NAME: {
    kind: 'text',
    default: 'http',
    doc: 'Stored with every payment. Give another gateway, or another account at it, another name: a charge can be looked up only at the gateway where it was made.',
  },
  GATEWAY_CHANGE: choice(
    'refuse',
    ['refuse', 'accept'],
    'What happens at a start if `GATEWAY_URL` is another one than at the last start while payments or refunds are not settled. `accept` is for one start, if the same gateway has moved; the flag `--accept-gateway-change` does the same.',
  ),
  GATEWAY_LIVEMODE: choice(
    'yes',
    ['yes', 'no'],
    'Whether real money moves at `GATEWAY_URL`; `no` for a sandbox. Shown as `livemode` in every payment; one database holds payments of one mode.',
  ),
  GATEWAY_TOKEN: { kind: 'text', default: '', doc: 'Sent to the gateway as a bearer token. Empty: none.' },
  GATEWAY_WEBHOOK_SECRET: {
    kind: 'text',
    default: '',
    doc: 'Signs the events that the gateway sends to `POST /v1/gateways/<GATEWAY_NAME>/webhooks`: `whsec_…`. During a rotation the old one and the new one, with a comma between. Empty: no events are taken. The fake gateway that is mounted here gets a secret by itself.',
  },
  GATEWAY_KEYS: choice('kept', ['kept', 'none'], 'Whether the gateway keeps idempotency keys.'),
  GATEWAY_KEY_WINDOW_MS: milliseconds(DAY, 'How long it keeps them; 0: it does not say.', 0, 400 * DAY),
  GATEWAY_CACHES_ERRORS: choice('no', ['yes', 'no'], 'Whether it repeats an error for its key for ever.'),
  GATEWAY_LOOKUP: choice(
    'yes',
    ['yes', 'no'],
    'Whether it can look up a charge or a refund by its key. If not, no money can be authorised first.',
  ),
  GATEWAY_LOOKUP_LAG_MS: milliseconds(0, 'How long a charge or a refund may exist before a lookup shows it.'),
  GATEWAY_LANDS_WITHIN_MS: milliseconds(
    180_000,
    'How long a request can still take effect after Payonce gave it up; see docs/landing.md. At least 1000 where real money moves at an address that is not on this machine.',
  ),
  GATEWAY_ERRORS_LAND_WITHIN_MS: milliseconds(
    0,
    'How long a request can still take effect after its error was answered, as behind a front that sends a request twice: the error is the answer to one copy, and the other one is under way. Not for 401, 403 and 429: they always mean that nothing was done. At most `GATEWAY_LANDS_WITHIN_MS`.',
  ),
  GATEWAY_AUTHORIZED_FOR_MS: milliseconds(
    AUTHORIZED_FOR_MS,
    'How long it holds money that was authorised, if its answers do not say so. Then Payonce looks what has become of it.',
    1000,
    400 * DAY,
  ),
  STRIPE_SECRET_KEY: {
    kind: 'text',
    default: '',
    doc: 'With `GATEWAY=stripe`: the secret key of the account. `sk_live_…` moves real money, `sk_test_…` does not. A restricted key (`rk_…`) must be allowed to write payment intents and refunds.',
  },
  STRIPE_ACCOUNT: {
    kind: 'text',
    default: '',
    doc: 'The id of the account, `acct_…`. Stored with every payment. Not set: Stripe is asked at start. Needed with a restricted key, which cannot be checked.',
  },
  STRIPE_API_BASE: {
    kind: 'url',
    default: 'https://api.stripe.com',
    schemes: ['http:', 'https:'],
    doc: 'Where Stripe is: scheme, host and port. A live key needs https.',
  },
  STRIPE_WEBHOOK_SECRET: {
    kind: 'text',
    default: '',
    doc: 'The signing secret of your webhook endpoint at Stripe, `whsec_…`. Stripe sends its events to `POST /v1/gateways/stripe/webhooks`. During a rotation the old one and the new one, with a comma between. Empty: no events are taken.',
  },
  CALL_TIMEOUT_MS: milliseconds(10_000, 'A call to the gateway that takes longer is given up.', 50),
  LEASE_MS: milliseconds(
    15_000,
    'How long a worker holds a payment or a refund; at least `CALL_TIMEOUT_MS` + 500. After a crash, other workers take over after this time.',
    550,
  ),
  MAX_ATTEMPTS: number(DEFAULT_POLICY.maxAttempts, 1, 100, 'Calls per charge or refund, the first included.'),
  BACKOFF_BASE_MS: milliseconds(
    DEFAULT_POLICY.backoffBaseMs,
    'Longest first backoff; doubles with every call, full jitter.',
    1,
  ),
  BACKOFF_CAP_MS: milliseconds(DEFAULT_POLICY.backoffCapMs, 'Longest backoff.', 1),
  RETRY_AFTER_CAP_MS: milliseconds(DEFAULT_POLICY.retryAfterCapMs, 'Longest `Retry-After` that is obeyed.'),
  CALL_DEADLINE_MS: milliseconds(
    DEFAULT_POLICY.callDeadlineMs,
    "No retry starts later than this after acceptance, by the database's clock.",
    1000,
  ),
  GIVE_UP_AFTER_S: number(
    DEFAULT_POLICY.giveUpAfterS,
    0,
    MAX_GIVE_UP_S,
    'How long an order without `give_up_after_s` is tried, in seconds. Until then Payonce waits for the end of an outage; `MAX_ATTEMPTS` and `CALL_DEADLINE_MS` do not apply. 0: they apply.',
  ),
  FORBIDDEN_PAUSE_MS: milliseconds(
    DEFAULT_POLICY.forbiddenPauseMs,
    'How long an order waits after a 401 or 403. If the gateway then refuses a second order, all calls wait so long.',
    100,
  ),
  LOOKUP_BASE_MS: milliseconds(
    DEFAULT_POLICY.lookupBaseMs,
    'First wait of an unresolved payment or refund between lookups. Doubles with every answer. Without an answer it grows with the outage, by an eighth of it.',
    10,
  ),
  LOOKUP_CAP_MS: milliseconds(DEFAULT_POLICY.lookupCapMs, 'Longest wait between its lookups.', 10),
  PENDING_POLL_MS: milliseconds(
    DEFAULT_POLICY.pendingPollMs,
    'First wait before a pending charge or refund is looked up; doubles.',
    10,
  ),
  ACTION_WITHIN_MS: milliseconds(
    DEFAULT_POLICY.actionWithinMs,
    'How long the customer has for what the gateway asks of them, such as 3-D Secure. Then the charge is sealed and fails.',
    1000,
  ),
  RESOLVE_FOR_MS: milliseconds(
    DEFAULT_POLICY.resolveForMs,
    'After this long unresolved, a payment or a refund goes to REVIEW. A refund that the gateway has accepted may take 30 days.',
  ),
  REVIEW_LOOKUP_MS: milliseconds(
    DEFAULT_POLICY.reviewLookupMs,
    'Wait between the lookups of a payment or a refund in REVIEW.',
    1000,
  ),
  RESTORED_AT: {
    kind: 'time',
    default: null,
    doc: 'When the database was restored from a backup, such as `2026-01-31T12:00:00Z`. Every charge and refund is then looked up before it is called, and the charges after it before it counts as failed. Leave it set for 30 days. Not set: it was not restored.',
  },
  MAX_CALLS: number(
    256,
    1,
    100_000,
    'Calls to the gateway under way at once; at most half of them refunds. Others wait, and any worker may make them.',
  ),
  MAX_LOOKUPS: number(64, 1, 100_000, 'Lookups under way at once; at most half of them of refunds.'),
  SWEEP_MS: milliseconds(500, 'Pause between the sweeps for payments and refunds that are due.', 10),
  WAIT_MS: milliseconds(10_000, 'How long a charge or a refund of `/v1` waits for the outcome by default.'),
  MAX_WAIT_MS: milliseconds(60_000, 'Longest wait that `Prefer: wait` may ask for.'),
  SEED_WAIT_MS: milliseconds(30_000, 'How long `POST /payments/start/` waits for the outcome.'),
  ANSWER_RETENTION_MS: milliseconds(30 * DAY, 'How long a frozen answer is kept.', 1000, 4000 * DAY),
  CACHE_ENTRIES: number(50_000, 0, 10_000_000, 'Frozen answers kept in memory; 0: none.'),
  BODY_LIMIT_BYTES: number(65_536, 1024, 10_485_760, 'Largest request body.'),
  DRAIN_MS: milliseconds(10_000, 'How long calls under way may take to end after SIGTERM.', 0, 14_000),
  FAKE_GATEWAY_SEED: number(
    1,
    0,
    Number.MAX_SAFE_INTEGER,
    'Seed of all randomness of the mounted fake gateway.',
  ),
  WEBHOOK_ENCRYPTION_KEY: {
    kind: 'text',
    default: '',
    doc: 'Encrypts the signing secrets of webhook endpoints: 32 random bytes in base64 (`openssl rand -base64 32`). Several with commas between: the first one encrypts, each decrypts. Not set: with the embedded PostgreSQL, a key in `DATA_DIR` is made and used; else no endpoint can be made.',
  },
  WEBHOOK_ALLOW_PRIVATE: choice(
    'no',
    ['yes', 'no'],
    'Whether events may be sent to private addresses and over http. `yes` is for development only: whoever makes an endpoint can then reach what this server can reach.',
  ),
  LOG_LEVEL: choice(
    'info',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'Least severe level that is logged.',
  ),
} as const satisfies Record<string, Setting>;

type Settings = typeof SETTINGS;
type ValueOf<S> = S extends NumberSetting
  ? number
  : S extends ChoiceSetting<infer T>
    ? T
    : S extends UrlSetting | DatabaseSetting
      ? S['default'] | string
      : S extends TimeSetting
        ? number | null
        : string;

/**
 * The settings by name. `isSet`: the environment sets it. Where `GATEWAY` is `http`, `GATEWAY_URL` is set. With `GATEWAYS_FILE` the settings of a
 * gateway are those of the first one in the file.
 */
export type Config = { readonly [Name in Exclude<keyof Settings, 'GATEWAY'>]: ValueOf<Settings[Name]> } & {
  readonly GATEWAY: GatewayKind;
  readonly isSet: (name: keyof Settings) => boolean;
  /** The gateways after the first one in `GATEWAYS_FILE`. Empty: there is one. */
  readonly others: readonly Config[];
  /** The accounts of the gateway. Absent: all. */
  readonly accounts?: readonly string[];
};

/** All that is wrong with the environment, in one error. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The configuration is not valid; nothing was started.\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Nothing is sent in the last part of a lease, and a call must fit into what is left. */
const LEASE_OVER_CALL_MS = 500;

/**
 * Reads and checks the environment. Throws `ConfigError` with every problem. An empty variable counts as not set, except the
 * addresses of the gateway and the database: an empty one is a template that was not filled in.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { GATEWAYS_FILE: path, ...rest } = env;
  return path === undefined || path === '' ? readOne(rest) : readSeveral(path, rest);
}

/** Each gateway of the file is read as if it were the only one. */
function readSeveral(path: string, env: NodeJS.ProcessEnv): Config {
  const { gateways, problems } = readGatewaysFile({
    text: readOrRefuse(path),
    env,
    known: Object.keys(SETTINGS),
    accountComplaint: (id) => accountIdComplaint(id)?.detail ?? null,
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const wrong: { readonly place: string; readonly problems: readonly string[] }[] = [];
  const configs = gateways.flatMap(({ place, accounts, env: own }) => {
    try {
      return [{ ...readOne(own), accounts, GATEWAYS_FILE: path }];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      wrong.push({ place, problems: error.problems });
      return [];
    }
  });
  const [first, ...others] = configs;
  if (wrong.length > 0 || first === undefined) throw new ConfigError(namedOnce(wrong));
  return { ...first, others };
}

function readOrRefuse(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new ConfigError([`GATEWAYS_FILE cannot be read (${code}). It must be the path of a file.`]);
  }
}

/** What is wrong at the first gateway with a problem and at all others too is wrong with the environment that they share. */
function namedOnce(
  wrong: readonly { readonly place: string; readonly problems: readonly string[] }[],
): string[] {
  const shared =
    wrong.length < 2
      ? []
      : (wrong[0]?.problems ?? []).filter((one) => wrong.every(({ problems }) => problems.includes(one)));
  const own = wrong.flatMap(({ place, problems }) =>
    problems.filter((one) => !shared.includes(one)).map((one) => `${place}: ${one}`),
  );
  return [...shared, ...own];
}

/** The environment of one gateway. */
function readOne(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const values: Record<string, string | number | null> = {};
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    const text = env[name];
    const value = text === undefined || text === '' ? setting.default : parse(setting, text);
    if (value === undefined) problems.push(`${name} ${complaint(setting, text ?? '')}`);
    else values[name] = value;
  }
  if (env.DATABASE_URL === '') {
    problems.push('DATABASE_URL is set but empty. Set it, or unset it for the embedded PostgreSQL.');
  }
  if (env.RESTORED_AT === '') {
    problems.push('RESTORED_AT is set but empty. Set it to the time of the restore, or unset it.');
  }
  const surroundings = { env, host: env.HOST || SETTINGS.HOST.default };
  const gateway = chooseGateway(surroundings);
  values.GATEWAY = gateway.kind;
  problems.push(...gateway.problems, ...databaseProblems(surroundings, gateway.kind));
  problems.push(...landingProblems(env, gateway.kind, values.GATEWAY_LANDS_WITHIN_MS));
  problems.push(...unknownSettings(env, Object.keys(SETTINGS)));
  problems.push(...contradictions(values as unknown as Valid));
  if (problems.length > 0) throw new ConfigError(problems);
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== '';
  // No setting has a problem, so each has a value of its own kind.
  return { ...values, isSet, others: [] } as unknown as Config;
}

/**
 * Where the database is, for commands that also work with the embedded one: its address, or else its folder. `unread`: a sentence about an
 * address by a name that Payonce does not read, with a space before it; empty if there is none.
 */
export function readDatabasePlace(
  env: NodeJS.ProcessEnv = process.env,
): { readonly url: string } | { readonly dataDir: string; readonly unread: string } {
  if (env.DATABASE_URL === undefined)
    return { dataDir: env.DATA_DIR || SETTINGS.DATA_DIR.default, unread: otherNames(env) };
  return { url: readDatabaseUrl(env) };
}

/** The address of the database, for commands that need no other setting. It is no flag: everyone can read a command line (`ps`). */
export function readDatabaseUrl(env: NodeJS.ProcessEnv = process.env): string {
  const url = env.DATABASE_URL ?? '';
  const problem =
    url === ''
      ? 'is not set. Set it in the environment, such as postgres://user:password@host/name.'
      : databaseComplaint(url);
  if (problem !== null) throw new ConfigError([`DATABASE_URL ${problem}`]);
  return url;
}

/** Where a running Payonce is, and the key for it: for commands that ask it over HTTP. Undefined: no key is sent. */
export function readServicePlace(env: NodeJS.ProcessEnv = process.env): {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
} {
  const baseUrl = env.PAYONCE_URL || `http://${SETTINGS.HOST.default}:${SETTINGS.PORT.default}`;
  return { baseUrl, apiKey: env.PAYONCE_API_KEY || undefined };
}

function parse(setting: Setting, text: string): string | number | undefined {
  switch (setting.kind) {
    case 'number': {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= setting.min && value <= setting.max ? value : undefined;
    }
    case 'choice':
      return setting.of.includes(text) ? text : undefined;
    case 'url':
      return URL.canParse(text) && setting.schemes.includes(new URL(text).protocol) ? text : undefined;
    case 'database':
      return databaseComplaint(text) === null ? text : undefined;
    case 'time':
      return moment(text);
    case 'text':
      return text;
  }
}

/** What is wrong with the address of a database, as the rest of a paragraph that begins with its name; null: nothing. */
export function databaseComplaint(url: string): string | null {
  return databaseUrlProblem(url, readError);
}

function readError(file: string): string | null {
  try {
    readFileSync(file);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  }
}

/** What is wrong, as the rest of a sentence. Never repeats the value: it may be a secret. */
function complaint(setting: Setting, text: string): string {
  return setting.kind === 'database' ? (databaseComplaint(text) ?? '') : `must be ${expected(setting)}.`;
}

function expected(setting: Exclude<Setting, DatabaseSetting>): string {
  switch (setting.kind) {
    case 'number':
      return `a whole number from ${setting.min} to ${setting.max}`;
    case 'choice':
      return `one of ${setting.of.join(', ')}`;
    case 'url':
      return `a URL that starts with ${setting.schemes.map((scheme) => `${scheme}//`).join(' or ')}`;
    case 'time':
      return 'a date and time with its offset, such as 2026-01-31T12:00:00Z';
    case 'text':
      return 'text';
  }
}

/** The settings that have no problem of their own. */
type Valid = { readonly [Name in keyof Settings]?: ValueOf<Settings[Name]> };

/** What is wrong between settings that have no problem of their own. */
function contradictions(valid: Valid): string[] {
  const problems: string[] = [];
  const { LEASE_MS: lease, CALL_TIMEOUT_MS: call, WAIT_MS: wait, MAX_WAIT_MS: maxWait } = valid;
  if (lease !== undefined && call !== undefined && lease < call + LEASE_OVER_CALL_MS) {
    problems.push(
      `LEASE_MS (${lease}) must be at least CALL_TIMEOUT_MS (${call}) + ${LEASE_OVER_CALL_MS}: ` +
        'else a call could outlive its lease while another worker sends the same charge. Raise LEASE_MS or lower CALL_TIMEOUT_MS.',
    );
  }
  if (wait !== undefined && maxWait !== undefined && wait > maxWait) {
    problems.push(
      `WAIT_MS (${wait}) must not exceed MAX_WAIT_MS (${maxWait}). Lower the one or raise the other.`,
    );
  }
  if (valid.HOST?.includes('%') && valid.GATEWAY === 'fake') {
    problems.push(
      'HOST has a zone (the part after %), so no URL can lead to the fake gateway there. Set HOST to an address without a zone, such as 127.0.0.1.',
    );
  }
  const { GATEWAY_NAME: name, GATEWAY_URL: gatewayUrl } = valid;
  if (name !== undefined && (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) || name === 'fake')) {
    problems.push(
      'GATEWAY_NAME must be 1 to 64 letters, digits, dots, dashes and underscores. It must not be "fake": that is the fake gateway\'s name.',
    );
  }
  if (typeof gatewayUrl === 'string' && !isPlainAddress(gatewayUrl)) {
    problems.push(
      'GATEWAY_URL must hold no user or password, no query and no fragment. Set the secret as GATEWAY_TOKEN.',
    );
  }
  const { GATEWAY_WEBHOOK_SECRET: secrets } = valid;
  if (secrets !== undefined && !areSecrets(secrets, webhookKey)) {
    problems.push(
      'GATEWAY_WEBHOOK_SECRET must be "whsec_" and then 24 to 64 random bytes in base64, or several of these with commas between.',
    );
  }
  const { WEBHOOK_ENCRYPTION_KEY: encryption } = valid;
  if (encryption !== undefined && !areSecrets(encryption, checkEncryptionKey)) {
    problems.push(
      'WEBHOOK_ENCRYPTION_KEY must be 32 random bytes in base64, or several of these with commas between. Make one with: openssl rand -base64 32',
    );
  }
  if (typeof valid.RESTORED_AT === 'number' && valid.GATEWAY_LOOKUP === 'no') {
    problems.push(
      'RESTORED_AT needs a gateway with lookups (GATEWAY_LOOKUP=yes): only the gateway knows what the restored database has forgotten. ' +
        'Compare the payments from before the restore with the gateway by hand. Then start without RESTORED_AT.',
    );
  }
  return problems;
}

/** Throws if it is none. */
function checkEncryptionKey(text: string): void {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) throw new TypeError('It is no key.');
}

function isPlainAddress(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === '');
}
