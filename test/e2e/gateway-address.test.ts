/** A real process at another gateway address: what it refuses, and what makes it start. */
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { startGateway } from './gateway/gateway.ts';
import { pending } from './gateway/steps.ts';
import { createClient, json } from './support/client.ts';
import { type Env, FAST, startService } from './support/service.ts';

interface Acceptance {
  readonly flags?: readonly string[];
  readonly env?: Env;
}

const FLAG = '--accept-gateway-change';
const A_DAY_MS = 86_400_000;

test.each<[string, Acceptance]>([
  ['the flag', { flags: [FLAG] }],
  ['the flag, for several workers', { flags: [FLAG], env: { WORKERS: '2' } }],
  ['the setting', { env: { GATEWAY_CHANGE: 'accept' } }],
])(
  'another GATEWAY_URL is refused while a payment is open, and taken with %s',
  async (_how, { flags, env }) => {
    const [database, before, after] = [await createDatabase(), await startGateway(), await startGateway()];
    const at = (url: string): Env => ({ ...FAST, DATABASE_URL: database.url, GATEWAY_URL: url });
    try {
      before.plan('open', pending('succeeded', A_DAY_MS));
      const old = await startService(at(before.url));
      const answer = await createClient(() => old.url).pay({ orderId: 'open', key: 'k', prefer: 'wait=0' });
      expect([answer.status, json(answer).status]).toEqual([202, 'PROCESSING']);
      await old.kill();

      await expect(startService(at(after.url))).rejects.toThrow(
        `The gateway "http" was at ${before.url} at the last start, and is at ${after.url} now. 1 payment or refund is not settled`,
      );
      expect([after.ledger.requests, after.ledger.lookups]).toEqual([[], []]);

      const moved = await startService({ ...at(after.url), ...env }, flags);
      moved.signal('SIGTERM');
      await moved.ended;
      // It is the known one from now on.
      const again = await startService(at(after.url));
      await again.kill();
    } finally {
      await before.close();
      await after.close();
      await database.drop();
    }
  },
);
