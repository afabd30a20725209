/**
 * Time limits that act at the server. A client that only closes its connection leaves a backend that goes on waiting (for a lock,
 * say) while the pool opens the next one, until the server has none left for anybody.
 */
import { connect as connectSocket } from 'node:net';
import type { ClientBase } from 'pg';
import { ask } from './types.ts';

/** The server gives up first, so that its answer (nothing was written) comes before we stop waiting for it. */
const SERVER_SHARE = 0.9;

/**
 * For a connection of a pool that is ours alone, straight to the server: what takes too long is ended there, even if this process
 * was killed or stands still; and a backend whose client has vanished from the network ends within about a minute. Settings that
 * are stricter already stay.
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

/** What the driver's client knows of its connection beside its public interface. */
interface Line {
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number | null;
  readonly secretKey?: number | null;
}

const CANCEL_REQUEST = 80_877_102;

/**
 * Asks the server to end the statement that is under way on the connection, in a line of its own, as the protocol has it (and
 * poolers pass it on). Whether that worked shows as the end of the statement.
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
  // It closes the line when it has passed the request on; a line that hangs is no reason to stay.
  socket.on('error', () => {});
  socket.setTimeout(CANCEL_WITHIN_MS, () => socket.destroy());
  socket.unref();
  socket.end(request);
}

const CANCEL_WITHIN_MS = 5000;
