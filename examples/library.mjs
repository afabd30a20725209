/**
 * Payonce inside a Node program: your own `pg` pool, your own gateway adapter, no service.
 *
 *   npm run build && DATABASE_URL=postgres://… node examples/library.mjs
 *
 * Without DATABASE_URL it starts an embedded PostgreSQL in a temporary folder, if payonce-embedded-postgres is installed.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPayonce, judgeCall, judgeLookup } from 'payonce';
import pg from 'pg';

/** A gateway in twenty lines; yours talks to a bank. It loses the answer of its first call on purpose. */
function createExampleGateway() {
  const charges = new Map();
  let calls = 0;
  return {
    name: 'example',
    // It moves no real money.
    livemode: false,
    contract: {
      steps: 'one',
      keys: 'kept',
      keyWindowMs: 86_400_000,
      cachesErrors: false,
      lookup: true,
      lookupLagMs: 0,
      landsWithinMs: 1000,
    },
    async call(request, { mayLeave }) {
      // Asked in the tick of the send: the lease may be over by now.
      if (!mayLeave()) return { kind: 'refused', reason: 'lease_over_before_send' };
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
const embedded = process.env.DATABASE_URL ? null : await startPostgres(folder);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? embedded?.url });
// Without a listener, an idle connection that breaks would end the program.
pool.on('error', (error) => process.stderr.write(`an idle connection broke: ${error.message}\n`));
const gateway = createExampleGateway();
const payonce = await createPayonce({ pool, gateway });

const order = {
  orderId: `ORD-${process.pid}-${Math.round(performance.timeOrigin)}`,
  amountMinor: 10_000,
  currency: 'USD',
};
// Twice at once, as an impatient customer does.
const [first, second] = await Promise.all([
  payonce.charge(order, { idempotencyKey: 'try-1' }),
  payonce.charge(order, { idempotencyKey: 'try-1' }),
]);
process.stdout.write(`first:  ${describe(first)}\nsecond: ${describe(second)}\n`);
process.stdout.write(`charges at the gateway: ${gateway.charged()}\n`);

await payonce.stop();
await pool.end();
await embedded?.stop();
await rm(folder, { recursive: true, force: true });

async function startPostgres(dataDir) {
  const { startEmbeddedPostgres } = await import('payonce-embedded-postgres');
  return startEmbeddedPostgres({ dataDir });
}

/** Every outcome, and what a program should do with it. */
function describe(result) {
  switch (result.outcome) {
    case 'paid':
      return `paid (payment ${result.payment.paymentId}, ${result.started ? 'started' : 'joined'})`;
    case 'authorized':
      // Only with captureMethod: 'manual'.
      return `the money is held (payment ${result.payment.paymentId}); capture it to be paid`;
    case 'released':
      return `the money was let go (payment ${result.payment.paymentId}); nothing is paid`;
    case 'declined':
    case 'failed':
      return `${result.outcome}, nothing was charged: ${result.detail}`;
    case 'pending':
      // The payment is null where the database did not say whether it took the order.
      return `not settled yet (${result.reason}); ask again in ${result.retryAfterMs} ms`;
    case 'review':
      return `a person must look at it: ${result.reason}`;
    case 'refused':
      return `nothing was sent (${result.code}): ${result.detail}`;
  }
}
