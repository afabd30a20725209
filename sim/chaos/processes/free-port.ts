import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that nobody listens on now. A replica keeps it over all its restarts, so it cannot be left to chance. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}
