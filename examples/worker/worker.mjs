/**
 * A worker on a queue that gives each job at least once. The queue is a table of PostgreSQL (schema.sql). The row stays locked while the order
 * is charged; if this process dies, the lock is gone, and the next worker charges the same order again. It has the same key, so it is the same charge.
 *
 *   node examples/worker/worker.mjs    # DATABASE_URL is the queue's database. It ends when no job is due: start it again, or loop.
 */
import { createClient } from 'payonce/client';
import pg from 'pg';

const payonce = createClient({
  baseUrl: process.env.PAYONCE_URL ?? 'http://127.0.0.1:8000',
  apiKey: process.env.PAYONCE_API_KEY,
});
const queue = new pg.Client({ connectionString: process.env.DATABASE_URL });
await queue.connect();
while (await workOnOne());
await queue.end();

/** Resolves to false if no job is due. */
async function workOnOne() {
  await queue.query('BEGIN');
  const { rows } = await queue.query(
    `SELECT * FROM charge_jobs WHERE outcome IS NULL AND due_at <= now()
      ORDER BY due_at, order_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  const [job] = rows;
  if (job !== undefined) await finish(job, await charge(job));
  await queue.query('COMMIT');
  return job !== undefined;
}

function charge({ order_id: orderId, amount_minor, currency, method, attempt }) {
  return payonce.charge({ orderId, amountMinor: Number(amount_minor), currency, method }, { attempt });
}

async function finish({ order_id: orderId }, result) {
  if (result.outcome === 'pending') {
    // Not proved yet: the job stays, and asks again later.
    const later = "UPDATE charge_jobs SET due_at = now() + $2 * interval '1 ms' WHERE order_id = $1";
    await queue.query(later, [orderId, result.retryAfterMs]);
    return;
  }
  // Ship for `paid` only. After `declined`, the shop sets another method, attempt + 1, and outcome to NULL, when the customer asks for it.
  await queue.query('UPDATE charge_jobs SET outcome = $2 WHERE order_id = $1', [orderId, result.outcome]);
  process.stdout.write(`${orderId}: ${result.outcome}\n`);
}
