/** A database with endpoints and audit trails, and what looks for events in it. */
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { uuidV7 } from '../../src/domain/ids.ts';
import type { AddressRules } from '../../src/outgoing/addresses.ts';
import { createOutgoing, type Outgoing } from '../../src/outgoing/endpoints.ts';
import { createSecretBox, type SecretBox } from '../../src/outgoing/secrets.ts';
import type { Endpoint, Noted } from '../../src/ports/outgoing.ts';
import { createDeliveryQueue, createEndpointBooks } from '../../src/postgres/outgoing/index.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';
import { openStore } from '../postgres/world.ts';
import { until } from '../support/until.ts';

/** Its events go anywhere. */
const OPEN: AddressRules = { resolve: async () => [{ address: '8.8.8.8', family: 4 }], allowPrivate: true };

/** What merchants do with their endpoints, in this database. */
export function outgoingOf(
  pool: pg.Pool,
  more: {
    readonly box?: SecretBox | null;
    readonly rules?: AddressRules;
    readonly secret?: () => string;
  } = {},
): Outgoing {
  const { secret = () => SECRET, ...rest } = more;
  return createOutgoing({
    books: createEndpointBooks({ pool }),
    box,
    rules: OPEN,
    clock: systemClock,
    random: { ...systemRandom, secret },
    wake: () => {},
    ...rest,
  });
}

export const box = createSecretBox([randomBytes(32)]);
export const newId = (): string => uuidV7(Date.now(), randomUUID().replaceAll('-', ''));
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A line of an audit trail. */
export interface Line {
  readonly accountId?: string;
  readonly paymentId?: string;
  readonly seq?: number;
  readonly type?: string;
  readonly status?: string;
}

const INSERT = `
INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
VALUES ($1, $2, $3, $4, $5, 1, 1, now())`;

const valuesOf = (line: Line): unknown[] => [
  line.accountId ?? 'default',
  line.paymentId ?? newId(),
  line.seq ?? 2,
  line.type ?? 'payment.completed',
  line.status ?? 'COMPLETED',
];

export async function openWorld() {
  const { database, pool } = await openStore();
  const books = createEndpointBooks({ pool });
  const queue = createDeliveryQueue({ pool });

  async function endpoint(
    more: { accountId?: string; url?: string; eventTypes?: string[] } = {},
  ): Promise<Endpoint> {
    const key = { accountId: more.accountId ?? 'default', endpointId: newId() };
    const url = more.url ?? `https://shop.example/${key.endpointId}`;
    const secret = box.seal(key, SECRET);
    const eventTypes = more.eventTypes ?? null;
    const made = await books.create({ ...key, url, description: null, eventTypes, secret }, 50);
    if (typeof made === 'string') throw new Error(made);
    return made;
  }

  /** Another connection, for transactions that stay open. */
  async function connect(): Promise<pg.Client> {
    const client = new pg.Client(database.url);
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }

  /** Waits until every transaction that is open now has ended, also those of other databases on this server: they share its numbers. */
  async function othersEnd(): Promise<void> {
    const bounds = 'pg_snapshot_xmin(s)::text::bigint AS first, pg_snapshot_xmax(s)::text::bigint AS next';
    const read = () =>
      database.query<{ first: string; next: string }>(`SELECT ${bounds} FROM pg_current_snapshot() s`);
    const now = Number((await read())[0]?.next);
    await until('open transactions to end', async () => Number((await read())[0]?.first) >= now);
  }

  const claim = (more: Partial<Parameters<typeof queue.claim>[0]> = {}) =>
    queue.claim({
      sick: false,
      perEndpoint: 8,
      underWay: { endpoints: new Map(), accounts: new Map() },
      limit: 64,
      leaseMs: 60_000,
      claimId: randomUUID(),
      ...more,
    });

  return {
    database,
    pool,
    books,
    queue,
    endpoint,
    connect,
    othersEnd,
    claim,
    add: (line: Line = {}) => database.query(INSERT, valuesOf(line)),
    addIn: (client: pg.Client, line: Line = {}) => client.query(INSERT, valuesOf(line)),
    planned: async (): Promise<string[]> =>
      (
        await database.query<{ what: string }>(
          `SELECT account_id || ' ' || event_type || ' ' || event_id AS what FROM payonce.webhook_deliveries ORDER BY ord`,
        )
      ).map(({ what }) => what),
  };
}

export const eventIdOf = (paymentId: string, seq = 2): string =>
  `evt_${paymentId.replaceAll('-', '')}_${seq}`;

export const DELIVERED: Noted = {
  status: 200,
  answer: 'ok',
  error: null,
  tookMs: 5,
  next: 'DELIVERED',
  waitMs: 0,
  failures: 0,
  pauseMs: 0,
  gone: false,
};
export const FAILED: Noted = { ...DELIVERED, status: 500, next: 'PENDING', waitMs: 0, failures: 1 };
