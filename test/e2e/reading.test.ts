/** Lists, filters and events, and answers that have expired. */
import { expect, test } from 'vitest';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import type { Payment, PaymentEvent } from './support/reading.ts';
import { readPayments } from './support/reading.ts';
import { onStage } from './support/stage.ts';

interface Page<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

test('pages never show a payment twice nor leave one out, while others arrive', async () =>
  onStage({}, async ({ client, gateway }) => {
    for (let index = 0; index < 25; index += 1) {
      if (index % 5 === 0) gateway.plan(`list-${index}`, step.declined);
      await client.pay({ orderId: `list-${index}` });
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 4; page += 1) {
      const query: string = `limit=7${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const { data, next_cursor } = json(
        await client.get(`/v1/payments?${query}`),
      ) as unknown as Page<Payment>;
      seen.push(...data.map(({ order_id }) => order_id));
      cursor = next_cursor;
      await client.pay({ orderId: `meanwhile-${page}` });
    }
    const listed = seen.filter((id) => id.startsWith('list-'));
    expect(new Set(seen).size).toBe(seen.length);
    expect(new Set(listed).size).toBe(25);

    const failed = json(await client.get('/v1/payments?status=FAILED')) as unknown as Page<Payment>;
    expect(failed.data.map(({ order_id }) => order_id).sort()).toEqual(
      ['list-0', 'list-10', 'list-15', 'list-20', 'list-5'].sort(),
    );
    expect(failed.data.every(({ status }) => status === 'FAILED')).toBe(true);
    const both = json(
      await client.get('/v1/payments?status=COMPLETED&order_id=list-5'),
    ) as unknown as Page<Payment>;
    expect(both).toEqual({ data: [], next_cursor: null });
    for (const query of [
      'limit=0',
      'limit=x',
      'limit=100000',
      'cursor=nonsense',
      'status=DONE',
      'unknown=1',
      'limit=1&limit=2',
    ]) {
      expect([query, (await client.get(`/v1/payments?${query}`)).status]).toEqual([query, 400]);
    }
  }));

test('events are gapless, in order and paged; the payment is read as they say', async () =>
  onStage({}, async ({ client, gateway, payment, events }) => {
    gateway.plan('told', step.error(500), step.dropBefore, step.error(500), step.dropBefore);
    await client.pay({ orderId: 'told', key: 'one' });
    await client.pay({ orderId: 'told', key: 'two' });
    const all = await events('told');
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.length).toBeGreaterThan(6);
    const times = all.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const { payment_id: id, status } = await payment('told');
    expect(all.at(-1)).toMatchObject({ status, charge: 2 });
    const paged: PaymentEvent[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = json(
        await client.get(`/v1/payments/${id}/events?limit=3${query}`),
      ) as unknown as Page<PaymentEvent>;
      expect(page.data.length).toBeLessThanOrEqual(3);
      paged.push(...page.data);
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(paged).toEqual(all);
  }));

test('an expired answer: 409 with the payment’s state; 422 still comes first; the order is still protected', async () =>
  onStage({ env: { ANSWER_RETENTION_MS: '3000' } }, async ({ client, gateway, judge }) => {
    gateway.plan('no', step.declined);
    const yes = await client.pay({ orderId: 'yes', key: 'yes' });
    const no = await client.pay({ orderId: 'no', key: 'no' });
    expect([yes.status, no.status]).toEqual([201, 402]);
    const expired = await eventually('the answer to expire', async () => {
      const answer = await client.pay({ orderId: 'yes', key: 'yes' });
      if (answer.status === 201) expect(answer.text).toBe(yes.text);
      return answer.status === 201 ? null : answer;
    });
    expect(expired.status).toBe(409);
    expect(json(expired)).toMatchObject({
      code: 'result_expired',
      payment_id: json(yes).payment_id,
      payment_status: 'COMPLETED',
      safe_to_retry_with_new_key: false,
    });
    const failed = await eventually('the other to expire', async () => {
      const answer = await client.pay({ orderId: 'no', key: 'no' });
      return answer.status === 402 ? null : answer;
    });
    expect([failed.status, json(failed).code]).toEqual([409, 'result_expired']);
    expect((await client.pay({ orderId: 'yes', key: 'yes', amount: 1 })).status).toBe(422);
    expect((await client.pay({ orderId: 'yes' })).status).toBe(200);
    expect((await client.pay({ orderId: 'yes', key: 'unseen' })).status).toBe(200);
    expect((await client.pay({ orderId: 'yes', amount: 1 })).status).toBe(409);
    expect((await client.pay({ orderId: 'no' })).status).toBe(402);
    expect(await readPayments(client)).toHaveLength(2);
    expect(gateway.ledger.requests).toHaveLength(2);
    expect(await judge()).toEqual([]);
  }));

test('what was answered stays readable, and GET never goes back', async () =>
  onStage({}, async ({ client, gateway, until }) => {
    gateway.plan('forward', step.error(500), step.dropAfter, step.error(500));
    const started = await client.pay({ orderId: 'forward', prefer: 'respond-async' });
    const id = String(json(started).payment_id);
    let last = { attempts: 0, updated_at: '', status: 'PROCESSING' };
    await eventually('it to settle', async () => {
      const read = await client.get(`/v1/payments/${id}`);
      expect(read.status).toBe(200);
      const now = json(read) as unknown as Payment;
      expect(now.attempts).toBeGreaterThanOrEqual(last.attempts);
      expect(now.updated_at >= last.updated_at).toBe(true);
      last = now;
      return now.status === 'COMPLETED';
    });
    await until('forward', 'COMPLETED');
  }));
