import { describe, expect, it } from 'vitest';
import { later } from '../../test/support/charging.ts';
import { createStarting } from './starting.ts';

const names = (accountId: string, orderId: string, keyHash: string | null = null) => ({
  accountId,
  orderId,
  keyHash,
});

describe('a start that is under way', () => {
  it('is waited for by requests for its order or with its key, until it has ended', async () => {
    const starting = createStarting();
    const start = later<void>();
    starting.note(names('a', 'o1', 'k1'), start.promise);
    const waits = [names('a', 'o1', 'k2'), names('a', 'o2', 'k1')].map(starting.underWay);
    expect(waits.every((wait) => wait !== undefined)).toBe(true);
    await start.come();
    await Promise.all(waits);
    expect(starting.underWay(names('a', 'o1', 'k1'))).toBeUndefined();
  });

  it('does not concern another account, whose own start is not forgotten when it ends', async () => {
    const starting = createStarting();
    const [first, second] = [later<void>(), later<void>()];
    starting.note(names('a', 'o1', 'k1'), first.promise);
    expect(starting.underWay(names('b', 'o1', 'k1'))).toBeUndefined();
    starting.note(names('b', 'o1', 'k1'), second.promise);
    await first.come();
    expect(starting.underWay(names('b', 'o1'))).toBeDefined();
    expect(starting.underWay(names('b', 'o2', 'k1'))).toBeDefined();
  });
});
