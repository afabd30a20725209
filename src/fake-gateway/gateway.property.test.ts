/** What must hold of any ledger of money, for all requests in any order. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask,
  type Charged,
  chargeBody,
  jsonOf,
  type Running,
  run,
  statusOf,
} from '../../test/suites/fake-gateway.client.ts';
import { TOKENS } from './faults/tokens.ts';

let far: Running;
beforeAll(async () => {
  far = await run({ faults: { slow_answer: { delay_ms: 0 }, lost_answer: { delay_ms: 0 } } });
});
afterAll(() => far.gateway.close());

type Step =
  | {
      readonly kind: 'charge';
      readonly key: number;
      readonly method: string | undefined;
      readonly amount: number;
    }
  | { readonly kind: 'refund'; readonly key: number; readonly refund: number; readonly amount: number }
  | { readonly kind: 'wait'; readonly ms: number };

/** Only kept keys: the others break these rules on purpose. */
const methods = TOKENS.map(({ token }) => token).filter((token) => !/keys|webhook|lookup/.test(token));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('charge' as const),
      key: fc.nat({ max: 2 }),
      method: fc.constantFrom(undefined, ...methods),
      amount: fc.constantFrom(100, 100, 100, 101),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      key: fc.nat({ max: 2 }),
      refund: fc.nat({ max: 3 }),
      amount: fc.constantFrom(1, 60, 101),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 1_999, 5_000) }),
  },
);

test('one charge a key, one answer a key, and never more refunded than captured', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      round += 1;
      const name = (key: number) => `round-${round}-${key}`;
      /** The first definite answer of each key. */
      const answers = new Map<string, string>();
      for (const one of steps) {
        if (one.kind === 'wait') far.advance(one.ms);
        if (one.kind === 'charge') {
          const key = name(one.key);
          const ending = await far.charge(key, { method: one.method, amount: one.amount });
          const isDefinite = ending.kind === 'answer' && [200, 202, 402].includes(ending.status);
          if (isDefinite && one.method !== 'tok_garbage') {
            expect(answers.get(key) ?? ending.text).toBe(ending.text);
            answers.set(key, ending.text);
          }
        }
        if (one.kind === 'refund') {
          const [charge] = await far.lookup(name(one.key));
          const key = `refund-${round}-${one.refund}`;
          await ask(far.url, {
            path: `/charges/${charge?.id ?? 'ch_none'}/refunds`,
            key,
            body: { amount: one.amount },
          });
        }
      }
      far.advance(10_000);
      for (const key of [name(0), name(1), name(2)]) {
        const { data, summary } = await far.ledger(`?reference=ref-${key}`);
        expect(data.length).toBeLessThanOrEqual(1);
        expect(summary).toMatchObject({ duplicates: 0, landing: 0, pending: 0 });
        const [charge] = data;
        expect(await far.lookup(key)).toEqual(charge === undefined ? [] : [withoutLive(charge)]);
        if (charge === undefined) continue;
        expect(charge.refunded).toBeLessThanOrEqual(charge.captured);
        const answered = answers.get(key);
        if (answered !== undefined) expect((JSON.parse(answered) as Charged).id).toBe(charge.id);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('no request breaks it: anything answers 4xx or charges', async () => {
  const anyBody = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record(
      {
        amount: fc.anything(),
        currency: fc.oneof(fc.constant('USD'), fc.anything()),
        reference: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
        order_id: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
        method: fc.oneof(fc.string(), fc.anything()),
        capture: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(anyBody, fc.string({ minLength: 1 }), async (value, rawKey) => {
      const body =
        typeof value === 'string' ? value : JSON.stringify({ ...chargeBody('k'), ...printable(value) });
      const key = encodeURIComponent(rawKey.replace(/\p{Surrogate}/gu, '?'));
      const ending = await ask(far.url, { method: 'POST', path: '/charges', key, body });
      expect([200, 400, 413, 422]).toContain(statusOf(ending));
      if (statusOf(ending) !== 200) expect(jsonOf(ending).error).toEqual(expect.any(String));
    }),
    { numRuns: 300 },
  );
}, 60_000);

function withoutLive({ live: _live, ...charge }: Charged): Charged {
  return charge;
}

/** A value after a way through JSON. */
function printable(value: object): object {
  return JSON.parse(
    JSON.stringify(value, (_name, inner) => (typeof inner === 'bigint' ? String(inner) : inner)),
  ) as object;
}
