/**
 * The payments, on Payonce's own tables, so that the only difference is the design: each payment is one statement before the
 * call and one after it, on whatever connection of the pool is free. Nothing is batched, and nobody takes up what a crash has
 * left behind.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
// The tables are Payonce's, so its migrations make them. They take any pool.
import { migrate } from '../../../dist/postgres/index.js';

const ACCOUNT = 'default';
const LEASE = "interval '15 seconds'";

const INSERT = {
  name: 'insert',
  text: `
WITH p AS (
  INSERT INTO payonce.payments (
    account_id, order_id, payment_id, amount_minor, currency, metadata, gateway, charge_n, status, step, attempts,
    doubt, first_sent_at, lookups, absences, seq, fence, claim_id, held, due_at, timer_at,
    evidence, created_at, updated_at)
  VALUES ('${ACCOUNT}', $1, $2, $3, $4, '{}', 'http', 1, 'PROCESSING', 'call', 1,
    'none', now(), 0, 0, 1, 1, $5, true, now() + ${LEASE}, now() + ${LEASE},
    0, now(), now())
  ON CONFLICT DO NOTHING
  RETURNING account_id, payment_id
), k AS (
  INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
  SELECT account_id, $6, $7, payment_id, 1, true FROM p WHERE $6::uuid IS NOT NULL
  ON CONFLICT DO NOTHING
), o AS (
  INSERT INTO payonce.operations (
    account_id, payment_id, kind, n, gateway_key, amount_minor, currency, method, opened_at)
  SELECT account_id, payment_id, 'charge', 1, $8, $3, $4, $9, now() FROM p
), e AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
  SELECT account_id, payment_id, 1, 'payment.created', 'PROCESSING', 1, 1, now() FROM p
)
SELECT count(*)::int AS inserted FROM p`,
};

const SETTLE = {
  name: 'settle',
  text: `
WITH p AS (
  UPDATE payonce.payments
  SET status = $3, step = 'none', gateway_ref = $4, failure_code = $5, seq = 2, held = false, due_at = NULL,
    timer_at = NULL, updated_at = now()
  WHERE account_id = '${ACCOUNT}' AND order_id = $1
), o AS (
  UPDATE payonce.operations SET settled_at = now(), outcome = $3, problem = $6, answer = $7
  WHERE account_id = '${ACCOUNT}' AND payment_id = $2 AND kind = 'charge' AND n = 1
)
INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
VALUES ('${ACCOUNT}', $2, 2, $8, $3, 1, 1, now())`,
};

const FIND = {
  name: 'find',
  text: `
SELECT p.payment_id, p.status, p.failure_code, o.answer FROM payonce.payments p
JOIN payonce.operations o USING (account_id, payment_id)
WHERE p.account_id = '${ACCOUNT}' AND p.order_id = $1 AND o.kind = 'charge' AND o.n = p.charge_n`,
};

export async function openStore(connectionString) {
  const pool = new pg.Pool({ connectionString, max: Number(process.env.POOL_SIZE ?? 16) });
  pool.on('error', () => {});
  await migrate(pool);
  await rehearse(connectionString);
  return { ...storeOn((statement, values) => pool.query({ ...statement, values })), close: () => pool.end() };
}

/** The three statements, run by `query`. */
function storeOn(query) {
  return {
    /** False: the order was there already. */
    async insert({
      orderId,
      paymentId,
      amount,
      currency,
      claimId,
      keyHash,
      fingerprint,
      gatewayKey,
      method,
    }) {
      const ids = [orderId, paymentId, amount, currency, claimId];
      const rest = [keyHash, fingerprint, gatewayKey, method ?? null];
      const { rows } = await query(INSERT, [...ids, ...rest]);
      return rows[0].inserted === 1;
    },
    async settle({ orderId, paymentId }, { status, ref = null, code = null }, answer) {
      const problem = status === 'COMPLETED' ? null : code === 'card_declined' ? code : 'gateway_failed';
      const type = status === 'COMPLETED' ? 'payment.completed' : 'payment.failed';
      await query(SETTLE, [orderId, paymentId, status, ref, code, problem, answer, type]);
    },
    /** The payment of an order, with its answer if it has one. */
    async find(orderId) {
      const { rows } = await query(FIND, [orderId]);
      return rows[0];
    },
  };
}

const REHEARSED = 500;

/**
 * Stores some payments and lets PostgreSQL look at them. On empty tables it takes any index, and a prepared statement would
 * keep that choice while they grow: a handicap that no system in use has.
 */
async function rehearse(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  // Not prepared, so that nothing is kept of what is chosen here.
  const store = storeOn(({ text }, values) => client.query(text, values));
  for (let n = 0; n < REHEARSED; n += 1) {
    const payment = { orderId: `rehearsed-${n}`, paymentId: randomUUID(), amount: 1, currency: 'USD' };
    const names = { claimId: randomUUID(), keyHash: randomUUID(), fingerprint: '', gatewayKey: randomUUID() };
    await store.insert({ ...payment, ...names });
    await store.settle(payment, { status: 'COMPLETED', ref: 'rehearsed' }, '{}');
  }
  await client.query(
    'VACUUM (ANALYZE) payonce.payments, payonce.operations, payonce.requests, payonce.events',
  );
  await client.end();
}
