/**
 * The client against the real service, through a network that fails in any way and any order. Whatever happens, the gateway's ledger has
 * each effect at most once, and what the client tells is true, also after everything that was held back has landed.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChargeResult } from '../../src/client/charge-types.ts';
import { createClientIn } from '../../src/client/client.ts';
import type { CaptureResult } from '../../src/client/operation-types.ts';
import type { RefundInput, RefundResult } from '../../src/client/refund-types.ts';
import { createCapturingGateway } from '../support/capturing.ts';
import { createRefundingGateway, type RefundingGateway } from '../support/refunding.ts';
import { error500 } from '../support/scripted-gateway.ts';
import { FAULTS, type Fault, faultyFetch } from './faulty-fetch.ts';
import { openService, type Service } from './service.ts';
import { createStillTime } from './still-time.ts';

const TERMS = { amountMinor: 10_000, currency: 'USD' };
/** Enough retries for all faults, but not enough time for two requests that hang. */
const BASE = { baseUrl: 'http://payonce.test', maxRetries: 10, deadlineMs: 30_000 };
const RUNS = 100;

const faultScripts = fc.array(fc.constantFrom(...FAULTS), { maxLength: 10 });

const PLAYS = ['approves', 'declines', 'loses_the_answer', 'fails'] as const;
type Play = (typeof PLAYS)[number];

/** What became of the order before. */
const EARLIER = ['nothing', 'other terms', 'a failure'] as const;
type Earlier = (typeof EARLIER)[number];

/** Runs that end in one outcome each, whatever else is drawn. */
const EACH_OUTCOME: [Fault[], Play, Earlier][] = [
  [[], 'approves', 'a failure'],
  [[], 'declines', 'nothing'],
  [[], 'fails', 'nothing'],
  [['lands_late', 'hangs_after'], 'loses_the_answer', 'nothing'],
  [['unavailable', 'stopping'], 'approves', 'other terms'],
];

/** The method of an order says what the gateway does with it. */
function playByMethod(gateway: RefundingGateway): void {
  gateway.play = ({ request, attempt, charge }) => {
    const play = request.method as Play;
    if (play === 'declines') return { kind: 'declined', code: 'no_funds' };
    if (play === 'fails') return error500;
    const approved = charge();
    return play === 'loses_the_answer' && attempt === 1
      ? { kind: 'unknown', answered: false, reason: 'connection_lost' }
      : approved;
  };
}

/** A client behind a network with these faults. */
function brokenClient(service: Service, faults: readonly Fault[], otherAnswer: string) {
  const time = createStillTime();
  const network = faultyFetch(service.fetch, { faults, time, otherAnswer });
  return { client: createClientIn({ ...BASE, fetch: network.fetch }, time), land: network.land };
}

const fineClient = (service: Service) => brokenClient(service, [], '').client;

/** The body of the answer to another order's charge. */
async function answerToAnother(service: Service): Promise<string> {
  const answer = await service.fetch('http://payonce.test/v1/payments', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ order_id: 'another', amount: 10_000, currency: 'USD', method: 'approves' }),
    redirect: 'manual',
    signal: new AbortController().signal,
  });
  return answer.text();
}

