import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { EmbeddedPostgresError } from './errors.ts';

/** A system account, by its numbers. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account under which PostgreSQL and its tools run. `switched`: it is not our own account. PostgreSQL refuses to run as root, so root
 * runs it under an ordinary account.
 */
export interface ServerUser extends Account {
  readonly name: string;
  readonly switched: boolean;
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Our own account. */
export function ourselves(): ServerUser {
  const uid = process.getuid?.() ?? -1;
  return { uid, gid: process.getgid?.() ?? -1, name: nameOf(uid) ?? `uid ${uid}`, switched: false };
}

/** The account under which root runs PostgreSQL, if the data does not belong to another one. */
export function unprivilegedUser(): ServerUser {
  for (const name of ['postgres', 'nobody']) {
    const entry = accounts().find((account) => account.name === name);
    if (entry !== undefined && entry.uid !== 0) return { ...entry, switched: true };
  }
  throw new EmbeddedPostgresError(
    'data_dir_unusable',
    'The embedded PostgreSQL was not started: it refuses to run as root, and neither the user "postgres" nor ' +
      '"nobody" exists here. Start Payonce as an ordinary user, or set DATABASE_URL to your own server.',
  );
}

/** The account with this uid. Root runs PostgreSQL under it, because the data belongs to it. */
export function userWithId({ uid, gid }: Account): ServerUser {
  return { uid, gid, name: nameOf(uid) ?? `uid ${uid}`, switched: true };
}

interface PasswdEntry extends Account {
  readonly name: string;
}

function accounts(): PasswdEntry[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }));
}

/** The account's name; undefined if it has none. */
export function nameOf(uid: number): string | undefined {
  return accounts().find((account) => account.uid === uid)?.name;
}

/**
 * The whole environment of PostgreSQL and its tools. So no PG… variable of the shell redirects them, they get no secret of ours, and their
 * messages are in English, because we read some.
 */
export const TOOL_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

/** Spawn options that make a child run as `user`. */
export function spawnAs(user: ServerUser): { uid?: number; gid?: number } {
  return user.switched ? { uid: user.uid, gid: user.gid } : {};
}

export interface ToolResult {
  /** The exit code; -1 when the tool could not be started or was killed. */
  readonly code: number;
  /** The end of what it printed to both streams, for a message. */
  readonly output: string;
}

/** How much of a tool's output is kept: enough for any error message of initdb. */
const KEPT_OUTPUT_CHARS = 8_000;

/** Runs one short tool as `user` to its end. Never rejects: if the tool cannot be started, that is a result, too. */
export function runAs(
  user: ServerUser,
  command: string,
  args: readonly string[],
  input = '',
): Promise<ToolResult> {
  return new Promise<ToolResult>((resolve) => {
    let output = '';
    const keep = (chunk: string) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARS);
    };
    const child = spawn(command, args, { ...spawnAs(user), cwd: '/', env: TOOL_ENVIRONMENT });
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => resolve({ code: -1, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
    child.stdin.on('error', () => {}); // if a tool ends without reading its input, its exit code counts
    child.stdin.end(input);
  }).catch((error: Error) => ({ code: -1, output: error.message }));
}
