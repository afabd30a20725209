import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux and macOS hand out to outgoing connections and to listeners that name no port. One of those could take
 * the port while its owner is down.
 */
const FIRST = 20_000;
const COUNT = 12_000;

/** More than enough, unless the machine does not allow listening at all. */
const TRIES = 100;

/** A port on which nobody listens now, and which stays free while its owner is down. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + randomInt(COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${TRIES} ports was free.`);
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
