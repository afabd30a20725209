import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import { createSlots, type Free } from './slots.ts';

function setUp(count: number) {
  const clock = createVirtualClock();
  const slots = createSlots(count, clock);
  const served: { readonly name: string; readonly free: Free }[] = [];
  const wait = (name: string, dueAtMs = 0) =>
    slots.wait({ dueAtMs, onSlot: (free) => void served.push({ name, free }) });
  return { clock, slots, wait, served, names: () => served.map(({ name }) => name) };
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

  it('are not to be had where none is free', () => {
    const { slots } = setUp(1);
    slots.take();
    expect(slots.take()).toBeNull();
  });

  it('go to those who wait in turn, and to nobody who has left', () => {
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

  it('tell who is next, and since when it could have gone on', () => {
    const { slots, wait } = setUp(1);
    slots.take();
    expect(slots.first()).toBeNull();
    const leave = wait('a', 30);
    wait('b', 10);
    expect(slots.first()?.dueAtMs).toBe(30);
    leave();
    expect(slots.first()?.dueAtMs).toBe(10);
  });

  it('pass by ten thousand who cannot use them, and reach the one who can', () => {
    const { slots, wait, names } = setUp(1);
    const first = slots.take();
    for (let one = 0; one < 10_000; one += 1) slots.wait({ dueAtMs: 0, onSlot: (free) => free() });
    wait('last');
    first?.();
    expect(names()).toEqual(['last']);
  });

  it('are taken by nobody who comes while those who wait are served', () => {
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

  it('go on being served after one that was served has failed', () => {
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

  it('are given to nobody new once they are closed, though they are free', () => {
    const { slots } = setUp(1);
    slots.close();
    expect([slots.take(), slots.free()]).toEqual([null, 1]);
  });
});

describe('slots for work under way', () => {
  it('are not waited for by who has no time, and given at once where one is free', async () => {
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

  it('are given to one of those who wait, who is then not sent away by his time', async () => {
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

  it('are given also after they were closed', async () => {
    const { slots } = setUp(1);
    slots.close();
    const first = await slots.takeWithin(0);
    const waiting = slots.takeWithin(100);
    first?.();
    expect(await waiting).toBeTypeOf('function');
  });
});
