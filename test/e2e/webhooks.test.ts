/** Events of the fake gateway, over real sockets, to a Payonce that would look again only in an hour. */
import { afterAll, expect, test } from 'vitest';
import { webhookKey } from '../../src/domain/standard-webhooks.ts';
import { createMemoryLedger, startFakeGateway } from '../../src/fake-gateway/index.ts';
import { webhookHeaders } from '../../src/fake-gateway/webhooks/sign.ts';
import { until } from '../support/until.ts';
import { json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const HOUR_MS = 3_600_000;
const [OLD, SECRET] = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [
  string,
  string,
];
/** Where Payonce listens is known only after the gateway has started. */
let address = '';
const fake = await startFakeGateway({
  ledger: createMemoryLedger(),
  faults: { pending: { rate: 0, delay_ms: 300 }, refund_pending: { rate: 0, delay_ms: 300 } },
  webhook: {
    get url() {
      return `${address}/v1/gateways/http/webhooks`;
    },
    secret: SECRET,
    retryDelaysMs: Array.from({ length: 100 }, () => 100),
  },
});
const stage = await openStage({
  env: {
    GATEWAY_URL: fake.url,
    GATEWAY_LIVEMODE: 'no',
    GATEWAY_WEBHOOK_SECRET: `${OLD}, ${SECRET}`,
    PENDING_POLL_MS: String(HOUR_MS),
    LOOKUP_BASE_MS: String(HOUR_MS),
    LOOKUP_CAP_MS: String(HOUR_MS),
  },
});
const { client } = stage;
afterAll(async () => {
  await stage.close();
  await fake.close();
});

address = stage.service().url;

interface Paid {
  readonly payment_id: string;
  readonly order_id: string;
}

const read = async (path: string) => json(await client.get(path));

async function ends(path: string, status: string): Promise<void> {
  let shown: unknown;
  await until(
    () => `${path} to be ${status}: ${String(shown)}`,
    async () => {
      shown = (await read(path)).status;
      return shown === status;
    },
  );
}

test('a pending charge and a pending refund are looked up as soon as the gateway has decided', async () => {
  const answer = await client.pay({ orderId: 'pending', method: 'tok_pending', prefer: 'wait=0' });
  expect(answer.status).toBe(202);
  await ends(`/v1/payments/${String(json(answer).payment_id)}`, 'COMPLETED');

  const paid = await client.pay({ orderId: 'refunded', method: 'tok_refund_pending' });
  const payment = json(paid) as unknown as Paid;
  const accepted = await client.refund({ payment, amount: 400, refundId: 'r' });
  expect([accepted.status, json(accepted).status]).toEqual([201, 'PENDING']);
  await ends(`/v1/payments/${payment.payment_id}/refunds/r`, 'SUCCEEDED');
});

test('an event with a wrong signature, or of another gateway, is refused, and one that tells nothing is taken', async () => {
  const paid = json(await client.pay({ orderId: 'paid' })) as unknown as Paid;
  const events = await stage.events('paid');
  const ledger = await fetch(`${fake.url}/_ledger?order_id=paid`);
  const { data } = (await ledger.json()) as { data: object[] };
  const body = JSON.stringify({ type: 'charge.declined', data: data[0] });
  const send = async (secret: string, name = 'http') => {
    const headers = webhookHeaders(webhookKey(secret), 'evt', Math.floor(Date.now() / 1000), body);
    const url = `${address}/v1/gateways/${name}/webhooks`;
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };
  expect(await send(`whsec_${Buffer.alloc(32, 3).toString('base64')}`)).toBe(400);
  expect(await send(SECRET, 'fake')).toBe(404);
  for (const secret of [OLD, SECRET]) expect(await send(secret)).toBe(204);
  expect(await read(`/v1/payments/${paid.payment_id}`)).toMatchObject({ status: 'COMPLETED' });
  expect(await stage.events('paid')).toEqual(events);
});
