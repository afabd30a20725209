import type { Payment, PaymentEvent } from '../../../sim/chaos/judge/case.ts';
import { readEvents, readPayments } from '../../../sim/chaos/judge/collect.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import type { BookOptions } from '../gateway/book.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import { type Client, createClient } from './client.ts';
import { type Identity, readIdentity } from './identity.ts';
import { judge } from './judge.ts';
import { type Env, FAST, type Service, startService } from './service.ts';

export interface StageOptions {
  readonly env?: Env;
  readonly gateway?: Partial<BookOptions>;
  /** Used instead of a test database of its own. */
  readonly database?: TestDatabase;
}

/** The service's default. */
const DEFAULT_LEASE_MS = 15_000;

/** One service, its database and its gateway, and everything to observe them. */
export interface Stage {
  readonly gateway: Gateway;
  readonly client: Client;
  readonly identity: Identity;
  readonly databaseUrl: string;
  /** The newest process. `client` talks to it. */
  service(): Service;
  /** Starts another process on the same database. From now on `client` talks to it. */
  start(env?: Env): Promise<Service>;
  /** Another client. Its requests are judged together with those of `client`. */
  clientAt(url: () => string): Client;
  payments(): Promise<Payment[]>;
  find(orderId: string): Promise<Payment | null>;
  payment(orderId: string): Promise<Payment>;
  events(orderId: string): Promise<PaymentEvent[]>;
  /** Waits until the payment has one of the states. */
  reaches(orderId: string, ...statuses: string[]): Promise<Payment>;
  /** Waits until no payment is unsettled (REVIEW counts as settled). */
  quiet(withinMs?: number): Promise<Payment[]>;
  judge(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openStage(given: StageOptions = {}): Promise<Stage> {
  const { env = {}, gateway: options = {} } = given;
  const database: TestDatabase = given.database ?? (await createDatabase());
  const services: Service[] = [];
  const times = { ...FAST, ...env };
  const gateway = await startGateway({ landsWithinMs: Number(times.GATEWAY_LANDS_WITHIN_MS), ...options });
  const gatewayEnv = { GATEWAY_URL: gateway.url, GATEWAY_LIVEMODE: 'no' };
  const basics = { DATABASE_URL: database.url, ...gatewayEnv, ...times };
  const service = () => (services.findLast((one) => one.running()) ?? services.at(-1)) as Service;
  const client = createClient(() => service().url);

  async function start(more: Env = {}): Promise<Service> {
    const started = await startService({ ...basics, ...more });
    services.push(started);
    return started;
  }

  const payments = (filter?: string): Promise<Payment[]> => readPayments(service().url, filter);

  async function find(orderId: string): Promise<Payment | null> {
    const [found] = await payments(`&order_id=${encodeURIComponent(orderId)}`);
    return found ?? null;
  }

  async function payment(orderId: string): Promise<Payment> {
    const found = await find(orderId);
    if (found === null) throw new Error(`there is no payment of ${orderId}`);
    return found;
  }

  async function events(orderId: string): Promise<PaymentEvent[]> {
    return await readEvents(service().url, (await payment(orderId)).payment_id);
  }

  await start();
  const identity = await readIdentity(database.url);
  return {
    gateway,
    client,
    identity,
    databaseUrl: database.url,
    service,
    start,
    clientAt: (url) => createClient(url, client.observed),
    payments: () => payments(),
    find,
    payment,
    events,
    async reaches(orderId, ...statuses) {
      let last: Payment | null = null;
      const describe = () => `${orderId} is ${statuses.join('|')}: ${JSON.stringify(last)}`;
      return await until(describe, async () => {
        last = await find(orderId);
        return last !== null && statuses.includes(last.status) ? last : null;
      });
    },
    async quiet(withinMs) {
      let open: Payment[] = [];
      const describe = () =>
        `all payments have settled: ${open.length} left, first ${JSON.stringify(open[0])}`;
      return await until(
        describe,
        async () => {
          const all = await payments();
          open = all.filter(({ status }) => status === 'PROCESSING' || status === 'UNRESOLVED');
          return open.length === 0 ? all : null;
        },
        withinMs,
      );
    },
    judge: () =>
      judge({
        url: service().url,
        observed: client.observed,
        gateway,
        installationId: identity.installationId,
        leaseMs: Number(times.LEASE_MS) || DEFAULT_LEASE_MS,
      }),
    async close() {
      await Promise.all(services.filter((one) => one.running()).map((one) => one.kill()));
      await gateway.close();
      await database.drop();
    },
  };
}

/** A stage for one test. It is closed in any case. */
export async function onStage(options: StageOptions, work: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await openStage(options);
  try {
    await work(stage);
  } finally {
    await stage.close();
  }
}
