/** The addresses for operators: look now, and resolve. */
import { describe, expect, it } from 'vitest';
import type { OperatorAnswer } from '../../src/engine/api.ts';
import { operatorProblem } from '../../src/engine/operator/problem.ts';
import { paymentNowFields } from '../../src/http/payment-now.ts';
import { refundNowFields } from '../../src/http/refund-now.ts';
import { refundNow } from '../support/refund.ts';
import { CARD, expectProblem, harness, PAYMENT_ID, payment, SECRET } from './support.ts';

const PAYMENT = `/v1/payments/${PAYMENT_ID}`;
const REFUND = `${PAYMENT}/refunds/${SECRET}%20a%2Fb`;
const FAILED = { outcome: 'failed', evidence: `${SECRET}: it said no`, actor: 'amira' };
const PAID = { ...FAILED, outcome: 'completed', gateway_ref: 'ch_1', amount_captured: 10000 };
const REFUNDED = { ...FAILED, outcome: 'succeeded', gateway_ref: 're_1', amount_refunded: 4000 };

function posting(answer?: OperatorAnswer, options: Parameters<typeof harness>[1] = {}) {
  const script = answer === undefined ? {} : { operate: () => answer };
  const { inject, operated, lines } = harness(script, options);
  const post = (url: string, payload?: unknown) =>
    inject({
      method: 'POST',
      url,
      ...(payload === undefined
        ? {}
        : {
            headers: { 'content-type': 'application/json' },
            payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
          }),
    });
  return { post, operated, lines };
}

const target = { accountId: 'default', paymentId: PAYMENT_ID, followUp: null };
const ofRefund = { ...target, followUp: { kind: 'refund', name: `${SECRET} a/b` } };

describe('POST …/look-now', () => {
  it.each([
    [PAYMENT, target],
    [REFUND, ofRefund],
  ])('%s asks the engine, with or without a body', async (address, asked) => {
    const { post, operated } = posting();
    expect((await post(`${address}/look-now`)).statusCode).toBe(202);
    expect((await post(`${address}/look-now`, {})).statusCode).toBe(202);
    expect((await post(`${address}/look-now/`, { actor: 'amira' })).statusCode).toBe(202);
    expect(operated).toEqual([
      { ...asked, actor: null },
      { ...asked, actor: null },
      { ...asked, actor: 'amira' },
    ]);
  });

  it.each([
    [{ actor: '' }, 'invalid_request'],
    [{ actor: 'a\nb' }, 'invalid_request'],
    [{ actor: 'a'.repeat(101) }, 'invalid_request'],
    [{ by: 'amira' }, 'invalid_request'],
    [[], 'invalid_request'],
    [{ actor: CARD }, 'card_number_refused'],
    ['{', 'invalid_json'],
  ])('with %j is refused', async (body, code) => {
    const { post, operated } = posting();
    expectProblem(await post(`${PAYMENT}/look-now`, body), 400, code);
    expect(operated).toEqual([]);
  });
});

it('with an API key, the audit trail names the key beside what the request says', async () => {
  const caller = { accountId: 'shop', keyId: 'k1', may: () => true, take: () => null };
  const { post, operated } = posting(undefined, { access: { admit: () => caller } });
  await post(`${PAYMENT}/look-now`);
  await post(`${PAYMENT}/look-now`, { actor: 'amira' });
  await post(`${PAYMENT}/resolve`, FAILED);
  const ofShop = { ...target, accountId: 'shop' };
  expect(operated).toEqual([
    { ...ofShop, actor: 'key k1' },
    { ...ofShop, actor: 'amira, key k1' },
    { ...ofShop, evidence: FAILED.evidence, wish: { outcome: 'failed', actor: 'amira, key k1' } },
  ]);
});

