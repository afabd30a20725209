import type { Charge, ChargeBody, Ledger } from './ledger.ts';
import type { Effect } from './steps.ts';

/** `ignored`: a gateway without keys, which charges every request that it is sent. */
export type Keys = 'kept' | 'ignored';

export interface BookOptions {
  keys: Keys;
  /** After this long a key is forgotten; its charge is not. */
  keyWindowMs: number;
  /** What it promises: a request whose caller has been gone for longer has no effect any more, however late this machine is. */
  landsWithinMs: number;
}

/** Applies effects to the ledger as a gateway does: at most once a key, as long as it remembers the key. */
export interface Book {
  /** The charge that a key stands for, if the gateway still knows the key. */
  known(key: string): Charge | null;
  conflicts(key: string, body: ChargeBody): boolean;
  apply(key: string, body: ChargeBody, effect: Effect): Charge | null;
}

export function createBook(ledger: Ledger, options: BookOptions): Book {
  const firstSeen = new Map<string, { atMs: number; body: ChargeBody }>();

  function fresh(key: string): boolean {
    const seen = firstSeen.get(key);
    return seen !== undefined && Date.now() - seen.atMs <= options.keyWindowMs;
  }

  function known(key: string): Charge | null {
    if (options.keys === 'ignored' || !fresh(key)) return null;
    return ledger.byKey(key).at(-1) ?? null;
  }

  return {
    known,
    conflicts(key, body) {
      const seen = options.keys === 'kept' && fresh(key) ? firstSeen.get(key)?.body : undefined;
      if (!fresh(key)) firstSeen.set(key, { atMs: Date.now(), body });
      return (
        seen !== undefined &&
        (seen.amount !== body.amount ||
          seen.currency !== body.currency ||
          seen.reference !== body.reference ||
          (seen.method ?? null) !== (body.method ?? null))
      );
    },
    apply(key, body, effect) {
      const before = known(key);
      if (before !== null || effect.kind === 'none' || effect.kind === 'late') return before;
      if (effect.kind === 'decline') return ledger.add(key, body, 'declined', effect.code);
      if (effect.kind === 'charge') return ledger.add(key, body, 'succeeded');
      const charge = ledger.add(key, body, 'pending');
      const settle = (): void => {
        charge.status = effect.then;
        if (effect.then === 'declined') charge.code = 'card_declined';
      };
      if (typeof effect.after === 'number') setTimeout(settle, effect.after).unref();
      else void effect.after.then(settle);
      return charge;
    },
  };
}
