/** What a charge sends, and what it makes of the answers. */
import { describe, expect, test } from 'vitest';
import {
  failed,
  ORDER,
  PAYMENT_ID,
  paid,
  paymentFields,
  problem,
  type Scripted,
  scriptedClient,
  underWay,
} from '../../test/client/scripted.ts';
import type { ChargeInput, ChargeOptions } from './charge-types.ts';

/** The outcome of the order, and how many requests it took. */
async function outcomeOf(answers: readonly Scripted[], options?: ChargeOptions, input: ChargeInput = ORDER) {
  const { client, sent } = scriptedClient(answers);
  return { result: await client.charge(input, options), sent };
}

describe('the request', () => {
  test('has the whole order, and nothing else', async () => {
    const { client, sent } = scriptedClient([paid], { apiKey: 'pk_1' });
    await client.charge({
      ...ORDER,
      method: 'tok',
      metadata: { a: 'b' },
      giveUpAfterS: 60,
      captureMethod: 'automatic',
    });
    expect(sent).toEqual([
      {
        url: 'https://pay.example/prefix/v1/payments',
        method: 'POST',
        redirect: 'manual',
        headers: {
          accept: 'application/json, application/problem+json',
          'content-type': 'application/json',
          authorization: 'Bearer pk_1',
          'idempotency-key': '"payonce-client-jfhbbddjlaplhelnljlihlnbbjfbjanl-a1"',
          prefer: 'wait=10',
        },
        body: {
          order_id: 'ORD123',
          amount: 10_000,
          currency: 'USD',
          method: 'tok',
          metadata: { a: 'b' },
          give_up_after_s: 60,
          capture_method: 'automatic',
        },
      },
    ]);
  });

  test('is about the order as it was given, whatever the caller does with the object afterwards', async () => {
    const { client, sent } = scriptedClient(['throws', paid]);
    const order = { ...ORDER, metadata: { a: 'b' } };
    const result = client.charge(order);
    Object.assign(order, { orderId: 'other', amountMinor: 1, currency: 'EUR' });
    order.metadata.a = 'c';
    expect(await result).toMatchObject({ outcome: 'paid', payment: { orderId: ORDER.orderId } });
    const asked = { order_id: ORDER.orderId, amount: ORDER.amountMinor, metadata: { a: 'b' } };
    expect(sent).toMatchObject([{ body: asked }, { body: asked }]);
  });

  test.each<[string, object]>([
    ['capture_method', { captureMethod: () => 'manual' }],
    ['capture_method', { captureMethod: Symbol('manual') }],
    ['method', { method: () => 'tok_visa' }],
    ['method.toJSON', { method: { toJSON: () => undefined } }],
    ['give_up_after_s', { giveUpAfterS: () => 5 }],
    ['give_up_after_s', { giveUpAfterS: Number.NaN }],
    ['metadata', { metadata: new Map([['a', 'b']]) }],
    ['metadata.a', { metadata: { a: undefined } }],
    ['metadata.a', { metadata: { a: 1n } }],
    ['metadata.a[1]', { metadata: { a: ['b', () => 'c'] } }],
  ])('is refused at once if JSON would lose its %s', async (name, changes) => {
    const { client, sent } = scriptedClient([paid]);
    const order = { ...ORDER, ...changes } as ChargeInput;
    await expect(client.charge(order)).rejects.toThrow(`${name} must be a text, a number`);
    expect(sent).toEqual([]);
  });

  test('is refused at once if it leads to itself', async () => {
    const { client, sent } = scriptedClient([paid]);
    const metadata: Record<string, unknown> = {};
    metadata.a = metadata;
    await expect(client.charge({ ...ORDER, metadata } as ChargeInput)).rejects.toThrow(
      'cannot be written as JSON',
    );
    expect(sent).toEqual([]);
  });

  test.each<[string, object]>([
    ['signal', { signal: new AbortController() }],
    ['signal', { signal: { aborted: false, addEventListener() {} } }],
    ['signal', { signal: null }],
    ['onNextAction', { onNextAction: 5 }],
  ])('is refused at once if its %s cannot be used', async (name, options) => {
    const { client, sent } = scriptedClient([paid]);
    await expect(client.charge(ORDER, options)).rejects.toThrow(`${name} must be a`);
    expect(sent).toEqual([]);
  });

  test('takes a signal of an older make, without throwIfAborted', async () => {
    const { client } = scriptedClient([paid]);
    const signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
    const result = await client.charge(ORDER, { signal: signal as unknown as AbortSignal });
    expect(result).toMatchObject({ outcome: 'paid' });
  });

  test('keeps its key over all retries, and a new client makes the same one', async () => {
    const first = await outcomeOf(['throws', 'hangs', { status: 502, body: '<html>' }, underWay(), paid]);
    const later = await outcomeOf([paid]);
    const keys = [...first.sent, ...later.sent].map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(1);
    expect(first.result.outcome).toBe('paid');
  });

  test('another attempt and another order have other keys, and no key can look like a card number', async () => {
    const keys = new Set<string>();
    for (const orderId of ['a', 'b', 'é', 'a\n2'])
      for (const attempt of [1, 2, 1000]) {
        const answer = { status: 201, body: paymentFields({ order_id: orderId }) };
        const { sent } = await outcomeOf([answer], { attempt }, { ...ORDER, orderId });
        keys.add(sent[0]?.headers['idempotency-key'] ?? '');
      }
    expect(keys.size).toBe(12);
    for (const key of keys) expect(key).toMatch(/^"payonce-client-[a-p]{32}-a\d{1,4}"$/);
  });

  test('quotes a key of the caller', async () => {
    const { sent } = await outcomeOf([paid], { idempotencyKey: 'my "own" \\ key' });
    expect(sent[0]?.headers['idempotency-key']).toBe('"my \\"own\\" \\\\ key"');
  });

  test.each<[string, unknown, unknown]>([
    ['amountMinor counts minor units', { ...ORDER, amountMinor: 10.5 }, {}],
    ['The order must be an object', null, {}],
    ['The options must be an object', ORDER, 'try-1'],
    ['amountMinor', { ...ORDER, amountMinor: 2 ** 53 }, {}],
    ['amountMinor', { ...ORDER, amountMinor: '10' }, {}],
    ['orderId', { ...ORDER, orderId: '' }, {}],
    ['cannot have captureMetod, only', { ...ORDER, captureMetod: 'manual' }, {}],
    ['cannot have idempotency_key, only', ORDER, { idempotency_key: 'k' }],
    ['attempt', ORDER, { attempt: 0 }],
    ['either', ORDER, { attempt: 2, idempotencyKey: 'k' }],
    ['idempotencyKey', ORDER, { idempotencyKey: 'é' }],
    ['deadlineMs', ORDER, { deadlineMs: 0 }],
  ])('is not made if %s is wrong', async (name, input, options) => {
    const { client, sent } = scriptedClient([paid]);
    const charge = client.charge(input as ChargeInput, options as ChargeOptions);
    await expect(charge).rejects.toMatchObject({
      name: 'PayonceInputError',
      message: expect.stringContaining(name),
    });
    expect(sent).toEqual([]);
  });
});

