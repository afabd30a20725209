/**
 * Payonce inside a Node program: your own `pg` pool, your own gateway adapter, no service.
 *
 *   npm run build && DATABASE_URL=postgres://… node examples/library.mjs
 *
 * Without DATABASE_URL it starts an embedded PostgreSQL in a temporary folder.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPayonce, judgeCall, judgeLookup } from 'payonce';
import { startEmbeddedPostgres } from 'payonce/embedded-postgres';
import pg from 'pg';

/** A gateway in twenty lines; yours speaks to a bank. It loses the answer of its first call on purpose. */
function createExampleGateway() {
  const charges = new Map();
  let calls = 0;
  return {
    name: 'example',
    contract: {
      keys: 'kept',
      keyWindowMs: 86_400_000,
      cachesErrors: false,
      lookup: true,
      lookupLagMs: 0,
      landsWithinMs: 1000,
    },
    async call(request) {
      calls += 1;
      const { key, reference, amountMinor, currency } = request;
      const charge = {
        id: `ch_${key.slice(0, 8)}`,
        status: 'succeeded',
        key,
        reference,
        amountMinor,
        currency,
      };
      charges.set(key, charge);
      if (calls === 1) return { kind: 'unknown', answered: false, reason: 'timeout' };
      return judgeCall(request, charge);
    },
    async lookup(request) {
      const charge = charges.get(request.key);
      return judgeLookup(request, charge === undefined ? [] : [charge]);
    },
    async close() {},
    charged: () => charges.size,
  };
}

const folder = await mkdtemp(join(tmpdir(), 'payonce-example-'));
await chmod(folder, 0o755);
const embedded = process.env.DATABASE_URL ? null : await startEmbeddedPostgres({ dataDir: folder });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? embedded?.url });
// Without a listener, an idle connection that breaks would end the program.
pool.on('error', (error) => process.stderr.write(`an idle connection broke: ${error.message}\n`));
const gateway = createExampleGateway();
const payonce = await createPayonce({ pool, gateway });

const order = {
  accountId: 'default',
  orderId: `ORD-${process.pid}-${Math.round(performance.timeOrigin)}`,
  amountMinor: 10_000,
  currency: 'USD',
  metadata: {},
};
// Twice at once, as an impatient customer does.
const [first, second] = await Promise.all([
  payonce.charge(order, { waitMs: 5000 }),
  payonce.charge(order, { waitMs: 5000 }),
]);
process.stdout.write(`first:  ${describe(first)}\nsecond: ${describe(second)}\n`);
process.stdout.write(`charges at the gateway: ${gateway.charged()}\n`);

await payonce.stop();
await pool.end();
await embedded?.stop();
await rm(folder, { recursive: true, force: true });

/** Every kind of answer, as a program should take them. */
function describe(answer) {
  switch (answer.kind) {
    case 'settled':
      return `${answer.frozen.problem ?? 'completed'} (payment ${answer.paymentId}, ${answer.started ? 'started' : 'joined'})`;
    case 'unsettled':
      return `not settled yet (${answer.payment.status}); ask again in ${answer.retryAfterMs} ms`;
    default:
      return `${answer.code}: ${answer.detail}`;
  }
}
