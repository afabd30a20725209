/**
 * The model and PostgreSQL get the same long random story, and must give the same: every verdict, and everything that can
 * be read afterwards. A story is drawn from its number alone; a failing one is run again by that number.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PaymentKey, PaymentRecord, Store } from '../../src/ports/store.ts';
import { createPostgresHarness } from '../../test/postgres/harness.ts';
import { ofEveryKind } from '../../test/suites/store/fixtures.ts';
import type { StoreHarness } from '../../test/suites/store.suite.ts';
import { createDatabase as createPostgresDatabase } from '../../test/support/database.ts';
import { mulberry } from '../chaos/random.ts';
import { createDatabase } from './database.ts';
import { ACCOUNTS, HASHES, HOUR_MS, ORDERS, type Random, type Step, unknownId } from './draws.ts';
import { drawRefundStep, NAMES, paidOrders } from './follow-ups/story.ts';
import { createPlainStore } from './plain.ts';
import { drawStep } from './story.ts';

const STORIES = 24;
const REFUND_STORIES = 8;
const STEPS = 60;
const RETENTION_MS = 2 * HOUR_MS;

let postgres: StoreHarness;
beforeAll(async () => {
  const { url, drop } = await createPostgresDatabase();
  postgres = await createPostgresHarness({ url, adminUrl: url, close: drop });
});
afterAll(() => postgres.close());

function openModel() {
  let nowMs = Date.UTC(2026, 0, 1);
  const database = createDatabase({
    nowMs: () => {
      nowMs += 1 / 64;
      return nowMs;
    },
    retentionMs: RETENTION_MS,
    installationId: 'installation',
  });
  const advanceClock = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  return { store: createPlainStore(database), advanceClock };
}

/** Without the times, of which only their being there is the same. */
function timeless(value: unknown): unknown {
  if (typeof value === 'number' && value > 1e9) return 'a time';
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => [
    name,
    name === 'freshForMs' ? 'a while' : timeless(part),
  ]);
  return Object.fromEntries(entries);
}

async function recordsOf(store: Store): Promise<readonly (PaymentRecord | null)[]> {
  const asked = ACCOUNTS.flatMap((accountId) => ORDERS.map((orderId) => ({ accountId, orderId })));
  const found = await Promise.all(asked.map((one) => store.situation({ ...one, keyHash: null })));
  return found.map(({ payment }) => payment);
}

/** Everything that can be read through the port. */
async function everything(store: Store, gateways: readonly string[]): Promise<unknown> {
  const records = await recordsOf(store);
  const parts = records.map(async (record) => {
    if (record === null) return null;
    const { accountId, orderId } = record.order;
    const { paymentId } = record;
    return Promise.all([
      store.events({ accountId, paymentId, after: 0, limit: 1000 }),
      store.chargesToVerify({ accountId, orderId, paymentId }, { afterN: 0, limit: 100 }),
      store.payment(accountId, paymentId),
      handlesOf(store, record),
    ]);
  });
  return timeless({
    records,
    parts: await Promise.all(parts),
    keys: await Promise.all(
      ACCOUNTS.flatMap((accountId) =>
        HASHES.map(async (keyHash) => (await store.situation({ accountId, orderId: 'none', keyHash })).key),
      ),
    ),
    due: await dueOneByOne(store, gateways),
    elsewhere: await Promise.all(gateways.map((gateway) => store.openElsewhere(gateway))),
    lists: await Promise.all(
      ACCOUNTS.flatMap((accountId) => [
        store.payments({ accountId, limit: 3 }),
        store.payments({ accountId, status: 'FAILED', limit: 10 }),
      ]),
    ),
  });
}

/** Of all charges of the order, of the next one, and of a payment that is not there. */
async function handlesOf(store: Store, { order, paymentId, operation }: PaymentRecord): Promise<unknown> {
  const { accountId } = order;
  const numbers = Array.from({ length: operation.n + 1 }, (_, index) => index + 1);
  return Promise.all(
    [paymentId, unknownId].flatMap((id) => numbers.map((n) => store.handle({ accountId, paymentId: id, n }))),
  );
}

