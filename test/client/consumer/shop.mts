/**
 * A program that uses the whole client. `npm run try-package` compiles and runs it with the packed package, as ES module and as CommonJS; the
 * check of types compiles it, too. Every mistake in it must be refused by the compiler.
 */
import {
  type CaptureResult,
  type ChargeResult,
  type ClientOptions,
  createClient,
  type PayonceClient,
  PayonceInputError,
  PayonceReadError,
  type ProblemCode,
  type RefundResult,
  verifyWebhook,
} from 'payonce/client';

const payment = {
  payment_id: '01936b1e-7f2a-7c3d-8e4f-0123456789ab',
  order_id: 'ORD123',
  amount: 10_000,
  currency: 'USD',
  status: 'COMPLETED',
  attempts: 1,
  failure_code: null,
  gateway: 'http',
  livemode: true,
  gateway_ref: 'ch_1',
  safe_to_retry_with_new_key: false,
  metadata: {},
  created_at: '2026-11-23T12:00:00.000Z',
  updated_at: '2026-11-23T12:00:01.000Z',
};

const options: ClientOptions = {
  baseUrl: 'https://pay.example',
  apiKey: 'key',
  timeoutMs: 1000,
  fetch: async (url, init) =>
    new Response(JSON.stringify(payment), {
      status: init.method === 'POST' && url.endsWith('/v1/payments') ? 201 : 404,
      headers: { 'content-type': 'application/json' },
    }),
};
const payonce: PayonceClient = createClient(options);
createClient({ baseUrl: 'https://pay.example', fetch });

function say(result: ChargeResult): string {
  switch (result.outcome) {
    case 'paid':
      return `paid ${result.payment.amountMinor} ${result.payment.currency}`;
    case 'authorized':
    case 'released':
      return result.payment.status;
    case 'declined':
    case 'failed':
      return result.safeToRetryWithNewKey ? 'try again' : result.code;
    case 'pending':
      if (result.reason === 'customer_must_act') return result.nextAction.type ?? '';
      if (result.payment === null) return result.idempotencyKey;
      return `${result.payment.paymentId} ${result.retryAfterMs}`;
    case 'review':
      return result.reason;
    case 'refused':
      return result.code;
  }
}

export async function everything(paymentId: string, signal: AbortSignal): Promise<void> {
  const order = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD', method: undefined };
  await payonce.charge(order, {
    idempotencyKey: 'k',
    deadlineMs: 1,
    signal,
    onNextAction: (action) => void action.url,
  });
  const captured: CaptureResult = await payonce.capture({ paymentId, amountMinor: 1 }, { attempt: 2 });
  if (captured.outcome === 'captured') captured.operation.capturedMinor?.toFixed();
  if ((await payonce.void({ paymentId })).outcome === 'voided') return;
  const refunded: RefundResult = await payonce.refund({ paymentId, refundId: 'r' });
  if (refunded.outcome === 'refunded') refunded.refund.amountMinor.toFixed();
  await payonce.refund({ paymentId, idempotencyKey: 'k' }, { signal });
  const left = (await payonce.payment(paymentId))?.sums.capturedMinor ?? 0;
  for await (const { actions, status } of payonce.payments({ status: 'REVIEW', pageSize: left }))
    void [actions, status];
  for await (const { chargeN } of payonce.events(paymentId)) void chargeN;
  for await (const { reason } of payonce.refunds(paymentId)) void reason;
  for await (const { seq } of payonce.refundEvents(paymentId, 'r')) void seq;
  await payonce.findRefund(paymentId, 'r', { signal });
  await payonce.findCapture(paymentId);
  await payonce.findVoid(paymentId);
  for await (const { type } of payonce.captureEvents(paymentId)) void type;
  for await (const { atMs } of payonce.voidEvents(paymentId)) void atMs;
  const looked = await payonce.lookNow(paymentId, { operation: 'void', actor: 'a' });
  if (looked.outcome === 'accepted') void looked.operation?.status;
  const stated = { paymentId, evidence: 'e', actor: 'a' };
  await payonce.resolve({ ...stated, outcome: 'completed', gatewayRef: 'g', amountMinor: 1 });
  await payonce.resolve({ ...stated, outcome: 'failed', refundId: 'r' });
}

/** Never run: each line would be refused or misread. */
export async function mistakes(paymentId: string): Promise<void> {
  // @ts-expect-error an amount as text
  await payonce.charge({ orderId: 'a', amountMinor: '1', currency: 'USD' });
  // @ts-expect-error no currency
  await payonce.charge({ orderId: 'a', amountMinor: 1 });
  // @ts-expect-error a misspelt field
  await payonce.charge({ orderId: 'a', amountMinor: 1, currency: 'USD', captureMetod: 'manual' });
  const order = { orderId: 'a', amountMinor: 1, currency: 'USD' };
  const result = await payonce.charge(order);
  // @ts-expect-error a payment that may be none
  void result.payment.orderId;
  // @ts-expect-error an outcome that there is not
  void (result.outcome === 'success');
  // @ts-expect-error a pending charge has no code
  if (result.outcome === 'pending') void result.code;
  // @ts-expect-error a refund without a name
  await payonce.refund({ paymentId, amountMinor: 1 });
  // @ts-expect-error a void of an amount
  await payonce.void({ paymentId, amountMinor: 1 });
  // @ts-expect-error what is completed needs its amount
  await payonce.resolve({ paymentId, outcome: 'completed', evidence: 'e', actor: 'a' });
  // @ts-expect-error a code that there is not
  const code: ProblemCode = 'order_conflicts';
  void code;
}

function print(line: unknown): void {
  // biome-ignore lint/suspicious/noConsole: it runs in browsers, too, so it has no other way to print
  console.log(line);
}

async function main(): Promise<void> {
  print(say(await payonce.charge({ orderId: 'ORD123', amountMinor: 10_000, currency: 'USD' })));
  const read = await payonce.payment(payment.payment_id, { deadlineMs: 1 }).catch((error: unknown) => error);
  print(read instanceof PayonceReadError ? read.code : read);
  const wrong = await payonce.payment('x').catch((error: unknown) => error);
  print(wrong instanceof PayonceInputError ? wrong.name : wrong);
  const check = await verifyWebhook({
    body: '{"test": 2432232314}',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    nowMs: 1_614_265_330_000,
  });
  print(check.outcome);
}

void main();
