/** Events for merchants with the real service: a charge, a refund, two workers, and a kill. */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { verifyWebhook } from '../../src/client/webhook.ts';
import { answering, startReceiver } from '../outgoing/receiver.ts';
import { openEmptyDatabase } from '../postgres/world.ts';
import { makeTemporaryFolder, removeDataDir } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { FAST, startService } from './support/service.ts';

async function post(url: string, body: object): Promise<{ status: number; body: Record<string, string> }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

test('two workers: each event comes signed, also after a kill while the receiver was down', async () => {
  const { url } = await openEmptyDatabase();
  const env = {
    ...FAST,
    DATABASE_URL: url,
    GATEWAY: 'fake',
    WORKERS: '2',
    WEBHOOK_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_ALLOW_PRIVATE: 'yes',
  };
  let down = false;
  const receiver = await startReceiver((reply, one) => answering(down ? 503 : 204)(reply, one));
  const service = await startService(env);
  onTestFinished(() => service.kill());
  const made = await post(`${service.url}/v1/webhook-endpoints`, { url: receiver.url });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const charge = await post(`${service.url}/v1/payments`, {
    order_id: 'one',
    amount: 1000,
    currency: 'USD',
    method: 'tok_approved',
  });
  const paymentId = charge.body.payment_id;
  const first = await until('the event of the charge', () => receiver.received[0]);
  expect(await verifyWebhook({ ...first, secrets: [String(made.body.secret)] })).toMatchObject({
    outcome: 'genuine',
  });
  const event = JSON.parse(first.body);
  expect(event).toMatchObject({
    type: 'payment.succeeded',
    data: { payment_id: paymentId, status: 'COMPLETED' },
  });

  down = true;
  const refund = await post(`${service.url}/v1/payments/${paymentId}/refunds`, {
    refund_id: 'r1',
    amount: 100,
  });
  expect(refund.status).toBe(201);
  await until('a try of the refund’s event', () => receiver.received.length >= 2);
  await service.kill();
  down = false;
  const again = await startService(env);
  onTestFinished(() => again.kill());
  const last = await until('the event of the refund', () => receiver.received.slice(2).at(-1));
  expect(await verifyWebhook({ ...last, secrets: [String(made.body.secret)] })).toMatchObject({
    outcome: 'genuine',
  });
  expect(JSON.parse(last.body)).toMatchObject({
    type: 'refund.succeeded',
    data: { refund_id: 'r1', payment_id: paymentId, status: 'SUCCEEDED' },
  });
  expect(last.headers['webhook-id']).toBe(receiver.received[1]?.headers['webhook-id']);
});

test('what becomes of payments, as the engine writes it, is what is told', async () => {
  const { url } = await openEmptyDatabase();
  const receiver = await startReceiver();
  const service = await startService({
    ...FAST,
    DATABASE_URL: url,
    GATEWAY: 'fake',
    WEBHOOK_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_ALLOW_PRIVATE: 'yes',
  });
  onTestFinished(() => service.kill());
  await post(`${service.url}/v1/webhook-endpoints`, { url: receiver.url });
  const charge = async (order_id: string, more: object) => {
    const order = { order_id, amount: 1000, currency: 'USD', ...more };
    return (await post(`${service.url}/v1/payments`, order)).body.payment_id;
  };
  const manual = { method: 'tok_visa', capture_method: 'manual' };
  await charge('declined', { method: 'tok_declined' });
  const [captured, voided, refused] = [
    await charge('captured', manual),
    await charge('voided', manual),
    await charge('refused', { method: 'tok_refund_declined' }),
  ];
  await post(`${service.url}/v1/payments/${captured}/capture`, {});
  await post(`${service.url}/v1/payments/${voided}/void`, {});
  await post(`${service.url}/v1/payments/${refused}/refunds`, { refund_id: 'r1' });
  const told = () =>
    receiver.received
      .map(({ body }) => JSON.parse(body))
      .map(({ type, data }) => `${type} ${data.order_id ?? data.refund_id}`)
      .sort();
  await expect
    .poll(told)
    .toEqual(
      [
        'payment.failed declined',
        'payment.authorized captured',
        'payment.captured captured',
        'payment.authorized voided',
        'payment.voided voided',
        'payment.succeeded refused',
        'refund.failed r1',
      ].sort(),
    );

  await service.kill();
  const silent = await startService({ ...FAST, DATABASE_URL: url, GATEWAY: 'fake' });
  onTestFinished(() => silent.kill());
  await until('it says that it sends nothing', () =>
    silent.output().includes('WEBHOOK_ENCRYPTION_KEY is not set, so no events are sent'),
  );
});

test('on the embedded PostgreSQL a key is made; private addresses are refused all the same', async () => {
  const DATA_DIR = makeTemporaryFolder();
  onTestFinished(() => removeDataDir(DATA_DIR));
  const service = await startService({ ...FAST, DATA_DIR });
  onTestFinished(() => service.kill());
  const endpoints = `${service.url}/v1/webhook-endpoints`;
  expect(await post(endpoints, { url: 'https://127.0.0.1/' })).toMatchObject({
    status: 422,
    body: { code: 'webhook_url_refused' },
  });
  expect(await post(endpoints, { url: 'http://127.0.0.1/' })).toMatchObject({ status: 400 });
  expect((await post(endpoints, { url: 'https://8.8.8.8/' })).status).toBe(201);
});
