import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import { createSlots, type Free } from './slots.ts';

function setUp(count: number) {
  const clock = createVirtualClock();
  const slots = createSlots(count, clock);
  const served: { readonly name: string; readonly free: Free }[] = [];
  const wait = (name: string, dueAtMs = 0) =>
    slots.wait({ dueAtMs, onSlot: (free) => void served.push({ name, free }) });
  const waitInShare = (name: string, dueAtMs = 0) =>
    slots.share.wait({ dueAtMs, onSlot: (free) => void served.push({ name, free }) });
  return { clock, slots, wait, waitInShare, served, names: () => served.map(({ name }) => name) };
}

describe('slots', () => {
  it('are counted down as they are taken and up as they are given back, once each', () => {
    const { slots } = setUp(2);
    const free = slots.take();
    expect(slots.free()).toBe(1);
    free?.();
    free?.();
    expect(slots.free()).toBe(2);
  });

  it('cannot be taken if none is free', () => {
    const { slots } = setUp(1);
    slots.take();
    expect(slots.take()).toBeNull();
  });

  it('go to waiters in turn, and not to one that has left', () => {
    const { slots, wait, served, names } = setUp(1);
    const first = slots.take();
    wait('a');
    const leave = wait('b');
    wait('c');
    leave();
    expect(names()).toEqual([]);
    first?.();
    expect(names()).toEqual(['a']);
    served[0]?.free();
    expect(names()).toEqual(['a', 'c']);
    expect([slots.free(), slots.take()]).toEqual([0, null]);
    served[1]?.free();
    expect(slots.free()).toBe(1);
  });

  it('show the next waiter, and since when it could have continued', () => {
    const { slots, wait } = setUp(1);
    slots.take();
    expect(slots.first()).toBeNull();
    const leave = wait('a', 30);
    wait('b', 10);
    expect(slots.first()?.dueAtMs).toBe(30);
    leave();
    expect(slots.first()?.dueAtMs).toBe(10);
  });

  it('pass ten thousand waiters that cannot use them, and reach the one that can', () => {
    const { slots, wait, names } = setUp(1);
    const first = slots.take();
    for (let one = 0; one < 10_000; one += 1) slots.wait({ dueAtMs: 0, onSlot: (free) => free() });
    wait('last');
    first?.();
    expect(names()).toEqual(['last']);
  });

  it('cannot be taken by a newcomer while waiters are served', () => {
    const { slots, wait, names } = setUp(1);
    const first = slots.take();
    const pushed: (Free | null)[] = [];
    slots.wait({
      dueAtMs: 0,
      onSlot(free) {
        free();
        pushed.push(slots.take());
      },
    });
    wait('next');
    first?.();
    expect([pushed, names()]).toEqual([[null], ['next']]);
  });

  it('are still given out after one waiter has failed', () => {
    const { slots, wait, names } = setUp(2);
    const [first, second] = [slots.take(), slots.take()];
    slots.wait({
      dueAtMs: 0,
      onSlot() {
        throw new Error('a fault');
      },
    });
    wait('next');
    expect(() => first?.()).toThrow('a fault');
    second?.();
    expect(names()).toEqual(['next']);
  });

  it('are not given out once they are closed, even if free', () => {
    const { slots } = setUp(1);
    slots.close();
    expect([slots.take(), slots.free()]).toEqual([null, 1]);
  });
});

