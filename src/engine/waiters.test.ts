import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { createWaiters } from './waiters.ts';

const record = (paymentId: string, seq = 1) => ({ paymentId, seq }) as PaymentRecord;
const anything = () => true;

function setUp() {
  const clock = createVirtualClock();
  return { clock, waiters: createWaiters(clock) };
}

describe('a request that waits for a payment', () => {
  it('is woken by the change that it wants, and by no other', async () => {
    const { waiters } = setUp();
    const ends: unknown[] = [];
    const waiting = waiters.next('p', 100, ({ seq }) => seq > 2).then((seen) => ends.push(seen?.seq));
    for (const changed of [record('p', 2), record('q', 3), record('p', 3), record('p', 4)])
      waiters.changed(changed);
    await waiting;
    expect(ends).toEqual([3]);
  });

  it('is woken together with all others that wait for it', async () => {
    const { waiters } = setUp();
    const waiting = [1, 2, 3].map(() => waiters.next('p', 100, anything));
    waiters.changed(record('p'));
    expect((await Promise.all(waiting)).map((seen) => seen?.paymentId)).toEqual(['p', 'p', 'p']);
  });

  it('is forgotten once its wait has ended', async () => {
    const { clock, waiters } = setUp();
    let asked = 0;
    const waiting = waiters.next('p', 100, () => {
      asked += 1;
      return true;
    });
    clock.advance(100);
    await waiting;
    waiters.changed(record('p'));
    expect(asked).toBe(0);
  });

  it('ends after its time, to the millisecond', async () => {
    const { clock, waiters } = setUp();
    const early = waiters.next('p', 100, anything);
    clock.advance(99);
    waiters.changed(record('p', 7));
    expect((await early)?.seq).toBe(7);
    const late = waiters.next('p', 100, anything);
    clock.advance(100);
    waiters.changed(record('p', 8));
    expect(await late).toBeNull();
  });

  it('does not wait without time', async () => {
    const { waiters } = setUp();
    expect([await waiters.next('p', 0, anything), await waiters.next('p', -1, anything)]).toEqual([
      null,
      null,
    ]);
  });

  it('ends when nobody here drives the payment any more, and only then', async () => {
    const { clock, waiters } = setUp();
    const ends: string[] = [];
    const p = waiters.next('p', 100, anything).then(() => ends.push('p'));
    const q = waiters.next('q', 100, anything).then(() => ends.push('q'));
    waiters.released('nobody waits for this');
    waiters.released('p');
    await p;
    expect(ends).toEqual(['p']);
    clock.advance(100);
    await q;
  });

  it('leaves the others waiting when it ends', async () => {
    const { clock, waiters } = setUp();
    const short = waiters.next('p', 50, anything);
    const long = waiters.next('p', 100, anything);
    clock.advance(50);
    expect(await short).toBeNull();
    waiters.changed(record('p'));
    expect((await long)?.paymentId).toBe('p');
  });

  it('ends when the waiters close, and nothing waits after that', async () => {
    const { waiters } = setUp();
    const waiting = [waiters.next('p', 1e9, anything), waiters.next('q', 1e9, anything)];
    expect(waiters.closed()).toBe(false);
    waiters.close();
    expect(await Promise.all(waiting)).toEqual([null, null]);
    expect([waiters.closed(), await waiters.next('p', 1e9, anything)]).toEqual([true, null]);
  });
});
