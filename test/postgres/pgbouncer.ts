/** A PgBouncer of the test's own in transaction mode: the next statement may run on any of a few server connections. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../../sim/chaos/processes/free-port.ts';
import { until } from '../support/until.ts';

/** Debian puts it where only root looks. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** It refuses to run as root; this is the account "nobody" everywhere. */
const NOBODY = 65_534;

/** The program, or null where it is not installed. */
export function findPgBouncer(): string | null {
  for (const folder of FOLDERS) {
    const path = join(folder, 'pgbouncer');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

export interface PgBouncer {
  /** The same database, through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the program before the database at `url`, with `serverConnections` connections to it at most. */
export async function startPgBouncer(options: {
  readonly program: string;
  readonly url: string;
  readonly serverConnections: number;
}): Promise<PgBouncer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'payonce-pgbouncer-'));
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(settings, configuration(options.url, port, options.serverConnections), { mode: 0o644 });
  chmodSync(folder, 0o755);
  const said: string[] = [];
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(options.program, [settings], { stdio: ['ignore', 'ignore', 'pipe'], ...identity });
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  await until('PgBouncer listens', () => {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended at once:\n${said.join('')}`);
    return listens(port);
  });
  const through = new URL(options.url);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return {
    url: through.href,
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(url: string, port: number, serverConnections: number): string {
  const { hostname, port: serverPort, username, password, pathname } = new URL(url);
  const name = pathname.slice(1);
  const target = [
    `host=${hostname}`,
    `port=${serverPort || 5432}`,
    `dbname=${name}`,
    `user=${decodeURIComponent(username)}`,
    ...(password === '' ? [] : [`password=${decodeURIComponent(password)}`]),
  ].join(' ');
  return `[databases]
${name} = ${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${serverConnections}
max_client_conn = 200
`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
