/**
 * Ends a connection on which more comes in than any answer needs. The parser of HTTP limits headers, but reads interim answers (1xx) and blank lines
 * without end: a receiver that sends them as fast as it can would take the time of the process from payments until the try is over.
 */
import type { Socket } from 'node:net';

/** Far more than headers (16 KiB) and what is read of a body. */
const MOST_BYTES = 262_144;
/** A flood ends after this time. Short compared with a payment, and next to no work for each connection. */
const LOOK_MS = 50;

class FloodError extends Error {
  readonly code = 'ANSWER_TOO_LARGE';
  constructor() {
    super('More came in than any answer needs.');
  }
}

/** A connection may be used for one event after the other: what is sent begins the count anew. */
export function endFloods(socket: Socket): void {
  let sent = socket.bytesWritten;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    if (socket.bytesWritten !== sent) {
      sent = socket.bytesWritten;
      before = socket.bytesRead;
    } else if (socket.bytesRead - before > MOST_BYTES) {
      socket.destroy(new FloodError());
    }
  }, LOOK_MS).unref();
  socket.once('close', () => clearInterval(timer));
}
