/** What a person can do about an error of PostgreSQL or of the connection to it. Shown at the start, and in the log. */

/** The message. The driver leaves it empty if a host has several addresses and none answers. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The message and, if there is advice, what to do. `state`: the SQLSTATE; null if the error does not come from the server. */
export function withAdvice(error: unknown, state: string | null): string {
  const advice = adviceFor(error, state);
  return advice === '' ? messageOf(error) : `${messageOf(error)}. ${advice}`;
}

/** A sentence or two; empty if there is no advice. */
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

const PASSWORD = 'Check the user and the password in DATABASE_URL. Write @ : / # in them as %40 %3A %2F %23.';
const NETWORK = 'Check the host in DATABASE_URL, and that no firewall blocks this machine from PostgreSQL.';
const NAME =
  'This machine does not know the host name in DATABASE_URL. Check its spelling, and the name server of this machine.';
const CERTIFICATE =
  'The certificate of the server is not trusted. Name the file of its authority in DATABASE_URL (sslrootcert=<file>), and use the host name that is in the certificate.';

/** By SQLSTATE (PostgreSQL appendix A). */
const STATES: Readonly<Record<string, string>> = {
  '28P01': PASSWORD,
  '28000':
    'pg_hba.conf of PostgreSQL does not allow this connection. If the message says "no encryption", add sslmode=verify-full to DATABASE_URL. Else check the user in it, or add a line to pg_hba.conf.',
  '3D000': 'Check the name of the database in DATABASE_URL, or create it: CREATE DATABASE.',
  '53300':
    'All connections of PostgreSQL are in use. Lower DATABASE_POOL (it counts for each of WORKERS and each server), or raise max_connections and restart PostgreSQL.',
  '42501':
    'The role in DATABASE_URL has too few rights. Run "payonce migrate" once with the role that owns the database, or grant this role the missing rights.',
  '57P03':
    'PostgreSQL is starting or stopping, or recovers from a crash. Wait until it takes connections, then try again.',
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
  [
    /No connection became free/,
    'All connections of the pool are in use. If this goes on, look for slow statements (pg_stat_activity), or raise DATABASE_POOL.',
  ],
  [
    /^connect ENOENT/,
    'No PostgreSQL listens at that socket. Start it, or correct the folder of the socket in DATABASE_URL.',
  ],
  [
    /^(?:ENOENT|EACCES|EISDIR)\b.*(?:open|read)/,
    'A file in DATABASE_URL (sslrootcert, sslcert or sslkey) cannot be read. Correct its path, or let this user read it.',
  ],
  [/password must be a string/, 'PostgreSQL asks for a password, and there is none in DATABASE_URL. Add it.'],
  [
    /does not support SSL/,
    'DATABASE_URL asks for TLS, which is off in that PostgreSQL. Turn it on there (ssl = on), or remove sslmode from DATABASE_URL.',
  ],
  [/^timeout e|due to connection timeout/, `${NETWORK} If it is only slow, raise DATABASE_TIMEOUT_MS.`],
];
