import { expect, test } from 'vitest';
import { createMixedOrders } from './mixed-orders.ts';
import { createRandom } from './schedule.ts';

test('one request in five is a duplicate, of every kind', () => {
  const orders = createMixedOrders('t', createRandom(1));
  const firstKeys = new Map<string, string | null>();
  const kinds = { new: 0, twinSame: 0, twinOther: 0, laterSame: 0, laterOther: 0 };
  let last = '';
  for (let n = 0; n < 20_000; n += 1) {
    const { orderId, key } = orders.next();
    const known = firstKeys.get(orderId);
    if (known === undefined) {
      kinds.new += 1;
      firstKeys.set(orderId, key);
    } else if (orderId === last) {
      kinds[key === known ? 'twinSame' : 'twinOther'] += 1;
    } else {
      kinds[key === known ? 'laterSame' : 'laterOther'] += 1;
    }
    // Answered a while later, so that twins come before the answer.
    if (last !== orderId) orders.answered(last);
    last = orderId;
  }
  expect(kinds.new / 20_000).toBeCloseTo(0.8, 1);
  for (const count of [kinds.twinSame, kinds.twinOther, kinds.laterSame, kinds.laterOther]) {
    expect(count / 20_000).toBeGreaterThan(0.04);
    expect(count / 20_000).toBeLessThan(0.06);
  }
});

test('an order that was not answered yet is not asked for again later', () => {
  const orders = createMixedOrders('t', () => 0.99);
  const ids = Array.from({ length: 100 }, () => orders.next().orderId);
  expect(new Set(ids).size).toBe(100);
});
