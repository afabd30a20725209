/** Whatever is requested in whatever order, and whatever goes wrong: what Stripe shows and what the ledger holds is the same money. */
import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonOf } from '../../../test/suites/fake-gateway.client.ts';
import { type EmulatedStripe, PAYMENT_FORM, runStripe } from '../../../test/suites/stripe.client.ts';

setMaxListeners(0);

interface Intent {
  readonly id: string;
  readonly status: string;
  readonly amount_received: number;
  readonly amount_capturable: number;
}
interface Charge {
  readonly status: string;
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
}
interface Refund {
  readonly status: string;
  readonly amount: number;
}

const METHODS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_pendingRefund',
  'pm_card_refundFail',
  'pm_card_authenticationRequired',
  'pm_pending',
  'pm_pending_declined',
  'pm_lands_late',
  'pm_error_after_once',
  'pm_stale_500_after',
];
const method = fc.constantFrom(...METHODS);
const which = fc.nat({ max: 3 });
const step = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    method: fc.option(method),
    confirm: fc.boolean(),
    manual: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('confirm' as const), which, method, key: fc.nat({ max: 4 }) }),
  fc.record({ kind: fc.constant('confirm' as const), which, method, key: fc.nat({ max: 4 }) }),
  fc.record({ kind: fc.constant('cancel' as const), which }),
  fc.record({
    kind: fc.constant('capture' as const),
    which,
    amount: fc.constantFrom('', '1', '400', '1000', '1001'),
  }),
  fc.record({
    kind: fc.constant('refund' as const),
    which,
    amount: fc.constantFrom('', '1', '400', '700', '1000'),
  }),
  fc.record({
    kind: fc.constant('advance' as const),
    ms: fc.constantFrom(1, 3_000, 3 * 86_400_000, 7 * 86_400_000),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(stripe: EmulatedStripe, one: Step, ids: readonly string[]): Promise<void> {
  if (one.kind === 'advance') return stripe.advance(one.ms);
  if (one.kind === 'create') {
    const form = [
      PAYMENT_FORM,
      ...(one.method === null ? [] : [`payment_method=${one.method}`, `confirm=${one.confirm}`]),
      ...(one.manual ? ['capture_method=manual'] : []),
    ];
    await stripe.ask('/payment_intents', { body: form.join('&') });
    return;
  }
  const id = ids[one.which];
  if (id === undefined) return;
  const amount = 'amount' in one && one.amount !== '' ? one.amount : null;
  switch (one.kind) {
    case 'confirm':
      await stripe.ask(`/payment_intents/${id}/confirm`, {
        key: `key-${one.key}`,
        body: `payment_method=${one.method}`,
      });
      return;
    case 'cancel':
      await stripe.ask(`/payment_intents/${id}/cancel`, { body: '' });
      return;
    case 'capture':
      await stripe.ask(`/payment_intents/${id}/capture`, {
        body: amount === null ? '' : `amount_to_capture=${amount}`,
      });
      return;
    case 'refund':
      await stripe.ask('/refunds', {
        body: `payment_intent=${id}${amount === null ? '' : `&amount=${amount}`}`,
      });
  }
}

const list = async <T>({ ask }: EmulatedStripe, path: string): Promise<readonly T[]> =>
  jsonOf<{ data: readonly T[] }>(await ask(path)).data;

/** What must be true at every moment. @param ends the payments that have come to an end, and at which. */
async function check(stripe: EmulatedStripe, ends: Map<string, string>): Promise<readonly Intent[]> {
  const intents = [...(await list<Intent>(stripe, '/payment_intents?limit=100'))].reverse();
  const sums = { captured: 0, refunded: 0, live: 0, refunds: 0 };
  for (const { id, status, amount_received: received, amount_capturable: capturable } of intents) {
    expect(ends.get(id) ?? status, 'an end is an end').toBe(status);
    if (status === 'succeeded' || status === 'canceled') ends.set(id, status);
    const charges = await list<Charge>(stripe, `/charges?payment_intent=${id}`);
    const refunds = await list<Refund>(stripe, `/refunds?payment_intent=${id}`);
    const paid = charges.filter((charge) => charge.status === 'succeeded');
    expect(paid.length, 'one live charge').toBeLessThanOrEqual(1);
    const captured = paid[0]?.amount_captured ?? 0;
    const refunded = paid[0]?.amount_refunded ?? 0;
    expect(captured > 0, 'what was captured has succeeded').toBe(status === 'succeeded');
    expect(received).toBe(captured);
    // What a capture of a part releases is listed as a refund, and the ledger knows of none.
    const released = captured > 0 ? (paid[0]?.amount ?? 0) - captured : 0;
    const given = refunded - released;
    expect(given).toBeGreaterThanOrEqual(0);
    expect(given).toBeLessThanOrEqual(captured);
    const standing = refunds.filter((refund) => refund.status !== 'failed');
    expect(standing.reduce((sum, { amount }) => sum + amount, 0)).toBe(refunded);
    expect(capturable > 0).toBe(status === 'requires_capture');
    const returned = refunds
      .filter((refund) => refund.status === 'succeeded')
      .reduce((sum, one) => sum + one.amount, 0);
    const isLive = status === 'requires_capture' || (captured > 0 && returned - released < captured);
    sums.captured += captured;
    sums.refunded += given;
    sums.live += isLive ? 1 : 0;
    sums.refunds += refunds.length - (released > 0 ? 1 : 0);
  }
  const { summary, duplicates } = await stripe.ledger();
  const { USD: money = { captured: 0, refunded: 0 } } = summary.money as unknown as Record<string, object>;
  expect(money).toEqual({ captured: sums.captured, refunded: sums.refunded });
  expect(summary.live).toBe(sums.live);
  expect(duplicates).toEqual([]);
  const { succeeded = 0, pending = 0, failed = 0 } = summary.refunds as unknown as Record<string, number>;
  expect(succeeded + pending + failed).toBe(sums.refunds);
  return intents;
}

test('Stripe and the ledger show the same money at every moment, and an end is an end', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const stripe = await runStripe({ faults: { lands_late: { delay_ms: 2_000 } } });
      try {
        const ends = new Map<string, string>();
        let intents: readonly Intent[] = [];
        for (const one of [
          { kind: 'create', method: null, confirm: false, manual: false } as const,
          ...steps,
        ]) {
          await take(
            stripe,
            one,
            intents.map(({ id }) => id),
          );
          intents = await check(stripe, ends);
        }
        for (const { status } of intents) seen.set(status, (seen.get(status) ?? 0) + 1);
      } finally {
        await stripe.far.gateway.close();
      }
    }),
    { numRuns: 60, seed: 20_300_101 },
  );
  expect([...seen.keys()].sort()).toEqual([
    'canceled',
    'processing',
    'requires_action',
    'requires_capture',
    'requires_confirmation',
    'requires_payment_method',
    'succeeded',
  ]);
});