describe('an outcome', () => {
  test('is paid only for COMPLETED', async () => {
    const { result } = await outcomeOf([
      { status: 200, body: paymentFields(), headers: { 'idempotent-replayed': 'true' } },
    ]);
    expect(result).toEqual({
      outcome: 'paid',
      replayed: true,
      payment: {
        ...{ paymentId: PAYMENT_ID, ...ORDER, status: 'COMPLETED', attempts: 1, failureCode: null },
        ...{ gateway: 'http', livemode: true, gatewayRef: 'ch_1', safeToRetryWithNewKey: false },
        ...{ retryAfterMs: null, nextAttemptAtMs: null, nextAction: null, metadata: {} },
        ...{ createdAtMs: Date.UTC(2026, 10, 23, 12), updatedAtMs: Date.UTC(2026, 10, 23, 12, 0, 1) },
      },
    });
  });

  test('is authorized or released with manual capture', async () => {
    const manual = { ...ORDER, captureMethod: 'manual' } as const;
    for (const [status, outcome] of [
      ['AUTHORIZED', 'authorized'],
      ['VOIDED', 'released'],
    ]) {
      const body = paymentFields({ status, capture_method: 'manual' });
      expect((await outcomeOf([{ status: 200, body }], {}, manual)).result.outcome).toBe(outcome);
    }
  });

  test.each([
    [402, 'card_declined', 'declined'],
    [502, 'gateway_failed', 'failed'],
  ])('of %i %s is a proof that nothing was charged', async (status, code, outcome) => {
    const { result, sent } = await outcomeOf([failed(status, code)]);
    expect(result).toMatchObject({
      outcome,
      code,
      safeToRetryWithNewKey: true,
      payment: { status: 'FAILED' },
    });
    expect(sent).toHaveLength(1);
  });

  test('is refused with the code, the fields and the payment of the order', async () => {
    const { status: _, ...fields } = paymentFields({ amount: 1 });
    const conflict = problem(409, 'order_conflict', { ...fields, payment_status: 'COMPLETED' });
    expect((await outcomeOf([conflict])).result).toMatchObject({
      outcome: 'refused',
      code: 'order_conflict',
      payment: { status: 'COMPLETED', amountMinor: 1 },
      retryAfterMs: null,
    });
    const errors = [{ pointer: '/currency', detail: 'is not known' }];
    expect((await outcomeOf([problem(400, 'invalid_request', { errors })])).result).toMatchObject({
      outcome: 'refused',
      code: 'invalid_request',
      payment: null,
      fields: [{ at: '/currency', detail: 'is not known' }],
    });
  });

  test('is review for what a person must decide, at once', async () => {
    const { result, sent } = await outcomeOf([
      underWay({ status: 'REVIEW', failure_code: 'amount_mismatch' }),
    ]);
    expect(result).toMatchObject({ outcome: 'review', reason: 'amount_mismatch' });
    expect(sent).toHaveLength(1);
  });
});