/** Everything about refunds that can be read through the port. */
async function everyRefund(store: Store, gateways: readonly string[]): Promise<unknown> {
  const records = await recordsOf(store);
  const due: unknown[] = [];
  for (const gateway of gateways) {
    for (const calls of [true, false])
      due.push((await store.dueFollowUps({ gateway, limit: 5, calls: ofEveryKind(calls) })).followUps);
  }
  return timeless({
    due,
    orders: await Promise.all(records.map((record) => record && refundsOf(store, record))),
    keys: await Promise.all(
      ACCOUNTS.flatMap((accountId) => HASHES.map((keyHash) => boundRefund(store, accountId, keyHash))),
    ),
    elsewhere: await Promise.all(gateways.map((gateway) => store.openElsewhere(gateway))),
  });
}

async function refundsOf(store: Store, { order, paymentId }: PaymentRecord): Promise<unknown> {
  const { accountId, orderId } = order;
  const payment: PaymentKey = { accountId, orderId, paymentId };
  const of = { accountId, paymentId, kind: 'refund' } as const;
  const records = await store.followUps({ ...of, limit: 100 });
  return Promise.all([
    records,
    store.followUps({ ...of, limit: 1, before: records[0]?.followUp.id ?? paymentId }),
    store.releasedFollowUps({ payment, kind: 'refund', after: null, limit: 2 }),
    store.sums(accountId, [paymentId]),
    ...NAMES.map((name) => store.followUpSituation({ ...of, name, keyHash: null })),
    ...NAMES.map((name) => store.followUpEvents({ ...of, name, after: 1, limit: 1000 })),
    ...records.map(({ followUp }) => store.followUpNews(accountId, followUp.id)),
  ]);
}

async function boundRefund(store: Store, accountId: string, keyHash: string): Promise<unknown> {
  const paymentId = '00000000-0000-4000-8000-000000000000';
  const query = { accountId, paymentId, kind: 'refund', name: null, keyHash } as const;
  const { key, followUp } = await store.followUpSituation(query);
  return { key, followUp };
}

/** Not at once: of two sweeps, one may leave to the other what that one is at. */
async function dueOneByOne(store: Store, gateways: readonly string[]): Promise<unknown> {
  const due: unknown[] = [];
  for (const gateway of gateways) {
    for (const calls of [true, false]) due.push((await store.due({ gateway, limit: 5, calls })).payments);
  }
  return due;
}

interface Teller {
  readonly store: Store;
  readonly advanceClock: (ms: number) => Promise<void>;
}

async function take(teller: Teller, step: Step): Promise<unknown> {
  if (step.kind === 'wait') return teller.advanceClock(step.ms);
  const records = step.of === null ? [] : await recordsOf(teller.store);
  const record = step.of === null ? null : (records[step.of] ?? null);
  // The verdict on a row that is refused is part of the story.
  return step.act(teller.store, record).catch((error: { kind?: unknown }) => ({ refused: error.kind }));
}

interface Story {
  readonly begin: (random: Random) => readonly Step[];
  readonly draw: (random: Random) => Step;
  readonly look: (store: Store, gateways: readonly string[]) => Promise<unknown>;
}

async function tell(seed: number, { begin, draw, look }: Story): Promise<void> {
  const { store } = await postgres.fresh({ retentionMs: RETENTION_MS });
  const [real, model] = [{ store, advanceClock: postgres.advanceClock }, openModel()];
  const chance = mulberry(seed);
  const random: Random = (choices) => Math.floor(chance() * choices);
  const first = begin(random);
  for (let left = STEPS + first.length; left > 0; left -= 1) {
    const step = first[STEPS + first.length - left] ?? draw(random);
    const [expected, given] = [await take(real, step), await take(model, step)];
    const where = `${step.kind} in story ${seed}, with ${left} steps left`;
    expect(timeless(given), where).toEqual(timeless(expected));
    if (left % 5 !== 1) continue;
    const gateways = ['g', 'h'];
    expect(await look(model.store, gateways)).toEqual(await look(real.store, gateways));
  }
}

const seeds = (count: number) => Array.from({ length: count }, (_, seed) => seed + 1);

test.each(seeds(STORIES))('story %i is the same in both', (seed) =>
  tell(seed, { begin: () => [], draw: drawStep, look: everything }),
);

test.each(seeds(REFUND_STORIES))('story %i of refunds is the same in both', (seed) =>
  tell(seed, { begin: paidOrders, draw: drawRefundStep, look: everyRefund }),
);
