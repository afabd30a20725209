/** One charge at the gateway: a call and up to three retries under the same key, with full jitter between them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

const TIMEOUT_MS = 10_000;
const RETRIES = 3;
const BACKOFF_MS = 100;

const base = new URL(process.env.GATEWAY_URL);
const path = `${base.pathname.replace(/\/+$/, '')}/charges`;
const pool = new Pool(base.origin, {
  connections: 256,
  pipelining: 1,
  keepAliveTimeout: 4_000,
  headersTimeout: TIMEOUT_MS,
  bodyTimeout: TIMEOUT_MS,
});

/**
 * @param {{ gatewayKey: string, reference: string, orderId: string, amount: number, currency: string, method?: string }} charge
 * @returns {Promise<{ status: 'COMPLETED', ref: string } | { status: 'FAILED', code: string }>}
 */
export async function charge(charge) {
  for (let retry = 0; ; retry += 1) {
    const outcome = await call(charge);
    if (outcome !== null) return outcome;
    // Nothing is known of the charge, and this design never looks it up: it is reported as failed.
    if (retry === RETRIES) return { status: 'FAILED', code: 'gateway_error' };
    await sleep(Math.random() * BACKOFF_MS * 2 ** retry);
  }
}

/** Null: no answer that says what happened. */
async function call({ gatewayKey, reference, orderId, amount, currency, method }) {
  try {
    const answer = await pool.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', 'idempotency-key': gatewayKey },
      body: JSON.stringify({ amount, currency, reference, order_id: orderId, method }),
    });
    const body = await answer.body.json();
    if (answer.statusCode === 402) return { status: 'FAILED', code: 'card_declined' };
    const isOurs =
      answer.statusCode === 200 &&
      body.status === 'succeeded' &&
      body.amount === amount &&
      body.currency === currency &&
      body.reference === reference;
    return isOurs ? { status: 'COMPLETED', ref: body.id } : null;
  } catch {
    return null;
  }
}