describe('POST …/resolve', () => {
  it('passes on what was stated about a payment', async () => {
    const { post, operated } = posting();
    expect((await post(`${PAYMENT}/resolve`, FAILED)).statusCode).toBe(202);
    expect((await post(`${PAYMENT}/resolve`, PAID)).statusCode).toBe(202);
    const { evidence, actor } = FAILED;
    expect(operated).toEqual([
      { ...target, evidence, wish: { outcome: 'failed', actor } },
      { ...target, evidence, wish: { outcome: 'completed', gatewayRef: 'ch_1', amountMinor: 10000, actor } },
    ]);
  });

  it('passes on what was stated about a refund', async () => {
    const { post, operated } = posting({ kind: 'refund', refund: refundNow });
    expect((await post(`${REFUND}/resolve`, REFUNDED)).statusCode).toBe(202);
    const wish = { outcome: 'completed', gatewayRef: 're_1', amountMinor: 4000, actor: 'amira' };
    expect(operated).toEqual([{ ...ofRefund, evidence: FAILED.evidence, wish }]);
  });

  it('answers with the payment or the refund as it is, and says when to ask again', async () => {
    const review = {
      ...payment,
      status: 'REVIEW' as const,
      retryAfterMs: 60_000,
      actions: ['resolve' as const],
    };
    const shown = await posting({ kind: 'payment', payment: review }).post(`${PAYMENT}/resolve`, FAILED);
    expect(shown.json()).toEqual({ ...paymentNowFields(review), retry_after_ms: 1000 });
    expect(shown.json().actions).toEqual(['resolve']);
    expect(shown.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
    const over = { ...refundNow, status: 'FAILED' as const, retryAfterMs: null };
    const ended = await posting({ kind: 'refund', refund: over }).post(`${REFUND}/resolve`, FAILED);
    expect(ended.json()).toEqual(refundNowFields(over));
    expect(ended.headers['retry-after']).toBeUndefined();
  });

  it.each([
    [PAYMENT, {}, ['/evidence', '/actor', '/outcome']],
    [PAYMENT, { ...FAILED, outcome: 'succeeded' }, ['/outcome']],
    [PAYMENT, { ...FAILED, outcome: 'completed' }, ['/gateway_ref', '/amount_captured']],
    [PAYMENT, { ...PAID, outcome: 'failed' }, ['/gateway_ref', '/amount_captured']],
    [PAYMENT, { ...PAID, amount_captured: '10000' }, ['/amount_captured']],
    [PAYMENT, { ...PAID, amount_captured: 0 }, ['/amount_captured']],
    [PAYMENT, { ...PAID, amount_captured: null }, ['/amount_captured']],
    [PAYMENT, { ...PAID, gateway_ref: 'ch 1' }, ['/gateway_ref']],
    [PAYMENT, { ...FAILED, evidence: '' }, ['/evidence']],
    [PAYMENT, { ...FAILED, evidence: 'a'.repeat(501) }, ['/evidence']],
    [PAYMENT, { ...FAILED, amount_refunded: 1 }, ['/amount_refunded']],
    [REFUND, { ...FAILED, outcome: 'completed' }, ['/outcome']],
    [REFUND, { ...REFUNDED, amount_captured: 1 }, ['/amount_captured']],
  ])('%s with %j is refused', async (address, body, pointers) => {
    const { post, operated } = posting();
    const response = await post(`${address}/resolve`, body);
    expectProblem(response, 400, 'invalid_request');
    const errors: readonly { readonly pointer: string }[] = response.json().errors;
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(operated).toEqual([]);
  });

  it.each(['evidence', 'actor', 'gateway_ref'])('with a card number in %s is refused', async (field) => {
    const { post, operated } = posting();
    expectProblem(await post(`${PAYMENT}/resolve`, { ...PAID, [field]: CARD }), 400, 'card_number_refused');
    expect(operated).toEqual([]);
  });

  it('without a body is refused', async () => {
    expectProblem(await posting().post(`${PAYMENT}/resolve`), 400, 'invalid_json');
  });

  it.each([
    ['not_in_review', 409],
    ['resolution_conflict', 409],
    ['amount_differs', 409],
    ['other_gateway', 409],
    ['payment_not_found', 404],
    ['under_way', 503],
  ] as const)('says %s with the reason', async (code, status) => {
    const { post } = posting(operatorProblem(code));
    const response = await post(`${PAYMENT}/resolve`, FAILED);
    expectProblem(response, status, code);
    expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  });

  it.each([
    [`/v1/payments/${SECRET}/resolve`, 'payment_not_found'],
    [`/v1/payments/${SECRET}/refunds/r/resolve`, 'payment_not_found'],
    [`${PAYMENT}/refunds/%00/resolve`, 'refund_not_found'],
  ] as const)('%s does not exist', async (url, code) => {
    const { post, operated } = posting();
    expectProblem(await post(url, FAILED), 404, code);
    expect(operated).toEqual([]);
  });

  it('is logged by its route, without what was said', async () => {
    const { post, lines } = posting();
    await post(`${PAYMENT}/resolve`, FAILED);
    expect(lines).toEqual([
      expect.objectContaining({ route: '/v1/payments/:id/resolve', status: 202, payment_id: PAYMENT_ID }),
    ]);
  });
});