describe('an answer is not believed', () => {
  const other = (changes: Record<string, unknown>): Scripted => ({
    status: 201,
    body: paymentFields(changes),
  });
  test.each<[string, Scripted]>([
    ['about another order', other({ order_id: 'ORD124' })],
    ['about another amount', other({ amount: 10_001 })],
    ['about another currency', other({ currency: 'EUR' })],
    ['about another capture method', other({ capture_method: 'manual', status: 'AUTHORIZED' })],
    ['with an amount that JSON has rounded', other({ amount: 2 ** 53 })],
    ['with a status that there is not', other({ status: 'PAID' })],
    ['with 201 for what is under way', other({ status: 'PROCESSING' })],
    ['with 202 for what is paid', { status: 202, body: paymentFields() }],
    ['that lacks a field', other({ livemode: undefined })],
    ['that is HTML', { status: 200, body: '<html>Welcome</html>' }],
    ['that is a list', { status: 200, body: [paymentFields()] }],
    ['of a captive portal', { status: 200, body: { ok: true } }],
    ['of a redirect', { status: 302, body: '' }],
    [
      'that is cut off',
      {
        status: 201,
        body: JSON.stringify(paymentFields()).slice(0, -1),
        headers: { 'content-type': 'application/json' },
      },
    ],
    [
      'that has the wrong type',
      { status: 201, body: paymentFields(), headers: { 'content-type': 'text/plain' } },
    ],
    ['a decline of another order', failed(402, 'card_declined', { order_id: 'ORD124' })],
    ['a decline of another amount', failed(402, 'card_declined', { amount: 1 })],
    ['a decline without a payment', problem(402, 'card_declined')],
    ['a problem of a proxy', { status: 409, body: { type: 'about:blank', status: 409, detail: 'no' } }],
    ['a problem under another status', { status: 400, body: { ...problemBody(409, 'order_conflict') } }],
    ['a failure that this release does not know', failed(402, 'card_frozen')],
  ])('%s', async (_what, answer) => {
    const { client } = scriptedClient([answer], { maxRetries: 1 });
    expect(await client.charge(ORDER)).toMatchObject({
      outcome: 'pending',
      reason: 'no_answer',
      payment: null,
    });
    // And it takes nothing from the answer that comes next.
    const recovered = await scriptedClient([answer, paid]).client.charge(ORDER);
    if (JSON.stringify(answer).includes('302')) return;
    expect(recovered.outcome).toBe('paid');
  });

  function problemBody(status: number, code: string): object {
    return { type: `/problems/${code}`, title: '', code, detail: '', status };
  }
});

