/** The text and the flag of an answer must agree on whether a new key may try again. */
import { describe, expect, it } from 'vitest';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { PROBLEMS } from '../../src/domain/problems.ts';
import { answerBody, problemFields } from '../../src/engine/answer.ts';
import type { ChargeProblem } from '../../src/engine/api.ts';
import { problem } from '../../src/engine/problem.ts';
import { chargingReplica } from '../support/charging.ts';
import { createScriptedGateway, decline } from '../support/scripted-gateway.ts';
import { createVirtualWorld } from '../support/virtual-world.ts';
import { body, harness, payment } from './support.ts';

const STATUSES: PaymentStatus[] = ['PROCESSING', 'UNRESOLVED', 'REVIEW', 'COMPLETED', 'FAILED'];
const PAYMENTS = STATUSES.flatMap((status) =>
  [true, false].flatMap((inDoubt) =>
    ['card_declined', 'refunded', null].map((failureCode) => ({ ...payment, status, inDoubt, failureCode })),
  ),
);
const PROMISE = /may be tried.*with a new Idempotency-Key/;

const CHARGE_PROBLEMS: Record<ChargeProblem, true> = {
  effect_not_offered: true,
  order_conflict: true,
  order_not_chargeable: true,
  other_gateway: true,
  result_expired: true,
  idempotency_key_reused: true,
  store_unavailable: true,
  store_outcome_unknown: true,
  store_refused: true,
  shutting_down: true,
  installation_changed: true,
};

describe('the words and the flag', () => {
  it.each(Object.keys(CHARGE_PROBLEMS) as ChargeProblem[])(
    'of the problem %s agree, whatever its payment',
    (code) => {
      for (const about of PAYMENTS) {
        const found = problem(code, about);
        const { safe_to_retry_with_new_key: safe } = problemFields(code, found.detail, found.payment);
        expect([code, about.status, about.inDoubt, safe]).toEqual([
          code,
          about.status,
          about.inDoubt,
          PROMISE.test(found.detail),
        ]);
      }
      expect(problem(code, null).detail).not.toMatch(PROMISE);
    },
  );

  it.each(['card_declined', 'gateway_failed'] as const)('of the failure %s agree', (code) => {
    for (const about of PAYMENTS) {
      const { detail, safe_to_retry_with_new_key: safe } = JSON.parse(answerBody(about, code));
      expect([about.status, about.inDoubt, safe]).toEqual([
        about.status,
        about.inDoubt,
        PROMISE.test(detail),
      ]);
    }
  });

  it('are true only for a failed payment about which nothing is in doubt', () => {
    const safe = PAYMENTS.filter((about) =>
      (Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]).some(
        (code) => problemFields(code, '', about).safe_to_retry_with_new_key,
      ),
    );
    expect(safe.map(({ status, inDoubt }) => [status, inDoubt])).toEqual(
      ['card_declined', 'refunded', null].map(() => ['FAILED', false]),
    );
  });
});

describe('a decline that comes while evidence of its money waits', () => {
  const evidence = { kind: 'unknown', answered: false, reason: 'connection_lost' } as const;

  /** Another worker, which had lost its lease, may have sent the charge once more. */
  async function declinedInDoubt(clears: boolean) {
    const world = createVirtualWorld();
    const gateway = createScriptedGateway();
    const { engine, store } = await chargingReplica(world, gateway);
    gateway.play = decline;
    gateway.lookupPlay = () =>
      clears ? { kind: 'declined', code: 'no_funds', ref: 'd' } : { kind: 'unavailable', reason: 'http_500' };
    store.before('advance', () => {
      const { paymentId, order } = world.stored(body.order_id);
      const { accountId, orderId } = order;
      return store.addEvidence({ payment: { accountId, orderId, paymentId }, chargeN: 1, outcome: evidence });
    });
    const { post } = harness({ charge: (order, options) => world.ended(engine.charge(order, options)) });
    return { post, world };
  }

  it('is answered after the evidence was checked, and then text and flag of the 402 say safe, for good', async () => {
    const { post } = await declinedInDoubt(true);
    const first = await post(body, { 'idempotency-key': 'k' });
    expect(first.statusCode).toBe(402);
    expect(first.json()).toMatchObject({
      code: 'card_declined',
      payment_status: 'FAILED',
      detail: expect.stringMatching(PROMISE),
      safe_to_retry_with_new_key: true,
    });
    const again = await post(body, { 'idempotency-key': 'k' });
    expect(again.rawPayload.equals(first.rawPayload)).toBe(true);
  });

  it('is no answer before: 202, and not safe', async () => {
    const { post, world } = await declinedInDoubt(false);
    const answer = await post(body, { 'idempotency-key': 'k', prefer: 'wait=2' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ safe_to_retry_with_new_key: false });
    expect(world.stored(body.order_id)).toMatchObject({
      answer: null,
      operation: { declineCode: 'no_funds' },
    });
  });
});
