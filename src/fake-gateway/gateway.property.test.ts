/** What must hold of any ledger of money, for all requests in any order. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask,
  type Charged,
  chargeBody,
  jsonOf,
  type Refunded,
  type Running,
  run,
  statusOf,
} from '../../test/suites/fake-gateway.client.ts';
import { FAULTS, type FaultName, faultsOf } from './faults/catalogue.ts';
import { TOKENS } from './faults/tokens.ts';

let far: Running;
beforeAll(async () => {
  far = await run({
    faults: { slow_answer: { delay_ms: 0 }, dripping_answer: { delay_ms: 0 }, lost_answer: { delay_ms: 0 } },
  });
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
          await far.refund(charge?.id ?? 'ch_none', `refund-${round}-${one.refund}`, { amount: one.amount });
        }
      }
      far.advance(10_000);
      for (const key of [name(0), name(1), name(2)]) {
        const { data, summary } = await far.ledger(`?reference=ref-${key}`);
        expect(data.length).toBeLessThanOrEqual(1);
        expect(summary).toMatchObject({ duplicates: 0, landing: 0, pending: 0 });
        const [charge] = data;
        expect(await far.lookup(key)).toEqual(charge === undefined ? [] : [asLookedUp(charge)]);
        if (charge === undefined) continue;
        expect(charge.refunded).toBeLessThanOrEqual(charge.captured);
        const answered = answers.get(key);
        if (answered !== undefined) expect((JSON.parse(answered) as Charged).id).toBe(charge.id);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

type RefundStep =
  | { readonly kind: 'refund'; readonly key: number; readonly amount: number | undefined }
  | { readonly kind: 'wait'; readonly ms: number }
  /** From here on, every refund has these. */
  | { readonly kind: 'faults'; readonly faults: readonly (FaultName | null)[] };

const oneOf = (faults: readonly FaultName[]) => fc.option(fc.constantFrom(...faults));
const refundStep: fc.Arbitrary<RefundStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      key: fc.nat({ max: 3 }),
      amount: fc.constantFrom(undefined, 1, 60, 60, 100),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 9, 10, 25) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('faults' as const),
      faults: fc.tuple(
        oneOf([...faultsOf('answer'), 'lands_late', 'lands_late']),
        oneOf(faultsOf('refund')),
        oneOf(['lookup_lag']),
      ),
    }),
  },
);

/** At rate 1, with delays that the steps wait for. */
function alwaysWith(faults: readonly (FaultName | null)[]): object {
  const settings: Partial<Record<FaultName, object>> = {};
  for (const fault of faults) {
    if (fault === null) continue;
    const isWaitedForHere = /^(slow|dripping|lost)_answer$/.test(fault);
    settings[fault] = {
      rate: 1,
      ...(FAULTS[fault].delayMs === null ? {} : { delay_ms: isWaitedForHere ? 0 : 10 }),
    };
  }
  return settings;
}

test('whatever faults its refunds have: one effect and one answer for each key, and never more refunded than captured', async () => {
  const own = await run();
  const put = (faults: object) => ask(own.url, { method: 'PUT', path: '/_faults', body: faults });
  let round = 0;
  /** How often each status was seen at all. */
  const seen = { succeeded: 0, pending: 0, failed: 0, landing: 0 };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(refundStep, { minLength: 2, maxLength: 14 }), async (steps) => {
        round += 1;
        const { id } = jsonOf<Charged>(
          await own.charge(`charge-${round}`, { amount: 100, method: 'tok_visa' }),
        );
        const answers = new Map<string, string>();
        let isGarbage = false;
        for (const one of steps) {
          if (one.kind === 'wait') own.advance(one.ms);
          if (one.kind === 'faults') {
            isGarbage = one.faults.includes('garbage_answer');
            await put(alwaysWith(one.faults));
          }
          if (one.kind === 'refund') {
            const key = `${round}-${one.key}`;
            const ending = await own.refund(id, key, one.amount === undefined ? {} : { amount: one.amount });
            if (ending.kind === 'answer' && [200, 202, 402].includes(ending.status) && !isGarbage) {
              expect(answers.get(key) ?? ending.text).toBe(ending.text);
              answers.set(key, ending.text);
            }
          }
          for (const { status } of await check(id, answers)) seen[status as keyof typeof seen] += 1;
        }
        await put({});
        own.advance(20);
        const settled = await check(id, answers);
        expect(settled.filter(({ status }) => status === 'landing' || status === 'pending')).toEqual([]);
        for (const refund of settled) {
          expect(await own.lookupRefund(refund.idempotency_key)).toMatchObject([{ id: refund.id }]);
        }
      }),
      { numRuns: 200 },
    );
  } finally {
    await own.gateway.close();
  }
  for (const [status, times] of Object.entries(seen)) expect(times, status).toBeGreaterThan(0);

  async function check(id: string, answers: ReadonlyMap<string, string>): Promise<readonly Refunded[]> {
    const { data } = await own.ledger(`?reference=ref-charge-${round}`);
    const [charge] = data;
    const refunds = charge?.refunds ?? [];
    const counted = refunds.filter(({ status }) => status === 'succeeded' || status === 'pending');
    const sum = counted.reduce((total, { amount }) => total + (amount ?? 0), 0);
    expect(jsonOf(await own.get(`/charges/${id}`))).toMatchObject({ captured: 100, refunded: sum });
    expect(sum).toBeLessThanOrEqual(100);
    const keys = refunds.map(({ idempotency_key }) => idempotency_key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [key, text] of answers) {
      const answered = JSON.parse(text) as Refunded;
      expect(refunds.find(({ idempotency_key }) => idempotency_key === key)).toMatchObject({
        id: answered.id,
        amount: answered.amount,
      });
    }
    return refunds;
  }
}, 120_000);

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

function asLookedUp({ live: _live, refunds: _refunds, ...charge }: Charged): Charged {
  return charge;
}

/** A value after a way through JSON. */
function printable(value: object): object {
  return JSON.parse(
    JSON.stringify(value, (_name, inner) => (typeof inner === 'bigint' ? String(inner) : inner)),
  ) as object;
}
