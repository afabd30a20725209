/** Captures and voids of the library, from the call to the gateway's ledger: a real database, HTTP, and every fault of the fake gateway. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { TOKENS } from '../../src/fake-gateway/faults/tokens.ts';
import { createMemoryLedger, startFakeGateway } from '../../src/fake-gateway/index.ts';
import { createHttpGateway } from '../../src/gateways/http/index.ts';
import type { PaymentNow } from '../../src/index.ts';
import { createScriptedGateway } from '../support/scripted-gateway.ts';
import { openProgram } from './world.ts';

const ORDER = { orderId: 'ORD123', amountMinor: 10_000, currency: 'USD', captureMethod: 'manual' } as const;
/** Longer than anything here takes. */
const PATIENT = { waitMs: 60_000 };

const CONTRACT = {
  steps: 'one',
  keys: 'kept',
  keyWindowMs: 86_400_000,
  cachesErrors: false,
  lookup: true,
  lookupLagMs: 300,
  landsWithinMs: 600,
} as const;

/** A program at a fake gateway, whose faults pass soon. `cachesErrors`: the gateway keeps errors under their keys. */
async function openShop({ cachesErrors = false } = {}) {
  const delay = { rate: 0, delay_ms: 100 };
  const faults = {
    ...{ lands_late: delay, slow_answer: delay, lookup_lag: delay, lookup_down: delay, rate_limited: delay },
    ...{ lost_answer: { rate: 0, delay_ms: 60_000 }, authorization_expires: { rate: 0, delay_ms: 300 } },
    ...{
      capture_pending: delay,
      capture_pending_failed: delay,
      void_pending: delay,
      void_pending_failed: delay,
    },
  };
  const far = await startFakeGateway({ ledger: createMemoryLedger(), faults });
  const contract = { ...CONTRACT, cachesErrors };
  const gateway = createHttpGateway({ name: 'fake', url: far.url, contract, livemode: false });
  onTestFinished(async () => {
    await gateway.close();
    await far.close();
  });
  const { payonce } = await openProgram(gateway, { callTimeoutMs: 400, leaseMs: 1500 });
  return {
    payonce,
    /** Authorises an order. `method`: the token that says what goes wrong. */
    async hold(method = 'tok_visa', orderId: string = ORDER.orderId) {
      const charged = await payonce.charge({ ...ORDER, orderId, method }, PATIENT);
      if (charged.outcome !== 'authorized') throw new Error(charged.outcome);
      const { paymentId } = charged.payment;
      return {
        paymentId,
        async charges(): Promise<readonly { readonly status: string; readonly captured: number }[]> {
          const answer = await fetch(`${far.url}/_ledger?order_id=${orderId}`);
          return ((await answer.json()) as { data: { status: string; captured: number }[] }).data;
        },
        async read(): Promise<PaymentNow> {
          const payment = await payonce.payment(paymentId);
          if (payment === null) throw new Error('no payment');
          return payment;
        },
      };
    },
  };
}

async function held(method?: string) {
  const { payonce, hold } = await openShop();
  return { payonce, ...(await hold(method)) };
}

