/** Money that a charge with manual capture holds: it is let go of when its time is over. */
import type { BookedCharge, Hold } from './effects.ts';

/** The hold of a charge that is about to be made. Nothing: its money is taken at once. */
export function newHold({ captureMethod }: { readonly captureMethod?: 'manual' }): { hold?: Hold } {
  if (captureMethod === undefined) return {};
  return {
    hold: {
      untilMs: Number.POSITIVE_INFINITY,
      capturedMinor: 0,
      saysUntil: false,
      ending: false,
      staleUntilMs: Number.NEGATIVE_INFINITY,
    },
  };
}

export interface HoldsOptions {
  /** How long money is held. */
  readonly holdsForMs: number;
  /** Whether answers say until when. */
  readonly saysUntil: boolean;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, event: () => void) => void;
  /** Told of each new status that a hold ends in. */
  readonly onChange: (charge: BookedCharge) => void;
  /** Told of what must happen in a simulation. */
  readonly mark: (what: string) => void;
}

export interface Holds {
  /** The charge was made just now. Its time begins. */
  began(charge: BookedCharge): void;
  /** A capture or a void of it is pending, or is decided. */
  ending(charge: BookedCharge, pending: boolean): void;
  captured(charge: BookedCharge, amountMinor: number, staleUntilMs: number): void;
  voided(charge: BookedCharge, staleUntilMs: number): void;
}

export function createHolds({ holdsForMs, saysUntil, nowMs, after, onChange, mark }: HoldsOptions): Holds {
  function end(charge: BookedCharge, status: 'succeeded' | 'voided' | 'sealed', staleUntilMs: number): void {
    if (charge.hold !== undefined) charge.hold.staleUntilMs = staleUntilMs;
    charge.status = status;
    onChange(charge);
  }

  function expire(charge: BookedCharge): void {
    const { hold } = charge;
    if (charge.status !== 'authorized' || hold === undefined || hold.ending || hold.untilMs > nowMs()) return;
    mark('expired');
    end(charge, freeAs(charge), nowMs());
  }

  return {
    began(charge) {
      const { hold } = charge;
      if (charge.status !== 'authorized' || hold === undefined || Number.isFinite(hold.untilMs)) return;
      hold.untilMs = nowMs() + holdsForMs;
      hold.saysUntil = saysUntil;
      after(holdsForMs, () => expire(charge));
    },
    ending(charge, pending) {
      if (charge.hold === undefined) return;
      charge.hold.ending = pending;
      if (!pending) expire(charge);
    },
    captured(charge, amountMinor, staleUntilMs) {
      if (charge.hold !== undefined) charge.hold.capturedMinor = amountMinor;
      end(charge, 'succeeded', staleUntilMs);
    },
    voided: (charge, staleUntilMs) => end(charge, freeAs(charge), staleUntilMs),
  };
}

/** In two steps it is the object that is cancelled. */
function freeAs({ id }: BookedCharge): 'voided' | 'sealed' {
  return id.startsWith('pi_') ? 'sealed' : 'voided';
}

/** The charge as lookups show it. What has just ended its hold may not be visible yet. */
export function asShown(charge: BookedCharge, nowMs: number): BookedCharge {
  const { hold } = charge;
  if (hold === undefined || hold.staleUntilMs <= nowMs) return charge;
  return { ...charge, status: 'authorized', hold: { ...hold, capturedMinor: 0 } };
}
