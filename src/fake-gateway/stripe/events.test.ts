/** Events: in the list, and as signed webhooks that Stripe's own library accepts. */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type EmulatedStripe,
  PAID_FORM,
  paid,
  payment,
  refusalOf,
  runStripe,
} from '../../../test/suites/stripe.client.ts';
import { startFakeGateway } from '../index.ts';
import { createMemoryLedger } from '../ledger/memory.ts';

setMaxListeners(0);
const SECRET = 'whsec_any_text';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Stripe.Event;
}

let merchant: Server;
let url: string;
let received: Received[];
/** The statuses of the merchant's next answers; 200 when there are none left. */
let answers: number[];
let stripe: EmulatedStripe | undefined;

beforeEach(async () => {
  received = [];
  answers = [];
  merchant = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body, event: JSON.parse(body) as Stripe.Event });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => merchant.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  await stripe?.far.gateway.close();
  merchant.closeAllConnections();
  await new Promise((resolve) => merchant.close(resolve));
});

async function start(faults: object = {}): Promise<EmulatedStripe> {
  stripe = await runStripe({
    faults,
    stripe: { webhook: { url, secret: SECRET, retryDelaysMs: [1, 1, 1] } },
  });
  return stripe;
}
/** From here on the gateway's waits end when the test says so. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}
const arrived = async (count: number) => {
  await expect.poll(() => received.length, { interval: 2 }).toBe(count);
  return received.map(({ event }) => event);
};
const typesOf = (events: readonly Stripe.Event[]) => events.map(({ type }) => type).sort();

describe('webhooks', () => {
  test("are signed as Stripe's library checks it, freshly at each try", async () => {
    const { sdk } = await start();
    answers = [500];
    const intent = await sdk.paymentIntents.create(payment());
    const events = await arrived(2);
    for (const { headers, body } of received) {
      const signature = String(headers['stripe-signature']);
      const sentAt = Date.parse('2030-01-01') / 1_000;
      expect(signature).toMatch(new RegExp(`^t=${sentAt},v1=[0-9a-f]{64}$`));
      const tolerance = 300;
      const read = sdk.webhooks.constructEvent(body, signature, SECRET, tolerance, undefined, sentAt * 1_000);
      expect(read).toMatchObject({ type: 'payment_intent.created', data: { object: { id: intent.id } } });
      expect(() =>
        sdk.webhooks.constructEvent(`${body} `, signature, SECRET, tolerance, undefined, sentAt * 1_000),
      ).toThrow();
      expect(() =>
        sdk.webhooks.constructEvent(body, signature, 'whsec_other', tolerance, undefined, sentAt * 1_000),
      ).toThrow();
    }
    expect(events[0]).toEqual(events[1]);
  });

  test('and the list of events tell the same', async () => {
    const { sdk } = await start();
    await sdk.paymentIntents.create(paid(), { idempotencyKey: 'k' });
    const events = await arrived(3);
    expect((await sdk.events.list()).data).toEqual([...events].reverse());
    expect(events[0]).toMatchObject({
      object: 'event',
      livemode: false,
      api_version: '2026-10-28.endive',
      request: { id: expect.stringMatching(/^req_/), idempotency_key: 'k' },
    });
    expect(await sdk.events.retrieve(events[0]?.id ?? '')).toEqual(events[0]);
    expect((await sdk.events.list({ type: 'charge.succeeded' })).data).toEqual(
      events.filter(({ type }) => type === 'charge.succeeded'),
    );
  });

  test.each<[what: string, act: (sdk: Stripe) => Promise<unknown>, types: readonly string[]]>([
    [
      'a success',
      (sdk) => sdk.paymentIntents.create(paid()),
      ['charge.succeeded', 'payment_intent.created', 'payment_intent.succeeded'],
    ],
    [
      'a decline',
      (sdk) => refusalOf(sdk.paymentIntents.create(paid({ payment_method: 'pm_card_chargeDeclined' }))),
      ['charge.failed', 'payment_intent.created', 'payment_intent.payment_failed'],
    ],
    [
      'a hold',
      (sdk) => sdk.paymentIntents.create(paid({ capture_method: 'manual' })),
      ['charge.succeeded', 'payment_intent.amount_capturable_updated', 'payment_intent.created'],
    ],
    [
      'authentication',
      (sdk) => sdk.paymentIntents.create(paid({ payment_method: 'pm_card_authenticationRequired' })),
      ['payment_intent.created', 'payment_intent.requires_action'],
    ],
    [
      'a cancel',
      async (sdk) => sdk.paymentIntents.cancel((await sdk.paymentIntents.create(payment())).id),
      ['payment_intent.canceled', 'payment_intent.created'],
    ],
    [
      'a refund',
      async (sdk) =>
        sdk.refunds.create({ payment_intent: (await sdk.paymentIntents.create(paid())).id, amount: 1 }),
      [
        'charge.refunded',
        'charge.succeeded',
        'payment_intent.created',
        'payment_intent.succeeded',
        'refund.created',
      ],
    ],
  ])('about %s', async (_what, act, types) => {
    const { sdk } = await start();
    await act(sdk);
    expect(typesOf(await arrived(types.length))).toEqual(types);
  });

  test.each([
    [
      'pm_pending',
      'pending',
      ['charge.pending', 'payment_intent.created', 'payment_intent.processing'],
      ['charge.succeeded', 'payment_intent.succeeded'],
    ],
    [
      'pm_pending_declined',
      'pending_declined',
      ['charge.pending', 'payment_intent.created', 'payment_intent.processing'],
      ['charge.failed', 'payment_intent.payment_failed'],
    ],
    [
      'pm_lands_late',
      'lands_late',
      [],
      ['charge.succeeded', 'payment_intent.created', 'payment_intent.succeeded'],
    ],
  ])('about %s come when it happens', async (method, fault, first, later) => {
    const { ask, advance } = await start({ [fault]: { delay_ms: 40 } });
    holdTime();
    // Not by the library: it repeats a request whose connection was reset.
    await ask('/payment_intents', { body: PAID_FORM.replace('pm_card_visa', method) });
    expect(typesOf(await arrived(first.length))).toEqual(first);
    advance(40);
    vi.advanceTimersByTime(40);
    const events = (await arrived(first.length + later.length)).slice(first.length);
    expect(typesOf(events)).toEqual(later);
    for (const event of events)
      expect(event.created).toBe(Math.floor((Date.parse('2030-01-01') + 40) / 1_000));
  });

  test('about a refund that fails later show it as it is by then', async () => {
    const { sdk, advance } = await start({ refund_fails_later: { delay_ms: 1_000 } });
    const { id } = await sdk.paymentIntents.create(paid({ payment_method: 'pm_card_refundFail' }));
    const refund = await sdk.refunds.create({ payment_intent: id });
    advance(1_000);
    const failed = (await sdk.events.list({ type: 'refund.failed' })).data;
    expect(failed).toMatchObject([
      { data: { object: { id: refund.id, status: 'failed' } }, request: { id: null } },
    ]);
    const created = (await sdk.events.list({ type: 'refund.created' })).data;
    expect(created).toMatchObject([{ data: { object: { id: refund.id, status: 'succeeded' } } }]);
    expect((await sdk.events.list({ limit: 2 })).data.map(({ type }) => type).sort()).toEqual([
      'refund.failed',
      'refund.updated',
    ]);
  });

  test('the end of a hold is no event if the money was captured in time', async () => {
    const { sdk, advance } = await start();
    const { id } = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    await sdk.paymentIntents.capture(id);
    advance(8 * 86_400_000);
    expect((await sdk.events.list({ type: 'charge.expired' })).data).toEqual([]);
    expect((await sdk.events.list({ type: 'payment_intent.canceled' })).data).toEqual([]);
    expect((await sdk.events.list({ type: 'charge.captured' })).data).toHaveLength(1);
  });

  test('a repeated request has no events of its own', async () => {
    const { sdk } = await start();
    for (const _ of [1, 2]) await sdk.paymentIntents.create(paid(), { idempotencyKey: 'k' });
    expect((await sdk.events.list()).data).toHaveLength(3);
  });

  test('may come twice', async () => {
    const { sdk } = await start();
    await sdk.paymentIntents.create(paid({ payment_method: 'pm_webhook_duplicate' }));
    const events = await arrived(6);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  test('may come in another order', async () => {
    const { sdk } = await start({ webhook_out_of_order: { rate: 1, delay_ms: 60_000 } });
    await sdk.paymentIntents.create(paid());
    const listed = (await sdk.events.list()).data.reverse().map(({ id }) => id);
    const [first, second] = await arrived(2);
    expect([first?.id, second?.id]).toEqual([listed[1], listed[0]]);
  });
});

test('the secret of webhooks must not be empty', async () => {
  const webhook = { url, secret: '' };
  await expect(startFakeGateway({ ledger: createMemoryLedger(), stripe: { webhook } })).rejects.toThrow(
    /secret/,
  );
});
