/** The service with Stripe is killed in the middle of its work. Whatever it had begun, another process ends, and nothing is charged twice. */
import { expect, test } from 'vitest';
import { inParallel } from '../../sim/chaos/in-parallel.ts';
import { createMemoryLedger, startFakeGateway } from '../../src/fake-gateway/index.ts';
import { createDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { createClient } from './support/client.ts';
import { FAST, type Service, SHORT_CALLS, startService } from './support/service.ts';

const ORDERS = 120;
const STORM_MS = 240_000;
const FAULTS = {
  latency_ms: { min: 5, max: 40 },
  error_after: 0.05,
  drop_after: 0.05,
  lands_late: { rate: 0.05, delay_ms: 500 },
  garbage_answer: 0.05,
  declined: 0.1,
};

/** What each status says about the order. Any other one is false here. */
const TOLD: Readonly<Record<number, string>> = {
  200: 'charged',
  201: 'charged',
  402: 'not charged',
  502: 'not charged',
};

interface Books {
  readonly summary: { readonly charges: number; readonly landing: number };
  readonly duplicates: readonly unknown[];
  readonly data: readonly { readonly order_id: string; readonly live: boolean }[];
}

test(
  'kill -9 three times in the middle: every order ends, and its answer is what the ledger shows',
  async () => {
    const services: Service[] = [];
    const stripe = await startFakeGateway({
      ledger: createMemoryLedger(),
      faults: FAULTS,
      stripe: {
        webhook: {
          get url() {
            return `${services.at(-1)?.url}/v1/gateways/stripe/webhooks`;
          },
          secret: 'whsec_kills',
        },
      },
    });
    const database = await createDatabase();
    const books = async () => (await (await fetch(`${stripe.url}/_ledger?limit=1000`)).json()) as Books;
    // What Stripe promises is known, so it is no setting.
    const { GATEWAY_LANDS_WITHIN_MS: _, ...fast } = FAST;
    async function start(): Promise<void> {
      const env = { ...fast, ...SHORT_CALLS, LOG_LEVEL: 'warn', MAX_ATTEMPTS: '20' };
      services.push(
        await startService({
          ...env,
          DATABASE_URL: database.url,
          GATEWAY: 'stripe',
          STRIPE_SECRET_KEY: 'sk_test_any',
          STRIPE_API_BASE: stripe.url,
          STRIPE_WEBHOOK_SECRET: 'whsec_kills',
        }),
      );
    }
    const client = createClient(() => services.at(-1)?.url ?? '');

    /** Asks with the same key until the answer is final. */
    const insist = (orderId: string) =>
      until(
        `a final answer about ${orderId}`,
        async () => {
          const order = { orderId, key: orderId, method: 'pm_card_visa', prefer: 'wait=3' };
          const answer = await client.pay(order).catch(() => null);
          return answer === null || [202, 503].includes(answer.status) ? null : answer.status;
        },
        STORM_MS,
      );

    try {
      await start();
      const ids = Array.from({ length: ORDERS }, (_, n) => `killed-${n}`);
      const asked = inParallel(ids, 30, insist);
      for (const charges of [20, 50, 80]) {
        const enough = async () => (await books()).summary.charges >= charges;
        await until(`${charges} charges`, enough, STORM_MS);
        await services.at(-1)?.kill();
        await start();
      }
      const statuses = await asked;
      await until('the last late request', async () => (await books()).summary.landing === 0);

      const { duplicates, data } = await books();
      expect(duplicates).toEqual([]);
      const live = new Set(data.filter((one) => one.live).map((one) => one.order_id));
      const shown = ids.map((orderId) => `${orderId}: ${live.has(orderId) ? 'charged' : 'not charged'}`);
      expect(ids.map((orderId, n) => `${orderId}: ${TOLD[statuses[n] ?? 0]}`)).toEqual(shown);
      expect(live.size).toBeGreaterThan(ORDERS / 2);
      expect(live.size).toBeLessThan(ORDERS);
    } finally {
      await Promise.all(services.filter((one) => one.running()).map((one) => one.kill()));
      await stripe.close();
      await database.drop();
    }
  },
  STORM_MS,
);