describe('while nothing is proved', () => {
  test('asks again, as the server says, until it is', async () => {
    const { client, sent, time } = scriptedClient([underWay(), underWay({ retry_after_ms: 7000 }), paid]);
    expect((await client.charge(ORDER)).outcome).toBe('paid');
    expect(sent).toHaveLength(3);
    expect(time.ended).toEqual([1000, 7000]);
  });

  test('ends in time, and says which payment it is and how to ask again', async () => {
    const { client, sent, time } = scriptedClient([underWay({ retry_after_ms: 4000 })]);
    const result = await client.charge(ORDER, { deadlineMs: 10_000, attempt: 3 });
    expect(result).toMatchObject({
      outcome: 'pending',
      reason: 'in_progress',
      retryAfterMs: 4000,
      payment: { paymentId: PAYMENT_ID, status: 'PROCESSING' },
      detail: expect.stringContaining(PAYMENT_ID),
    });
    expect(sent[0]?.headers['idempotency-key']).toBe(
      `"${result.outcome === 'pending' ? result.idempotencyKey : ''}"`,
    );
    expect(sent).toHaveLength(3);
    expect(time.nowMs()).toBeLessThanOrEqual(10_000);
  });

  test('ends in time also if every request hangs', async () => {
    const { client, time, sent } = scriptedClient(['hangs']);
    expect(await client.charge(ORDER)).toMatchObject({
      outcome: 'pending',
      reason: 'no_answer',
      payment: null,
      idempotencyKey: expect.any(String),
    });
    expect(time.nowMs()).toBeLessThanOrEqual(60_000);
    expect(sent.length).toBeGreaterThan(3);
  });

  test('what is known of the payment is not lost when later requests fail', async () => {
    const { client } = scriptedClient([underWay(), 'throws'], { maxRetries: 2 });
    expect(await client.charge(ORDER)).toMatchObject({
      outcome: 'pending',
      payment: { paymentId: PAYMENT_ID },
    });
  });

  test('a failure in doubt is pending', async () => {
    const { client } = scriptedClient([underWay({ status: 'FAILED' })]);
    expect(await client.charge(ORDER)).toMatchObject({ outcome: 'pending', reason: 'in_doubt' });
  });
});

describe('a refusal', () => {
  const refusal = problem(422, 'idempotency_key_reused');

  test('is no outcome if an earlier request may have arrived', async () => {
    for (const first of ['throws', { status: 502, body: '' }, problem(500, 'internal_error')] as const)
      expect((await outcomeOf([first, refusal])).result).toMatchObject({
        outcome: 'pending',
        reason: 'no_answer',
        detail: expect.stringContaining('idempotency_key_reused'),
      });
  });

  test('is one if all earlier requests were refused', async () => {
    for (const first of [
      problem(503, 'store_unavailable'),
      problem(503, 'shutting_down'),
      problem(408, 'request_timeout'),
    ])
      expect((await outcomeOf([first, refusal])).result).toMatchObject({
        outcome: 'refused',
        code: 'idempotency_key_reused',
      });
  });

  test('for now is repeated, and then told', async () => {
    const { client, sent } = scriptedClient([problem(503, 'store_unavailable', { retry_after_ms: 2000 })], {
      maxRetries: 3,
    });
    expect(await client.charge(ORDER)).toMatchObject({
      outcome: 'refused',
      code: 'store_unavailable',
      retryAfterMs: 2000,
    });
    expect(sent).toHaveLength(4);
  });

  test('that somebody must mend first is not repeated', async () => {
    const { result, sent } = await outcomeOf([problem(503, 'store_refused', { retry_after_ms: 30_000 })]);
    expect(result).toMatchObject({ outcome: 'refused', code: 'store_refused', retryAfterMs: 30_000 });
    expect(sent).toHaveLength(1);
  });

  test('by a code of a newer server is a refusal below 500, and no answer above', async () => {
    expect((await outcomeOf([problem(401, 'api_key_unknown')])).result).toMatchObject({
      outcome: 'refused',
      code: 'api_key_unknown',
    });
    expect((await outcomeOf([problem(503, 'brand_new')])).result).toMatchObject({ outcome: 'pending' });
  });

  test('store_outcome_unknown is pending', async () => {
    expect((await outcomeOf([problem(503, 'store_outcome_unknown')])).result).toMatchObject({
      outcome: 'pending',
      reason: 'store_outcome_unknown',
    });
  });
});

