/** Answers that have expired, and payments that are read while they settle. */
import { expect, test } from 'vitest';
import type { Payment } from '../../sim/chaos/judge/case.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { onStage } from './support/stage.ts';

test('an expired answer: 409 with the payment’s state; 422 still comes first; the order is still protected', async () =>
  onStage({ env: { ANSWER_RETENTION_MS: '3000' } }, async ({ client, gateway, payments, judge }) => {
    gateway.plan('no', step.declined);
    const yes = await client.pay({ orderId: 'yes', key: 'yes' });
    const no = await client.pay({ orderId: 'no', key: 'no' });
    expect([yes.status, no.status]).toEqual([201, 402]);
    const expired = await until('the answer to expire', async () => {
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
    const failed = await until('the other to expire', async () => {
      const answer = await client.pay({ orderId: 'no', key: 'no' });
      return answer.status === 402 ? null : answer;
    });
    expect([failed.status, json(failed).code]).toEqual([409, 'result_expired']);
    expect((await client.pay({ orderId: 'yes', key: 'yes', amount: 1 })).status).toBe(422);
    expect((await client.pay({ orderId: 'yes' })).status).toBe(200);
    expect((await client.pay({ orderId: 'yes', key: 'unseen' })).status).toBe(200);
    expect((await client.pay({ orderId: 'yes', amount: 1 })).status).toBe(409);
    expect((await client.pay({ orderId: 'no' })).status).toBe(402);
    expect(await payments()).toHaveLength(2);
    expect(gateway.ledger.requests).toHaveLength(2);
    expect(await judge()).toEqual([]);
  }));

test('what was answered stays readable, and GET never goes back', async () =>
  onStage({}, async ({ client, gateway, reaches }) => {
    gateway.plan('forward', step.error(500), step.dropAfter, step.error(500));
    const started = await client.pay({ orderId: 'forward', prefer: 'respond-async' });
    const id = String(json(started).payment_id);
    let last = { attempts: 0, updated_at: '', status: 'PROCESSING' };
    await until('it to settle', async () => {
      const read = await client.get(`/v1/payments/${id}`);
      expect(read.status).toBe(200);
      const now = json(read) as unknown as Payment;
      expect(now.attempts).toBeGreaterThanOrEqual(last.attempts);
      expect(now.updated_at >= last.updated_at).toBe(true);
      last = now;
      return now.status === 'COMPLETED';
    });
    await reaches('forward', 'COMPLETED');
  }));
