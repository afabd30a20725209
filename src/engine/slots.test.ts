import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import { createSlots } from './slots.ts';

function setUp(count: number) {
  const clock = createVirtualClock();
  return { clock, slots: createSlots(count, clock) };
}

describe('slots', () => {
  it('are counted down as they are taken and up as they are given back, once each', async () => {
    const { slots } = setUp(2);
    const free = await slots.acquire(0);
    expect(slots.free()).toBe(1);
    free?.();
    free?.();
    expect(slots.free()).toBe(2);
  });

  it('are not waited for by who has no time', async () => {
    const { slots } = setUp(1);
    await slots.acquire(0);
    expect([await slots.acquire(0), await slots.acquire(-5)]).toEqual([null, null]);
  });

  it('are given at once to who has no time, where one is free', async () => {
    expect(await setUp(1).slots.acquire(-5)).toBeTypeOf('function');
  });

  it('are waited for until the last millisecond', async () => {
    const { clock, slots } = setUp(1);
    const first = await slots.acquire(0);
    const inTime = slots.acquire(100);
    clock.advance(99);
    first?.();
    const second = await inTime;
    expect(second).toBeTypeOf('function');
    const tooLate = slots.acquire(100);
    clock.advance(100);
    second?.();
    expect(await tooLate).toBeNull();
    expect(slots.free()).toBe(1);
  });

  it('are given to one of those who wait, who is then not sent away by his time', async () => {
    const { clock, slots } = setUp(1);
    const first = await slots.acquire(0);
    const ends: string[] = [];
    const waiting = ['a', 'b'].map((name) =>
      slots.acquire(100).then((slot) => ends.push(`${name} ${slot === null ? 'left' : 'in'}`)),
    );
    first?.();
    await waiting[0];
    expect(slots.free()).toBe(0);
    clock.advance(100);
    await waiting[1];
    expect(ends).toEqual(['a in', 'b left']);
    expect(slots.free()).toBe(0);
  });

  it('are given to nobody once closed, though they are free, and who waits leaves at once', async () => {
    const { slots } = setUp(1);
    const first = await slots.acquire(0);
    const waiting = slots.acquire(1e9);
    slots.close();
    expect(await waiting).toBeNull();
    first?.();
    expect([slots.free(), await slots.acquire(100)]).toEqual([1, null]);
  });
});
