/** A pooler that loses its server: a statement is done, but its answer gets lost, and the client gets an error and the end of the connection. */
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../sim/chaos/processes/free-port.ts';

/** An error message of PostgreSQL's protocol. `severity` may be in the server's language. */
export interface Farewell {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
}

export interface ForgetfulPooler {
  readonly host: string;
  readonly port: number;
  /** The answer to the next statement that contains this text is lost, and this is said instead. */
  forgetNext(text: string, farewell: Farewell): void;
  /** Answers lost so far. */
  forgotten(): number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** The server says that it is ready: the statement is done and committed. */
const DONE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export async function startForgetfulPooler(target: {
  readonly host: string;
  readonly port: number;
}): Promise<ForgetfulPooler> {
  const sockets = new Set<Socket>();
  let planned: { readonly text: string; readonly farewell: Farewell } | null = null;
  let forgotten = 0;

  const server = createServer((client) => {
    const far = connect(target.port, target.host);
    let farewell: Farewell | null = null;
    for (const [socket, other] of [
      [client, far],
      [far, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.end();
      });
    }
    client.on('data', (chunk) => {
      if (planned !== null && chunk.includes(planned.text)) {
        farewell = planned.farewell;
        planned = null;
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (farewell === null) {
        client.write(chunk);
      } else if (chunk.subarray(-DONE.length).equals(DONE)) {
        forgotten += 1;
        client.end(messageOf(farewell));
      }
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });

  return {
    host: HOST,
    port,
    forgetNext(text, farewell) {
      planned = { text, farewell };
    },
    forgotten: () => forgotten,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

function messageOf({ severity, code, message }: Farewell): Buffer {
  const fields = Buffer.from(`S${severity}\0C${code}\0M${message}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