describe('the pause before a retry', () => {
  test('grows, and is at least what the server says', async () => {
    const { client, time } = scriptedClient(['throws'], { maxRetries: 7 });
    await client.charge(ORDER);
    expect(time.ended).toEqual([100, 200, 400, 800, 1600, 2500, 2500]);
    const told = scriptedClient([
      { status: 429, body: '', headers: { 'retry-after': '3' } },
      {
        status: 503,
        body: '',
        headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:09 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' },
      },
      paid,
    ]);
    await told.client.charge(ORDER);
    expect(told.time.ended).toEqual([3100, 9200]);
  });

  test('is not begun if it would end after the deadline', async () => {
    const { client, time } = scriptedClient([{ status: 503, body: '', headers: { 'retry-after': '3600' } }]);
    expect(await client.charge(ORDER)).toMatchObject({ outcome: 'pending', retryAfterMs: 3_600_000 });
    expect(time.ended).toEqual([]);
  });
});

test('a request that took too long is ended, and so is one that the caller gave up', async () => {
  const signals: AbortSignal[] = [];
  const hang = (_url: string, { signal }: { readonly signal: AbortSignal }): Promise<never> => {
    if (signals.push(signal) === 3) controller.abort(new Error('enough'));
    return new Promise(() => {});
  };
  const controller = new AbortController();
  await scriptedClient([], { fetch: hang, maxRetries: 1 }).client.charge(ORDER);
  const charge = scriptedClient([], { fetch: hang }).client.charge(ORDER, { signal: controller.signal });
  await expect(charge).rejects.toThrow('enough');
  expect(signals).toHaveLength(3);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
});

describe('the signal of the caller', () => {
  test('ends the call while a request hangs, while it pauses, and before it begins', async () => {
    for (const answer of ['hangs', problem(503, 'shutting_down')] as const) {
      const controller = new AbortController();
      const { client } = scriptedClient([answer], {
        fetch: async () => {
          setImmediate(() => controller.abort(new Error('enough')));
          return new Promise(() => {});
        },
      });
      await expect(client.charge(ORDER, { signal: controller.signal })).rejects.toThrow('enough');
    }
    const { client, sent } = scriptedClient([paid]);
    await expect(client.charge(ORDER, { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow(
      'never',
    );
    expect(sent).toEqual([]);
  });
});

describe('if the customer must act', () => {
  const action = { type: 'redirect_to_url', url: 'https://bank.example/3ds' };
  const must = underWay({ next_action: action });

  test('it says so at once', async () => {
    const { result, sent } = await outcomeOf([must]);
    expect(result).toMatchObject({ outcome: 'pending', reason: 'customer_must_act', nextAction: action });
    expect(sent).toHaveLength(1);
  });

  test('or calls for each action once, and goes on', async () => {
    const other = { ...action, url: 'https://bank.example/again' };
    const { client } = scriptedClient([must, must, underWay({ next_action: other }), paid]);
    const seen: unknown[] = [];
    const result = await client.charge(ORDER, {
      onNextAction: (next, payment) => void seen.push([next, payment.paymentId]),
    });
    expect(result.outcome).toBe('paid');
    expect(seen).toEqual([
      [action, PAYMENT_ID],
      [other, PAYMENT_ID],
    ]);
  });

  test('the time of the customer does not count', async () => {
    const { client, time } = scriptedClient([must, paid]);
    const act = (): Promise<void> => new Promise((resolve) => void time.after(3_600_000, resolve));
    expect((await client.charge(ORDER, { onNextAction: act })).outcome).toBe('paid');
  });

  test('an error of the caller is the caller’s', async () => {
    const { client } = scriptedClient([must]);
    const charge = client.charge(ORDER, {
      onNextAction: () => {
        throw new Error('no page');
      },
    });
    await expect(charge).rejects.toThrow('no page');
  });
});
