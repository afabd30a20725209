/** Places at the gateway: their slots are taken in the right order, and none is lost. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import type { EffectKind } from '../domain/effects.ts';
import { createGate } from './gate.ts';
import { type Need, type Place, takePlace, waitForPlace } from './place.ts';

function setUp({ maxCalls = 1, maxLookups = 1 } = {}) {
  const clock = createVirtualClock();
  const gate = createGate({ clock, maxCalls, maxLookups });
  const parts = { gate, clock };
  const served: string[] = [];
  const places: Place[] = [];
  return {
    served,
    places,
    take: (need: Need, kind: EffectKind = 'charge') => takePlace(parts, need, kind),
    wait: (need: Need, name: string, kind: EffectKind = 'charge') =>
      waitForPlace(parts, {
        need,
        kind,
        dueAtMs: 0,
        onPlace(place) {
          served.push(name);
          places.push(place);
        },
      }),
    free: () => [gate.callSlots.free(), gate.lookupSlots.free()],
  };
}

describe('a place', () => {
  it('is a slot for a call or for a lookup, and both for a call that is looked up first', () => {
    for (const [need, left] of [
      ['call', [0, 1]],
      ['lookup', [1, 0]],
      ['looked_call', [0, 0]],
    ] as const) {
      const { take, free } = setUp();
      const place = take(need);
      expect([place?.need, free()]).toEqual([need, left]);
      place?.free();
      place?.free();
      expect(free()).toEqual([1, 1]);
    }
  });

  it('gives the lookup’s slot back when the lookup before a call has ended', () => {
    const { take, free } = setUp();
    const place = take('looked_call');
    place?.looked();
    expect([place?.lookups, free()]).toEqual([null, [0, 1]]);
    place?.free();
    expect(free()).toEqual([1, 1]);
  });

  it('takes nothing if it cannot have all of it', () => {
    const { take, free } = setUp();
    const lookup = take('lookup');
    expect([take('looked_call'), free()]).toEqual([null, [1, 0]]);
    lookup?.free();
    take('call');
    expect([take('looked_call'), free()]).toEqual([null, [0, 1]]);
  });
});

describe('places of refunds', () => {
  it.each<Need>(['call', 'looked_call', 'lookup'])('are half of all places (%s)', (need) => {
    const { take, free } = setUp({ maxCalls: 4, maxLookups: 4 });
    const refunds = [1, 2, 3].map(() => take(need, 'refund'));
    expect(refunds.map((place) => place?.need)).toEqual([need, need, undefined]);
    expect([1, 2, 3].map(() => take(need)?.need)).toEqual([need, need, undefined]);
    refunds[0]?.free();
    expect(take(need, 'refund')?.need).toBe(need);
    expect(free()).toEqual([need === 'lookup' ? 4 : 0, need === 'call' ? 4 : 0]);
  });

  it.each<Need>(['call', 'looked_call', 'lookup'])(
    'are waited for without holding up a charge that waits too (%s)',
    (need) => {
      const { take, wait, served } = setUp({ maxCalls: 2, maxLookups: 2 });
      take(need, 'refund');
      const charge = take(need);
      wait(need, 'refund', 'refund');
      wait(need, 'charge');
      charge?.free();
      expect(served).toEqual(['charge']);
    },
  );
});

describe('a wait for a place', () => {
  it('ends in turn, for first calls and retries alike', () => {
    const { take, wait, served, places } = setUp();
    take('call')?.free();
    const first = take('call');
    wait('call', 'a');
    wait('call', 'b');
    first?.free();
    places[0]?.free();
    expect(served).toEqual(['a', 'b']);
  });

  it('for a call that is looked up first gets the slot for the call first, and keeps no lookup waiting for it', () => {
    const { take, wait, served, free } = setUp();
    const [call, lookup] = [take('call'), take('lookup')];
    wait('looked_call', 'a');
    lookup?.free();
    expect(free()).toEqual([0, 1]);
    const other = take('lookup');
    call?.free();
    expect([served, free()]).toEqual([[], [0, 0]]);
    other?.free();
    expect([served, free()]).toEqual([['a'], [0, 0]]);
  });

  it('for a lookup before a call takes a free call’s slot', () => {
    const { take, wait, served, places, free } = setUp();
    const lookup = take('lookup');
    wait('looked_call', 'a');
    expect(free()).toEqual([0, 0]);
    lookup?.free();
    expect(served).toEqual(['a']);
    places[0]?.free();
    expect(free()).toEqual([1, 1]);
  });

  it.each<Need>(['call', 'looked_call', 'lookup'])('and leaves, takes nothing with it (%s)', (need) => {
    const { take, wait, served, free } = setUp();
    const places = [take('call'), take('lookup')];
    const leave = wait(need, 'a');
    leave();
    for (const place of places) place?.free();
    expect([served, free()]).toEqual([[], [1, 1]]);
  });

  it('that ends between the two slots gives the first one back', () => {
    const { take, wait, served, free } = setUp();
    const [call, lookup] = [take('call'), take('lookup')];
    const leave = wait('looked_call', 'a');
    call?.free();
    expect(free()).toEqual([0, 0]);
    leave();
    lookup?.free();
    expect([served, free()]).toEqual([[], [1, 1]]);
  });
});
