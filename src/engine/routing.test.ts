import { beforeEach, describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { createRefundingGateway, type RefundingGateway, wantedOf } from '../../test/support/refunding.ts';
import { KEYLESS, order, told, type VirtualParts } from '../../test/support/virtual-world.ts';
import type { Requests } from './one-gateway.ts';
import { createRouting } from './routing.ts';

let a: RefundingGateway;
let b: RefundingGateway;
let parts: VirtualParts;
let routed: Requests;
/** Of the order `o1`, which was charged at `b`. */
let paymentId: string;

/** Of every account: the gateway `a`. */
const homes = { of: () => 'a' };

beforeEach(async () => {
  a = createRefundingGateway({}, 'a');
  b = createRefundingGateway({}, 'b');
  parts = world.parts(a);
  const gateways = new Map<string, Requests>();
  for (const gateway of [a, b]) gateways.set(gateway.name, (await world.replica(gateway)).engine);
  await world.ended((gateways.get('b') as Requests).charge(order('o1'), KEYLESS));
  paymentId = world.stored('o1').paymentId;
  routed = createRouting(parts.engine, gateways, homes);
});

const refund = () => world.ended(routed.refund(wantedOf(paymentId), { waitMs: 5000 }));
const target = () => ({ accountId: 'default', paymentId, followUp: null });

describe('with two gateways', () => {
  it('a new order is charged at the gateway of its account', async () => {
    expect(told(await world.ended(routed.charge(order('o2'), KEYLESS)))).toBe('completed 201');
    expect([a.ledger.size, b.ledger.size]).toEqual([1, 1]);
  });

  it('a refund is made where the payment was made', async () => {
    expect(await refund()).toMatchObject({ kind: 'settled', started: true, frozen: { problem: null } });
    expect([a.refundLedger.size, b.refundLedger.size]).toEqual([0, 1]);
  });

  it('an operator speaks to the gateway of the payment', async () => {
    const wish = { outcome: 'failed', actor: 'somebody' } as const;
    const asked = routed.resolve({ ...target(), wish, evidence: 'seen' });
    expect(await world.ended(asked)).toMatchObject({ code: 'not_in_review' });
    expect(await world.ended(routed.lookNow({ ...target(), actor: null }))).toMatchObject({
      code: 'nothing_to_look_at',
    });
  });

  it('a payment of a third gateway is left alone', async () => {
    Object.assign(world.database.row('default', 'o1')?.payment ?? {}, { gateway: 'c' });
    expect(await refund()).toMatchObject({ code: 'other_gateway' });
    expect([a.refundCalls, b.refundCalls]).toEqual([[], []]);
  });

  it('a payment that does not exist is reported as such', async () => {
    for (const unknown of [paymentId.replace(/.$/, 'x'), paymentId.replace(/^./, 'f')]) {
      paymentId = unknown;
      expect(await refund()).toMatchObject({ code: 'payment_not_found' });
    }
  });

  it.each([
    ['unavailable', 'store_unavailable'],
    ['refused', 'store_refused'],
  ] as const)('a refund whose payment cannot be read is not made: %s', async (fault, code) => {
    parts.store.fail('payment', fault);
    expect(await refund()).toMatchObject({ code, retryAfterMs: expect.any(Number) });
    expect([a.refundCalls, b.refundCalls]).toEqual([[], []]);
  });
});

it('with one gateway nothing is read to find it', async () => {
  const only = await world.replica(b);
  routed = createRouting(parts.engine, new Map([['b', only.engine]]), homes);
  expect(await refund()).toMatchObject({ kind: 'settled', frozen: { problem: null } });
  expect(parts.store.used).toEqual([]);
});
