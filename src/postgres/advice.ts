/** What a person can do about an error of PostgreSQL or of the way to it: said at the start, and in the log. */

/** The message, also where the driver leaves it empty: an address may lead to several machines, none of which answers. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The message and, where there is any, what to do. `state`: the SQLSTATE, where the server spoke. */
export function withAdvice(error: unknown, state: string | null): string {
  const advice = adviceFor(error, state);
  return advice === '' ? messageOf(error) : `${messageOf(error)}. ${advice}`;
}

/** A sentence or two; empty where there is no more to say. */
function adviceFor(error: unknown, state: string | null): string {
  if (state !== null) return STATES[state] ?? '';
  const code = codeOf(error);
  const message = messageOf(error);
  return CODES[code ?? ''] ?? MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? '';
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}

const PASSWORD =
  'Check the user and the password in DATABASE_URL; signs such as @ : / in them are written as %40 %3A %2F.';
const NETWORK =
  'Check the host in DATABASE_URL, and that a firewall lets this machine through to PostgreSQL.';
const NAME =
  'The host name in DATABASE_URL is not known here: check its spelling, and the name server of this machine.';
const CERTIFICATE =
  'The certificate of the server is not trusted: name its authority in DATABASE_URL (sslrootcert=<file>), and the host by the name in the certificate.';

/** By SQLSTATE (PostgreSQL appendix A). */
const STATES: Readonly<Record<string, string>> = {
  '28P01': PASSWORD,
  '28000':
    'PostgreSQL lets this user in from here in no such way (pg_hba.conf). If it says "no encryption", add sslmode=verify-full to DATABASE_URL; else check its user, or add a line for it there.',
  '3D000': 'Check the name of the database in DATABASE_URL, or make it: CREATE DATABASE.',
  '53300':
    'All connections of PostgreSQL are in use. Use fewer (DATABASE_POOL, for each of WORKERS and each server), or raise max_connections and restart it.',
  '42501':
    'The role in DATABASE_URL has too few rights. Run "payonce migrate" once with the role that owns the database, or grant this one what it lacks.',
  '57P03':
    'PostgreSQL is starting, or recovers from a crash. Wait until it takes connections, then try again.',
  '53100': 'The disk of PostgreSQL is full. Make room there.',
};

/** By the codes of Node. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Start PostgreSQL, or correct the host and port in DATABASE_URL.',
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  ETIMEDOUT: NETWORK,
  EHOSTUNREACH: NETWORK,
  ENETUNREACH: NETWORK,
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: CERTIFICATE,
  CERT_HAS_EXPIRED: 'The certificate of the server has expired. Renew it there.',
};

/** By the words of the driver, where it gives no code. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/password must be a string/, 'PostgreSQL asks for a password, and there is none in DATABASE_URL. Add it.'],
  [
    /does not support SSL/,
    'DATABASE_URL asks for TLS, which that PostgreSQL does not have on. Turn it on there (ssl = on), or take sslmode out.',
  ],
  [/^timeout e|due to connection timeout/, `${NETWORK} If it is only slow, raise DATABASE_TIMEOUT_MS.`],
];