describe('the share of follow-ups', () => {
  it.each([
    [1, 1],
    [2, 1],
    [5, 2],
    [256, 128],
  ])('is half of %i slots, at least one: %i', (count, most) => {
    const { slots } = setUp(count);
    expect(slots.share.free()).toBe(most);
    for (let one = 0; one < most; one += 1) expect(slots.share.take()).not.toBeNull();
    expect([slots.share.take(), slots.share.free(), slots.free()]).toEqual([null, 0, count - most]);
  });

  it('can be used by charges, too', () => {
    const { slots } = setUp(4);
    for (let one = 0; one < 4; one += 1) expect(slots.take()).not.toBeNull();
    expect([slots.take(), slots.share.take(), slots.share.free()]).toEqual([null, null, 0]);
  });

  it('while it is used up, follow-ups that wait are passed over, and wait for one another only', () => {
    const { slots, wait, waitInShare, served, names } = setUp(2);
    const followUp = slots.share.take();
    waitInShare('r1');
    waitInShare('r2');
    const charge = slots.take();
    expect(charge).not.toBeNull();
    wait('a');
    charge?.();
    expect(names()).toEqual(['a']);
    served[0]?.free();
    expect(slots.free()).toBe(1);
    followUp?.();
    expect(names()).toEqual(['a', 'r1']);
    served[1]?.free();
    expect(names()).toEqual(['a', 'r1', 'r2']);
  });

  it('gets its turn under a flood of charges: who came first goes first', () => {
    const { slots, wait, waitInShare, served, names } = setUp(2);
    const [first] = [slots.take(), slots.take()];
    wait('a');
    waitInShare('r1');
    wait('b');
    waitInShare('r2');
    wait('c');
    first?.();
    for (let turn = 0; turn < 4; turn += 1) served[turn]?.free();
    expect(names()).toEqual(['a', 'r1', 'b', 'r2', 'c']);
  });

  it('is not jumped by a charge that comes while waiters are served', () => {
    const { slots, wait, waitInShare, names } = setUp(1);
    const first = slots.take();
    const pushed: (Free | null)[] = [];
    slots.wait({
      dueAtMs: 0,
      onSlot(free) {
        free();
        pushed.push(slots.take());
      },
    });
    waitInShare('r1');
    wait('a');
    first?.();
    expect([pushed, names()]).toEqual([[null], ['r1']]);
  });

  it('is waited for within a time, and shows its own waiters only', async () => {
    const { clock, slots, wait } = setUp(2);
    const one = slots.share.take();
    const inTime = slots.share.takeWithin(100);
    expect([slots.first(), slots.share.first()?.dueAtMs]).toEqual([null, Number.POSITIVE_INFINITY]);
    one?.();
    expect(await inTime).toBeTypeOf('function');
    const tooLate = slots.share.takeWithin(100);
    clock.advance(100);
    expect([await tooLate, slots.share.first(), slots.free()]).toEqual([null, null, 1]);
    slots.take();
    wait('a', 7);
    expect([slots.first()?.dueAtMs, slots.share.first()]).toEqual([7, null]);
  });

  it('is closed with all others', () => {
    const { slots } = setUp(2);
    slots.close();
    expect(slots.share.take()).toBeNull();
  });

  it('is a share of the slots that can be used', () => {
    const { clock, slots } = setUp(8);
    const taken = [1, 2, 3, 4].map(() => slots.take());
    slots.shrink();
    for (const one of taken) one?.();
    expect([slots.free(), slots.share.free()]).toEqual([3, 1]);
    clock.advance(1000);
    expect([slots.free(), slots.share.free()]).toEqual([4, 2]);
  });
});

describe('slots of which not all can be used', () => {
  it('become fewer than were taken, in the end none, and a quarter more each second', () => {
    const { clock, slots } = setUp(10);
    const taken = Array.from({ length: 6 }, () => slots.take());
    slots.shrink();
    expect(slots.free()).toBe(0);
    taken[0]?.();
    expect(slots.take()).toBeNull();
    taken[1]?.();
    expect(slots.free()).toBe(1);
    for (const one of taken) {
      slots.shrink();
      one?.();
    }
    expect(slots.free()).toBe(0);
    const grown = Array.from({ length: 9 }, () => {
      clock.advance(1000);
      return slots.free();
    });
    expect(grown).toEqual([1, 2, 3, 4, 5, 7, 9, 10, 10]);
  });

  it('reach waiters when there are more again', () => {
    const { clock, slots, wait, names } = setUp(2);
    const first = slots.take();
    slots.shrink();
    wait('a');
    wait('b');
    first?.();
    expect(names()).toEqual([]);
    clock.advance(1000);
    expect(names()).toEqual(['a']);
    clock.advance(1000);
    expect(names()).toEqual(['a', 'b']);
  });

  it('do not grow before a second has passed since the last shortage', () => {
    const { clock, slots } = setUp(4);
    slots.take()?.();
    slots.shrink();
    clock.advance(999);
    slots.shrink();
    clock.advance(999);
    expect(slots.free()).toBe(0);
    clock.advance(1);
    expect(slots.free()).toBe(1);
  });
});

describe('slots for work under way', () => {
  it('are not waited for without time, and given at once if one is free', async () => {
    const { slots } = setUp(1);
    expect(await slots.takeWithin(-5)).toBeTypeOf('function');
    expect([await slots.takeWithin(0), await slots.takeWithin(-5)]).toEqual([null, null]);
  });

  it('are waited for until the last millisecond', async () => {
    const { clock, slots } = setUp(1);
    const first = slots.take();
    const inTime = slots.takeWithin(100);
    clock.advance(99);
    first?.();
    const second = await inTime;
    expect(second).toBeTypeOf('function');
    const tooLate = slots.takeWithin(100);
    clock.advance(100);
    second?.();
    expect(await tooLate).toBeNull();
    expect(slots.free()).toBe(1);
  });

  it('go to one waiter, which then does not time out', async () => {
    const { clock, slots } = setUp(1);
    const first = slots.take();
    const ends: string[] = [];
    const waiting = ['a', 'b'].map((name) =>
      slots.takeWithin(100).then((slot) => ends.push(`${name} ${slot === null ? 'left' : 'in'}`)),
    );
    first?.();
    await waiting[0];
    expect(slots.free()).toBe(0);
    clock.advance(100);
    await waiting[1];
    expect(ends).toEqual(['a in', 'b left']);
    expect(slots.free()).toBe(0);
  });

  it('are given even after they were closed', async () => {
    const { slots } = setUp(1);
    slots.close();
    const first = await slots.takeWithin(0);
    const waiting = slots.takeWithin(100);
    first?.();
    expect(await waiting).toBeTypeOf('function');
  });
});
