/**
 * Time limits that the server enforces. If a client only closes its connection, the backend goes on waiting (for a lock, for example)
 * while the pool opens the next connection, until the server has none left.
 */
import { connect as connectSocket } from 'node:net';
import type { ClientBase } from 'pg';
import { ask } from './types.ts';

/** The server gives up first, so that its answer (nothing was written) comes before our own timeout. */
const SERVER_SHARE = 0.9;

/**
 * For a connection of our own pool that leads directly to the server. The server then ends a statement that takes too long, even if this
 * process was killed or is suspended. A backend whose client has vanished from the network ends within about a minute. Stricter settings
 * are kept.
 */
const LIMIT = `
SELECT pg_catalog.set_config(name, wanted, false)
FROM (VALUES ('statement_timeout', $1), ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'),
  ('tcp_keepalives_count', '3'), ('tcp_user_timeout', '60000')) AS limits(name, wanted)
JOIN pg_catalog.pg_settings AS now USING (name)
WHERE now.setting::bigint = 0 OR now.setting::bigint > wanted::bigint`;

export async function limitAtServer(client: ClientBase, timeoutMs: number): Promise<void> {
  await ask(client, LIMIT, [String(Math.max(1, Math.floor(timeoutMs * SERVER_SHARE)))]);
}

/** Fields of the driver's client that are not public. */
interface Line {
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number | null;
  readonly secretKey?: number | null;
}

const CANCEL_REQUEST = 80_877_102;

/**
 * Asks the server to cancel the statement that is under way on the connection. By the protocol, the request goes over a connection of its
 * own; poolers pass it on. If it works, the statement ends.
 */
export function cancelStatement(client: ClientBase): void {
  const { host, port, processID, secretKey } = client as ClientBase & Line;
  if (host === undefined || port === undefined || !processID || typeof secretKey !== 'number') return;
  const request = Buffer.alloc(16);
  for (const [at, value] of [request.length, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(value, at * 4);
  const socket = host.startsWith('/')
    ? connectSocket(`${host}/.s.PGSQL.${port}`)
    : connectSocket({ host, port });
  // The server closes the connection after the request. A connection that hangs must not keep the process alive.
  socket.on('error', () => {});
  socket.setTimeout(CANCEL_WITHIN_MS, () => socket.destroy());
  socket.unref();
  socket.end(request);
}

const CANCEL_WITHIN_MS = 5000;