describe('for any faults of the network and of the gateway', () => {
  test('an order is charged at most once, and what is told of it is true', async () => {
    const gateway = createRefundingGateway();
    playByMethod(gateway);
    const service = await openService(gateway);
    const otherAnswer = await answerToAnother(service);
    const told = new Map<string, number>();
    let orders = 0;
    const before = fc.constantFrom(...EARLIER);
    await fc.assert(
      fc.asyncProperty(faultScripts, fc.constantFrom(...PLAYS), before, async (faults, method, earlier) => {
        orders += 1;
        const orderId = `order-${orders}`;
        const order = { ...TERMS, orderId, method };
        const charged = () =>
          gateway.calls
            .filter((call) => call.orderId === orderId)
            .map(({ key }) => key)
            .filter((key, n, keys) => keys.indexOf(key) === n && gateway.ledger.has(key)).length;
        const first = {
          'other terms': { amountMinor: 500, method: 'approves' },
          'a failure': { method: 'declines' },
        };
        if (earlier !== 'nothing')
          await fineClient(service).charge(
            { ...order, ...first[earlier] },
            { idempotencyKey: `earlier-${orderId}` },
          );
        const { client, land } = brokenClient(service, faults, otherAnswer);

        const result = await client.charge(order);
        await land();
        told.set(result.outcome, (told.get(result.outcome) ?? 0) + 1);
        judgeCharge(result, charged());

        // Whoever asks again gets the end, and it is the same one.
        const later = await fineClient(service).charge(order);
        judgeCharge(later, charged());
        expect(later.outcome).not.toBe('pending');
        if (result.outcome !== 'pending') expect(later.outcome).toBe(result.outcome);
      }),
      { numRuns: RUNS, examples: EACH_OUTCOME },
    );
    // The examples alone have each. Without one of them, little was tested.
    for (const outcome of ['paid', 'declined', 'failed', 'pending', 'refused'])
      expect(told.get(outcome), outcome).toBeGreaterThan(0);
  });

  function judgeCharge(result: ChargeResult, charges: number): void {
    expect(charges).toBeLessThanOrEqual(1);
    const { outcome } = result;
    if (outcome === 'pending') return;
    expect(['paid', 'declined', 'failed', 'refused']).toContain(outcome);
    // The only refusal here is of the other terms: the order was charged with those, and not by this call.
    if (outcome === 'refused') expect(result.code).toBe('order_conflict');
    else expect(result.payment).toMatchObject(TERMS);
    expect(charges).toBe(outcome === 'paid' || outcome === 'refused' ? 1 : 0);
  }

  test('several programs at once, with any attempts, charge an order at most once', async () => {
    const gateway = createRefundingGateway();
    playByMethod(gateway);
    const service = await openService(gateway);
    const otherAnswer = await answerToAnother(service);
    let orders = 0;
    const programs = fc.array(fc.record({ faults: faultScripts, attempt: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 2,
      maxLength: 4,
    });
    // Each attempt has its own card.
    const cards = fc.array(fc.constantFrom(...PLAYS), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(programs, cards, async (running, methods) => {
        orders += 1;
        const orderId = `together-${orders}`;
        const charged = () => {
          const keys = gateway.calls.filter((call) => call.orderId === orderId).map(({ key }) => key);
          return new Set(keys.filter((key) => gateway.ledger.has(key))).size;
        };
        const orderOf = (attempt: number) => ({
          ...TERMS,
          orderId,
          method: methods[attempt - 1] ?? 'approves',
        });
        const told = await Promise.all(
          running.map(async ({ faults, attempt }) => {
            const { client, land } = brokenClient(service, faults, otherAnswer);
            const result = await client.charge(orderOf(attempt), { attempt });
            await land();
            return result;
          }),
        );
        for (const { attempt } of running)
          told.push(await fineClient(service).charge(orderOf(attempt), { attempt }));
        expect(charged()).toBeLessThanOrEqual(1);
        const outcomes = told.map(({ outcome }) => outcome);
        expect(outcomes).not.toContain('refused');
        if (outcomes.includes('paid')) expect(charged()).toBe(1);
        // Whoever asked last was told how its charge ended, so money that moved was told to somebody.
        else expect(charged()).toBe(0);
      }),
      { numRuns: RUNS / 2 },
    );
  });

  test('a refund is made at most once, and what is told of it is true', async () => {
    const gateway = createRefundingGateway();
    playByMethod(gateway);
    // The reason of a refund is not sent to a gateway, so its amount says what happens.
    gateway.refundPlay = ({ request, book }) => {
      if (request.amountMinor === 2) return { kind: 'declined', code: 'refund_failed' };
      if (request.amountMinor === 3) return error500;
      return book();
    };
    const service = await openService(gateway);
    const otherAnswer = await answerToAnother(service);
    const paid = await fineClient(service).charge({ ...TERMS, orderId: 'paid', method: 'approves' });
    if (paid.outcome !== 'paid') throw new Error(paid.outcome);
    const { paymentId } = paid.payment;
    let refunds = 0;
    await fc.assert(
      fc.asyncProperty(faultScripts, fc.constantFrom(1, 2, 3), async (faults, amountMinor) => {
        refunds += 1;
        const input = { paymentId, amountMinor, refundId: `refund-${refunds}` };
        const madeBefore = gateway.refundLedger.size;
        const made = () => gateway.refundLedger.size - madeBefore;
        const { client, land } = brokenClient(service, faults, otherAnswer);
        const result = await client.refund(input);
        await land();
        judgeRefund(result, input, made());
        const later = await fineClient(service).refund(input);
        judgeRefund(later, input, made());
        expect(later.outcome).not.toBe('pending');
        if (result.outcome !== 'pending') expect(later.outcome).toBe(result.outcome);
      }),
      { numRuns: RUNS / 2 },
    );
  });

  function judgeRefund(result: RefundResult, input: RefundInput, made: number): void {
    expect(made).toBeLessThanOrEqual(1);
    if (result.outcome === 'pending') return;
    expect(['refunded', 'declined', 'failed']).toContain(result.outcome);
    expect(result.refund).toMatchObject(input);
    expect(made).toBe(result.outcome === 'refunded' ? 1 : 0);
  }

  test.each(FAULTS)('a capture is made at most once, with the fault %s', async (fault) => {
    const gateway = createCapturingGateway();
    const service = await openService(gateway);
    const held = await fineClient(service).charge({ ...TERMS, orderId: 'held', captureMethod: 'manual' });
    if (held.outcome !== 'authorized') throw new Error(held.outcome);
    const { client, land } = brokenClient(service, [fault], '{}');
    const { paymentId } = held.payment;
    const results: CaptureResult[] = [await client.capture({ paymentId, amountMinor: 4000 })];
    await land();
    results.push(await client.capture({ paymentId, amountMinor: 4000 }));
    for (const result of results)
      expect(result).toMatchObject({ outcome: 'captured', operation: { amountMinor: 4000 } });
    expect(gateway.captureCalls).toHaveLength(1);
    expect(await client.void({ paymentId })).toMatchObject({
      outcome: 'refused',
      code: 'payment_not_voidable',
    });
  });
});
