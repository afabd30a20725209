import { describe, expect, test } from 'vitest';
import type { PaymentRecord, PaymentsQuery } from '../../../src/ports/store.ts';
import type { Environment } from './environment.ts';
import {
  ACCOUNT,
  accepted,
  advance,
  complete,
  done,
  fail,
  intent,
  key,
  newPaymentId,
  nextCharge,
  numbers,
  order,
  recordOf,
  release,
  steps,
} from './fixtures.ts';

/** Readers need no frozen answer, so a store may leave it out for them. */
function withoutAnswer(record: PaymentRecord | null): unknown {
  return record && { ...record, answer: null };
}

export function readingTests(env: Environment): void {
  describe('payment', () => {
    test('is read by its id as it is', async () => {
      const record = await accepted(env.store, intent(order('one', { metadata: { a: 'b' } })));
      expect(withoutAnswer(await env.other.payment(ACCOUNT, record.paymentId))).toEqual(record);
      const settled = await done(env.store, fail(record));
      expect(withoutAnswer(await env.other.payment(ACCOUNT, record.paymentId))).toEqual(
        withoutAnswer(settled),
      );
    });

    test('is null where there is none, and for every other account', async () => {
      const { paymentId } = await accepted(env.store, 'mine');
      expect(await env.store.payment(ACCOUNT, newPaymentId())).toBeNull();
      expect(await env.store.payment('globex', paymentId)).toBeNull();
    });

    test('many at once each get their own', async () => {
      const records = await Promise.all(numbers(300).map((n) => accepted(env.store, `many ${n}`)));
      const found = await Promise.all(
        records.map(({ paymentId }, n) => env.store.payment(n % 5 === 0 ? 'globex' : ACCOUNT, paymentId)),
      );
      expect(found.map((record) => record?.order.orderId ?? null)).toEqual(
        records.map(({ order: { orderId } }, n) => (n % 5 === 0 ? null : orderId)),
      );
    });
  });

  describe('payments', () => {
    const list = async (query: Partial<PaymentsQuery> = {}): Promise<readonly string[]> => {
      const found = await env.other.payments({ accountId: ACCOUNT, limit: 100, ...query });
      return found.map((record) => record.order.orderId);
    };

    /** Seven, of which every second one is completed. */
    async function seven(): Promise<readonly PaymentRecord[]> {
      const records: PaymentRecord[] = [];
      for (const n of numbers(7)) {
        const record = await accepted(env.store, `o${n}`);
        records.push(n % 2 === 1 ? await done(env.store, complete(record)) : record);
      }
      return records;
    }

    test('come newest first, each as it is', async () => {
      const records = await seven();
      const found = await env.store.payments({ accountId: ACCOUNT, limit: 100 });
      expect(found.map(withoutAnswer)).toEqual([...records].reverse().map(withoutAnswer));
    });

    test('come in pages that neither repeat nor leave out', async () => {
      await seven();
      const pages: string[][] = [];
      let before: string | undefined;
      // One page more than there are, so that a page that comes again is seen.
      for (const _turn of numbers(5)) {
        const page = await env.store.payments({
          accountId: ACCOUNT,
          limit: 3,
          ...(before === undefined ? {} : { before }),
        });
        if (page.length === 0) break;
        pages.push(page.map((record) => record.order.orderId));
        before = page.at(-1)?.paymentId;
        // A newer one must not push the pages along.
        await accepted(env.store, `newer ${pages.length}`);
      }
      expect(pages).toEqual([['o6', 'o5', 'o4'], ['o3', 'o2', 'o1'], ['o0']]);
    });

    test('are found by a status that is rare, once each and as long as they have it', async () => {
      const failed = await done(env.store, fail(await accepted(env.store, 'failed')));
      const again = await done(
        env.store,
        fail(await accepted(env.store, intent('again', { key: key('1') }))),
      );
      const mended = await done(env.store, fail(await accepted(env.store, 'mended')));
      const stuck = await accepted(env.store, 'stuck');
      await done(env.store, release(stuck, null, { operation: { status: 'REVIEW' } }));
      const doubtful = await accepted(env.store, 'doubtful');
      await done(env.store, release(doubtful, 60_000, { operation: { status: 'UNRESOLVED' } }));
      await env.store.openNextCharge(nextCharge(again, { key: key('2') }));
      await done(env.store, fail(await recordOf(env.store, again.order)));
      await env.store.openNextCharge(nextCharge(mended, { key: key('3') }));
      expect(await list({ status: 'FAILED' })).toEqual(['again', 'failed']);
      expect(await list({ status: 'FAILED', limit: 1 })).toEqual(['again']);
      expect(await list({ status: 'FAILED', before: again.paymentId })).toEqual(['failed']);
      expect(await list({ status: 'FAILED', orderId: 'failed' })).toEqual([failed.order.orderId]);
      expect(await list({ status: 'REVIEW' })).toEqual(['stuck']);
      expect(await list({ status: 'UNRESOLVED' })).toEqual(['doubtful']);
      expect(await list({ status: 'PROCESSING' })).toEqual(['mended']);
      await done(env.store, complete(await recordOf(env.store, mended.order)));
      expect(await list({ status: 'PROCESSING' })).toEqual([]);
    });

    test('are filtered by status, page by page', async () => {
      const records = await seven();
      expect(await list({ status: 'COMPLETED' })).toEqual(['o5', 'o3', 'o1']);
      expect(await list({ status: 'PROCESSING' })).toEqual(['o6', 'o4', 'o2', 'o0']);
      expect(await list({ status: 'REVIEW' })).toEqual([]);
      const before = records[4]?.paymentId ?? '';
      expect(await list({ status: 'COMPLETED', before })).toEqual(['o3', 'o1']);
      expect(await list({ status: 'COMPLETED', before, limit: 1 })).toEqual(['o3']);
    });

    test('are filtered by order, exactly', async () => {
      const [record] = await seven();
      await accepted(env.store, 'O3');
      expect(await list({ orderId: 'o3' })).toEqual(['o3']);
      expect(await list({ orderId: 'o3', status: 'COMPLETED' })).toEqual(['o3']);
      expect(await list({ orderId: 'o3', status: 'FAILED' })).toEqual([]);
      expect(await list({ orderId: 'o3', before: record?.paymentId ?? '' })).toEqual([]);
      expect(await list({ orderId: "o3' OR true --" })).toEqual([]);
    });

    test('are those of the account only', async () => {
      await seven();
      await accepted(env.store, intent(order('o3', { accountId: 'globex' })));
      expect(await list({ accountId: 'globex' })).toEqual(['o3']);
      expect(await list({ accountId: 'globex', status: 'COMPLETED' })).toEqual([]);
      expect(await list({ accountId: 'initech' })).toEqual([]);
      expect(await list()).toHaveLength(7);
    });
  });

  describe('events', () => {
    async function trail(): Promise<PaymentRecord> {
      return steps(
        env.store,
        await accepted(env.store, 'long'),
        (record) => release(record, 0, { event: { type: 'call.refused', detail: 'dns' } }),
        (record) => advance(record, { event: { type: 'call.unknown', detail: 'http_500' } }),
        (record) => complete(record),
      );
    }

    test('come oldest first, in pages that neither repeat nor leave out', async () => {
      const { paymentId } = await trail();
      const page = async (after: number, limit: number) =>
        (await env.other.events({ accountId: ACCOUNT, paymentId, after, limit }))?.map((event) => event.type);
      const all = ['payment.created', 'call.refused', 'call.unknown', 'payment.completed'];
      expect(await page(0, 100)).toEqual(all);
      expect(await page(0, 3)).toEqual(all.slice(0, 3));
      expect(await page(3, 3)).toEqual(all.slice(3));
      expect(await page(4, 3)).toEqual([]);
      expect(await page(99, 3)).toEqual([]);
    });

    test('each carry the state that the change led to', async () => {
      const { paymentId } = await trail();
      const events = await env.store.events({ accountId: ACCOUNT, paymentId, after: 2, limit: 10 });
      expect(events).toMatchObject([
        { seq: 3, status: 'PROCESSING', chargeN: 1, attempts: 1, detail: 'http_500' },
        { seq: 4, status: 'COMPLETED', chargeN: 1, attempts: 1, detail: 'ch_1' },
      ]);
      const times = events?.map((event) => event.atMs) ?? [];
      expect(times).toEqual([...times].sort((a, b) => a - b));
    });

    test('are null where there is no such payment, and for every other account', async () => {
      const { paymentId } = await trail();
      const query = { accountId: ACCOUNT, paymentId, after: 0, limit: 10 };
      expect(await env.store.events({ ...query, paymentId: newPaymentId() })).toBeNull();
      expect(await env.store.events({ ...query, accountId: 'globex' })).toBeNull();
      expect(await env.store.events({ ...query, accountId: 'globex', after: 99 })).toBeNull();
    });
  });

  describe('installation', () => {
    test('its id is one random id for everybody, for good', async () => {
      const ids = await Promise.all([
        env.store.installationId(),
        env.other.installationId(),
        env.store.installationId(),
      ]);
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    });

    test('a store that takes writes says so', async () => {
      await expect(env.store.check()).resolves.toBeUndefined();
    });
  });
}