describe('an authorised order', () => {
  test('is captured in part, once, however often and by whomever it is asked for', async () => {
    const { payonce, paymentId, charges, read } = await held();
    expect(await read()).toMatchObject({ status: 'AUTHORIZED', actions: ['capture', 'void', 'look_now'] });
    const part = { paymentId, amountMinor: 4000, metadata: { by: 'me' } };
    const results = await Promise.all([1, 2, 3].map(() => payonce.capture(part, PATIENT)));
    for (const result of results)
      expect(result).toMatchObject({
        outcome: 'captured',
        operation: { operation: 'capture', amountMinor: 4000, status: 'SUCCEEDED', metadata: { by: 'me' } },
      });
    expect(results.filter((result) => 'started' in result && result.started)).toHaveLength(1);
    expect(await charges()).toMatchObject([{ status: 'succeeded', captured: 4000 }]);
    expect(await read()).toMatchObject({
      status: 'COMPLETED',
      sums: { capturedMinor: 4000 },
      actions: ['refund'],
    });
    expect(await payonce.findCapture(paymentId)).toMatchObject({ status: 'SUCCEEDED', actions: [] });
    expect(await payonce.captureEvents(paymentId)).toMatchObject([
      { type: 'capture.created', status: 'PENDING' },
      { type: 'capture.succeeded', status: 'SUCCEEDED' },
    ]);
    expect(await payonce.void({ paymentId }, PATIENT)).toMatchObject({
      outcome: 'refused',
      code: 'payment_not_voidable',
      operation: { operation: 'capture', status: 'SUCCEEDED' },
    });
    expect(await payonce.findVoid(paymentId)).toBeNull();
    const paid = await payonce.charge({ ...ORDER, method: 'tok_visa' }, PATIENT);
    expect(paid).toMatchObject({ outcome: 'paid', started: false });
    expect(await payonce.refund({ paymentId, amountMinor: 4001, refundId: 'r' }, PATIENT)).toMatchObject({
      code: 'refund_exceeds_captured',
    });
    expect(await payonce.refund({ paymentId, refundId: 'r' }, PATIENT)).toMatchObject({
      outcome: 'refunded',
    });
  });

  test('is voided, and is then not paid', async () => {
    const { payonce, paymentId, charges, read } = await held();
    const result = await payonce.void({ paymentId }, PATIENT);
    expect(result).toMatchObject({ outcome: 'voided', operation: { amountMinor: 10_000 } });
    expect(await payonce.void({ paymentId }, PATIENT)).toEqual({ ...result, started: false });
    expect(await charges()).toMatchObject([{ status: 'voided', captured: 0 }]);
    expect(await read()).toMatchObject({ status: 'VOIDED', sums: { capturedMinor: 0 }, actions: [] });
    expect(await payonce.payments({ status: 'VOIDED' })).toHaveLength(1);
    expect(await payonce.charge({ ...ORDER, method: 'tok_visa' }, PATIENT)).toMatchObject({
      outcome: 'released',
      payment: { status: 'VOIDED' },
    });
  });

  test('that the gateway lets go is VOIDED, although nobody asked for a void', async () => {
    const { payonce, paymentId, read } = await held('tok_authorization_expires');
    await expect.poll(async () => (await read()).status, { timeout: 60_000 }).toBe('VOIDED');
    expect(await read()).toMatchObject({ failureCode: 'authorization_expired' });
    expect(await payonce.capture({ paymentId }, PATIENT)).toMatchObject({ code: 'payment_not_capturable' });
  });

  test('is refused by an adapter that captures nothing', async () => {
    const { payonce } = await openProgram(createScriptedGateway());
    expect(await payonce.charge(ORDER, PATIENT)).toMatchObject({
      outcome: 'refused',
      code: 'effect_not_offered',
    });
    expect(await payonce.payments()).toEqual([]);
  });

  test.each([
    ['capture', { paymentId: 5 }, 'paymentId'],
    ['capture', { amountMinor: 0 }, 'amountMinor'],
    ['capture', { refundId: 'r' }, 'refundId'],
    ['void', { amountMinor: 5 }, 'amountMinor'],
  ] as const)('%s of %j is refused with the name of the field', async (kind, changes, field) => {
    const { payonce } = await openProgram(createScriptedGateway());
    const input = { paymentId: '01936b1e-7f2a-7c3d-8e4f-0123456789ab', ...changes } as never;
    await expect(payonce[kind](input)).rejects.toMatchObject({ errors: [{ field }] });
  });
});

/** What is asked for must end as the ledger says, whatever went wrong. */
const TOKENS_OF = (kind: 'capture' | 'void') =>
  TOKENS.filter(({ effect }) => effect === kind).map(({ token }) => token);
/** A second order that is refused would pause all others. A capture of another amount is for a person. */
const APART = /unauthorized|wrong_amount/;

describe.each(['capture', 'void'] as const)('whatever goes wrong with a %s', (kind) => {
  async function expectTruth({ payonce, hold }: Awaited<ReturnType<typeof openShop>>, token: string) {
    const { paymentId, charges, read } = await hold(token, token);
    const { outcome } = await payonce[kind]({ paymentId }, PATIENT);
    const [charge] = await charges();
    const isDone = kind === 'void' ? charge?.status === 'voided' : (charge?.captured ?? 0) > 0;
    const done = kind === 'void' ? 'voided' : 'captured';
    const { status, sums } = await read();
    const ends = { capture: 'COMPLETED', void: 'VOIDED' } as const;
    expect([token, outcome, status, sums.capturedMinor]).toEqual([
      token,
      isDone ? done : expect.stringMatching(/^(declined|failed)$/),
      isDone ? ends[kind] : 'AUTHORIZED',
      charge?.captured,
    ]);
  }

  test('the answer, the payment and the ledger agree', { timeout: 240_000 }, async () => {
    const shop = await openShop();
    const usual = TOKENS_OF(kind).filter((token) => !APART.test(token) && !token.includes('stale'));
    expect(usual.length).toBeGreaterThan(15);
    for (const token of usual) await expectTruth(shop, token);
  });

  test('also at a gateway that keeps errors', { timeout: 240_000 }, async () => {
    const shop = await openShop({ cachesErrors: true });
    for (const token of TOKENS_OF(kind).filter((one) => one.includes('stale')))
      await expectTruth(shop, token);
  });

  test('what is refused waits, and nothing is done', async () => {
    const { payonce, hold } = await openShop();
    const { paymentId, charges } = await hold(`tok_${kind}_unauthorized`);
    expect(await payonce[kind]({ paymentId }, { waitMs: 100 })).toMatchObject({ outcome: 'pending' });
    expect(await charges()).toMatchObject([{ status: 'succeeded', captured: 0 }]);
  });
});

test('a capture of another amount is for a person, and keeps everything else out', async () => {
  const { payonce, paymentId } = await held('tok_capture_wrong_amount');
  expect(await payonce.capture({ paymentId }, PATIENT)).toMatchObject({
    outcome: 'review',
    reason: 'amount_mismatch',
  });
  expect(await payonce.void({ paymentId }, PATIENT)).toMatchObject({ code: 'operation_in_progress' });
});
