/** Each answer to a request with a key repeats the key, so that it cannot pass for the answer to another request. */
import { describe, expect, it } from 'vitest';
import { body, CARD, completed, harness, PAYMENT_ID, refunded, settled } from './support.ts';

/** What the body says does not matter here. */
const captured = {
  kind: 'settled',
  frozen: completed,
  paymentId: PAYMENT_ID,
  name: '1',
  started: false,
} as const;

/** Every route that takes a key, with a body that it takes. */
const ROUTES = [
  ['/v1/payments', body],
  [`/v1/payments/${PAYMENT_ID}/refunds`, { amount: 1 }],
  [`/v1/payments/${PAYMENT_ID}/capture`, {}],
  [`/v1/payments/${PAYMENT_ID}/void`, {}],
] as const;

const request = (url: string, payload: string | object, key?: string) => ({
  method: 'POST' as const,
  url,
  headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
  payload,
});

describe.each(ROUTES)('POST %s', (url, wanted) => {
  it.each([false, true])('names the key of its request (replayed: %s)', async (replayed) => {
    const { inject } = harness({
      charge: () => settled(completed, { started: !replayed, replayed }),
      refund: () => refunded({ started: !replayed, replayed }),
      exclusive: () => ({ ...captured, replayed }),
    });
    const { headers } = await inject(request(url, wanted, 'k1'));
    expect([headers['idempotency-key'], headers['idempotent-replayed']]).toEqual(['"k1"', String(replayed)]);
  });

  it('names it in a problem, too, of the engine and of the request', async () => {
    const down = () => Promise.reject(new Error('down'));
    const { inject } = harness({
      charge: down,
      refund: down,
      exclusive: () => {
        throw new Error('down');
      },
    });
    const answers = [await inject(request(url, wanted, 'k1')), await inject(request(url, '{', 'k1'))];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([500, 400]);
    for (const { headers } of answers) expect(headers['idempotency-key']).toBe('"k1"');
  });

  it('names it where nobody may ask, and while the server stops', async () => {
    const stranger = harness({}, { access: { admit: () => 'unauthorized' } });
    const stopping = harness({}, { isDraining: () => true });
    for (const { inject } of [stranger, stopping])
      expect((await inject(request(url, wanted, 'k1'))).headers['idempotency-key']).toBe('"k1"');
  });

  it.each([
    ['a b', '"a b"'],
    ['"a b"', '"a b"'],
    ['" a "', '" a "'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['"a\\"b\\\\c"', '"a\\"b\\\\c"'],
  ])('writes %j as %j, however it was sent', async (sent, named) => {
    const { inject } = harness();
    expect((await inject(request(url, wanted, sent))).headers['idempotency-key']).toBe(named);
  });

  it.each([undefined, '', '"', 'k'.repeat(256), 'k\u00e4', 'k\tk', CARD])(
    'names nothing if there is no key that it takes: %j',
    async (sent) => {
      const { inject } = harness();
      expect((await inject(request(url, wanted, sent))).headers).not.toHaveProperty('idempotency-key');
    },
  );
});

it('a read names no key: it takes none', async () => {
  const { inject } = harness();
  const { headers } = await inject({ url: '/v1/payments', headers: { 'idempotency-key': 'k1' } });
  expect(headers).not.toHaveProperty('idempotency-key');
});
