/**
 * A storm at Stripe: two engines on one database charge 200 orders, each asked for at both, while every fault of the fake gateway as a Stripe
 * happens at its rate and webhooks come late, twice and out of order. Then Stripe is healed, everything settles, and the ledger judges.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { inParallel } from '../../sim/chaos/in-parallel.ts';
import { stripeGateway } from '../../src/gateways/stripe/index.ts';
import { type ChargeResult, createPayonce, type Payonce } from '../../src/index.ts';
import { type Database, openDatabase } from '../postgres/world.ts';
import type { Charged } from '../suites/fake-gateway.client.ts';
import { type EmulatedStripe, runStripe } from '../suites/stripe.client.ts';
import { until } from '../support/until.ts';

const ORDERS = 200;
const TERMS = { amountMinor: 1_000, currency: 'USD' };
const SECRET = 'whsec_storm';
const STORM_MS = 240_000;

/** About half of all requests go wrong. The delays are short, so that what is late comes while Payonce is at work. */
const ANSWERS = {
  error_before: 0.05,
  error_after: 0.05,
  drop_before: 0.04,
  drop_after: 0.05,
  lands_late: { rate: 0.05, delay_ms: 300 },
  lost_answer: { rate: 0.02, delay_ms: 5_000 },
  slow_answer: { rate: 0.02, delay_ms: 1_500 },
  dripping_answer: { rate: 0.02, delay_ms: 5_000 },
  truncated_answer: 0.04,
  garbage_answer: 0.04,
  rate_limited: { rate: 0.04, delay_ms: 1_000 },
  unauthorized: 0.01,
};
const STORM = {
  ...ANSWERS,
  stale_error: 0.03,
  stale_error_after: 0.03,
  declined: 0.1,
  pending: { rate: 0.06, delay_ms: 200 },
  pending_declined: { rate: 0.04, delay_ms: 200 },
  wrong_amount: 0.02,
  wrong_currency: 0.02,
  keys_ignored: 0.03,
  keys_expired: { rate: 0.03, delay_ms: 100 },
  lookup_down: { rate: 0.15, delay_ms: 200 },
  webhook_duplicate: 0.2,
  webhook_late: { rate: 0.2, delay_ms: 300 },
  webhook_out_of_order: { rate: 0.2, delay_ms: 200 },
};
/** An error that Stripe keeps under a refund's key leaves the refund in doubt for an hour. So no refund gets one here. */
const REFUND_STORM = {
  ...ANSWERS,
  refund_declined: 0.1,
  refund_pending: { rate: 0.1, delay_ms: 200 },
  refund_pending_failed: { rate: 0.1, delay_ms: 200 },
  lookup_down: { rate: 0.15, delay_ms: 200 },
};

/** Stripe, and where it sends its events: to each engine in turn. */
async function openStripe(
  engines: readonly Payonce[],
): Promise<EmulatedStripe & { readonly taken: string[] }> {
  const taken: string[] = [];
  let turn = 0;
  const hook = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      const engine = engines[turn++ % engines.length];
      const result = await engine?.gatewayWebhook({ body, headers: request.headers }).catch(() => undefined);
      taken.push(result?.outcome === 'refused' ? result.code : String(result?.outcome));
      response.writeHead(result?.outcome === 'taken' ? 204 : 503).end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const webhook = { url, secret: SECRET, retryDelaysMs: [100, 500, 2_000] };
  const stripe = await runStripe({ now: Date.now, seed: 20_261_127, faults: STORM, stripe: { webhook } });
  onTestFinished(async () => {
    await stripe.far.gateway.close();
    hook.closeAllConnections();
    hook.close();
  });
  return { ...stripe, taken };
}

async function openEngine(database: Database, apiBase: string): Promise<Payonce> {
  const gateway = await stripeGateway({
    secretKey: 'rk_test_storm',
    account: 'acct_1Storm',
    apiBase,
    webhookSecrets: [SECRET],
  });
  const { pool } = database.open({ max: 8 });
  const payonce = await createPayonce({
    pool,
    gateway,
    callTimeoutMs: 1_000,
    sweepMs: 50,
    databaseTimeoutMs: 60_000,
    policy: {
      backoffBaseMs: 5,
      backoffCapMs: 100,
      retryAfterCapMs: 50,
      forbiddenPauseMs: 100,
      lookupBaseMs: 50,
      lookupCapMs: 300,
      pendingPollMs: 50,
      maxAttempts: 20,
    },
  });
  onTestFinished(async () => {
    await payonce.stop(0);
    await gateway.close();
  });
  return payonce;
}

/** Asks again until it has ended, or waits for a person. */
function ended<Result extends { readonly outcome: string }>(
  what: string,
  ask: () => Promise<Result>,
): Promise<Result> {
  return until(
    `the end of ${what}`,
    async () => {
      const result = await ask();
      return ['pending', 'accepted'].includes(result.outcome) ? null : result;
    },
    STORM_MS,
  );
}

async function setFaults({ far }: EmulatedStripe, faults: object): Promise<void> {
  const answer = await fetch(`${far.url}/_faults`, { method: 'PUT', body: JSON.stringify(faults) });
  expect(answer.status).toBe(200);
}

