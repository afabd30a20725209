/**
 * The place at the gateway that a payment needs for its next step. It is taken before the claim: a payment that
 * only waits for others to end holds no claim, and counts no call.
 */
import type { EffectKind } from '../domain/effects.ts';
import type { Engine } from './context.ts';
import { createSlots, type Free, type Slots, slotsFor } from './slots.ts';

/** `looked_call`: a call whose key is looked up first. */
export type Need = 'call' | 'looked_call' | 'lookup';

export interface Place {
  readonly need: Need;
  /** The slot for lookups, for one at a time. Null: none was taken, or it was given back. */
  readonly lookups: Slots | null;
  /** Gives back what was only needed for the lookup before a call. */
  looked(): void;
  /** Gives everything back. Calling it again does nothing. */
  free(): void;
}

type Parts = Pick<Engine, 'gate' | 'clock'>;

/** A place now. Null: none is free. */
export function takePlace(parts: Parts, need: Need, kind: EffectKind): Place | null {
  const callSlots = slotsFor(parts.gate.callSlots, kind);
  const lookupSlots = slotsFor(parts.gate.lookupSlots, kind);
  if (need === 'call') {
    const free = callSlots.take();
    return free && callPlace(free);
  }
  const call = need === 'lookup' ? null : callSlots.take();
  if (need !== 'lookup' && call === null) return null;
  const lookup = lookupSlots.take();
  if (lookup !== null) return withLookups(parts, need, call, lookup);
  call?.();
  return null;
}

export interface PlaceWaiter {
  readonly need: Need;
  readonly kind: EffectKind;
  /** Since when it could have continued, by the database's clock. */
  readonly dueAtMs: number;
  onPlace(place: Place): void;
}

/**
 * Calls `onPlace` when there is a place. For use after `takePlace` had none. The slot for the call comes first: its
 * holder may wait for a lookup's slot, but the holder of a lookup's slot never waits for a call's. The returned
 * function ends the wait.
 */
export function waitForPlace(parts: Parts, { need, kind, dueAtMs, onPlace }: PlaceWaiter): () => void {
  const callSlots = slotsFor(parts.gate.callSlots, kind);
  const lookupSlots = slotsFor(parts.gate.lookupSlots, kind);
  let leave: () => void;

  function waitForLookup(call: Free | null): void {
    const onSlot = (lookup: Free): void => onPlace(withLookups(parts, need, call, lookup));
    const leaveQueue = lookupSlots.wait({ dueAtMs, onSlot });
    leave = () => {
      leaveQueue();
      call?.();
    };
  }

  function onCall(call: Free): void {
    if (need === 'call') {
      onPlace(callPlace(call));
      return;
    }
    const lookup = lookupSlots.take();
    if (lookup === null) waitForLookup(call);
    else onPlace(withLookups(parts, need, call, lookup));
  }

  const call = need === 'looked_call' ? callSlots.take() : null;
  if (call !== null || need === 'lookup') waitForLookup(call);
  else leave = callSlots.wait({ dueAtMs, onSlot: onCall });
  return () => leave();
}

function callPlace(free: Free): Place {
  return { need: 'call', lookups: null, looked: () => {}, free };
}

function withLookups({ clock }: Parts, need: Need, call: Free | null, lookup: Free): Place {
  let lookups: Slots | null = createSlots(1, clock);
  function looked(): void {
    lookups = null;
    lookup();
  }
  return {
    need,
    get lookups() {
      return lookups;
    },
    looked,
    free() {
      looked();
      call?.();
    },
  };
}
