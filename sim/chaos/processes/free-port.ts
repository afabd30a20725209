import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux and macOS give to listeners without one of their own and to outgoing connections: one of those could
 * take it while nobody listens there.
 */
const FIRST = 20_000;
const COUNT = 12_000;

/** More than enough, unless the machine lets nobody listen at all. */
const TRIES = 100;

/** A port that nobody listens on now, and that stays free while its owner is away. */
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