/** Every charge in the ledger, by its order, once nothing can land any more. */
async function judged({ ledger }: EmulatedStripe): Promise<ReadonlyMap<string, readonly Charged[]>> {
  const books = await until('the last late request', async () => {
    const read = await ledger();
    return read.summary.landing === 0 ? read : null;
  });
  expect(books.duplicates).toEqual([]);
  const charges = new Map<string, Charged[]>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await ledger(`?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`);
    for (const one of page.data) {
      const order = String(one.order_id);
      charges.set(order, [...(charges.get(order) ?? []), one]);
    }
    cursor = page.next_cursor;
  }
  return charges;
}

/** Charges every order at both engines, and resolves to how each ended. */
async function chargeAll(engines: readonly Payonce[]): Promise<ReadonlyMap<string, ChargeResult>> {
  const results = new Map<string, ChargeResult>();
  const ids = Array.from({ length: ORDERS }, (_, n) => `storm-${n}`);
  await inParallel(ids, 40, async (orderId) => {
    const order = { orderId, ...TERMS, method: 'pm_card_visa' };
    const charge = (engine: Payonce) =>
      ended(orderId, () => engine.charge(order, { idempotencyKey: orderId, waitMs: 1_000 }));
    const [one, two] = await Promise.all(engines.map(charge));
    expect(one?.outcome).toBe(two?.outcome);
    if (one !== undefined) results.set(orderId, one);
  });
  return results;
}

/** Refunds a part of some payments at both engines, and resolves to how each refund ended, by its order. */
async function refundSome(
  engines: readonly Payonce[],
  results: ReadonlyMap<string, ChargeResult>,
): Promise<ReadonlyMap<string, string>> {
  const paid = [...results.values()].flatMap((one) => (one.outcome === 'paid' ? [one.payment] : []));
  const refunds = new Map<string, string>();
  await inParallel(paid.slice(0, 60), 20, async ({ orderId, paymentId }) => {
    const wanted = { paymentId, amountMinor: 400, refundId: 'r1' };
    const refund = (engine: Payonce) => ended(orderId, () => engine.refund(wanted, { waitMs: 1_000 }));
    const [one, two] = await Promise.all(engines.map(refund));
    expect(one?.outcome).toBe(two?.outcome);
    refunds.set(orderId, String(one?.outcome));
  });
  return refunds;
}

/** What the ledger must show for each outcome of an order. */
const TRUTH: Readonly<Record<string, string>> = {
  paid: '1 charge',
  declined: '0 charges',
  failed: '0 charges',
  review: '1 charge on other terms',
};

function shownIn(live: readonly Charged[]): string {
  const asAsked = live.every(
    ({ amount, currency }) => amount === TERMS.amountMinor && currency === TERMS.currency,
  );
  return `${live.length} charge${live.length === 1 ? '' : 's'}${asAsked ? '' : ' on other terms'}`;
}

/** Nobody can pay what counts as failed. Its stored intent is canceled; one whose id was never stored was never confirmed. */
async function expectSealed({ sdk }: EmulatedStripe, database: Database): Promise<number> {
  const failed = await database.query<{ order_id: string; handle: string | null }>(
    `SELECT p.order_id, h.handle FROM payonce.payments p LEFT JOIN payonce.handles h USING (account_id, payment_id)
     WHERE p.status = 'FAILED'`,
  );
  const handles = new Map(failed.map(({ order_id, handle }) => [order_id, handle]));
  for await (const { id, status, latest_charge, metadata } of sdk.paymentIntents.list({ limit: 100 })) {
    const handle = handles.get(String(metadata.order_id));
    if (handle === undefined) continue;
    if (id === handle) expect(status).toBe('canceled');
    else expect(latest_charge).toBeNull();
  }
  return failed.length;
}

test(
  'every fault at its rate: nothing is charged twice, and nothing can be paid after FAILED',
  async () => {
    const engines: Payonce[] = [];
    const stripe = await openStripe(engines);
    const database = await openDatabase();
    for (let n = 0; n < 2; n += 1) engines.push(await openEngine(database, stripe.far.url));

    const results = await chargeAll(engines);
    await setFaults(stripe, REFUND_STORM);
    const refunds = await refundSome(engines, results);
    await setFaults(stripe, {});

    const charges = await judged(stripe);
    for (const [orderId, { outcome }] of results) {
      const live = (charges.get(orderId) ?? []).filter((one) => one.live);
      expect(`${orderId} is ${outcome}: ${shownIn(live)}`).toBe(
        `${orderId} is ${outcome}: ${TRUTH[outcome]}`,
      );
      const made = live.flatMap((one) => one.refunds ?? []).filter(({ status }) => status === 'succeeded');
      const refunded = refunds.get(orderId) === 'refunded' ? [400] : [];
      expect([orderId, ...made.map(({ amount }) => amount)]).toEqual([orderId, ...refunded]);
    }
    const countOf = (wanted: string) =>
      [...results.values()].filter(({ outcome }) => outcome === wanted).length;
    expect(await expectSealed(stripe, database)).toBe(countOf('declined') + countOf('failed'));
    expect(results.size).toBe(ORDERS);
    expect(countOf('paid')).toBeGreaterThan(ORDERS / 2);
    expect(countOf('declined')).toBeGreaterThan(0);
    expect(stripe.taken).toContain('taken');
    expect(stripe.taken).not.toContain('webhook_refused');
  },
  STORM_MS,
);
