/**
 * One kind of effect at a gateway: the keys, what is on its way, and what is booked. It keeps exactly its contract, no more: keys are
 * forgotten when their window has passed, errors are cached if it says so, lookups lag as long as they may.
 */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { EffectTerms } from '../../src/domain/outcomes.ts';

/** Nobody's. A gateway that breaks its contract books an effect under it. */
export const OTHER_REFERENCE = '00000000-0000-4000-8000-000000000000';

/** One effect in a ledger. */
export interface BookedEffect {
  readonly id: string;
  /** Where it was made. */
  readonly gateway: string;
  readonly key: string;
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  /**
   * `refunded`: only a charge. `authorized`, `voided`: only a charge with manual capture; see `holds.ts`. `open`, `acting`, `sealed`: only what a
   * charge of two steps is confirmed on; see `objects.ts`.
   */
  status:
    | 'succeeded'
    | 'declined'
    | 'pending'
    | 'refunded'
    | 'authorized'
    | 'voided'
    | 'open'
    | 'acting'
    | 'sealed';
  /** From then on lookups show it. */
  readonly visibleAtMs: number;
}

export interface BookedCharge extends BookedEffect {
  /** In two steps: why the last confirm was declined. */
  code?: string;
  /** Only with manual capture: its money is held first. */
  readonly hold?: Hold;
}

/** What a gateway knows of money that it holds, or held. */
export interface Hold {
  /** It lets go of it then, if nothing was captured. Infinity: it does not hold it yet. */
  untilMs: number;
  /** Minor units; 0: nothing was captured. */
  capturedMinor: number;
  /** Whether its answers say `untilMs`. */
  saysUntil: boolean;
  /** A capture or a void of it is pending. */
  ending: boolean;
  /** Until then lookups still show it as it was before its capture or void. */
  staleUntilMs: number;
}

/** Whether the money of the charge is taken or held. */
export function isHeldOrTaken({ status }: Pick<BookedEffect, 'status'>): boolean {
  return status === 'succeeded' || status === 'authorized';
}

/** What a charge is when it was made. */
export function madeAs({ hold }: Pick<BookedCharge, 'hold'>): 'succeeded' | 'authorized' {
  return hold === undefined ? 'succeeded' : 'authorized';
}

/** What the gateway wants to do with a call when it executes it for the first time. */
export interface Wish {
  readonly result: 'succeed' | 'decline' | 'pend' | 'error' | 'act';
  /** For a gateway that breaks its contract: booked instead of what was asked. */
  readonly instead?: Partial<Pick<BookedEffect, 'amountMinor' | 'currency' | 'reference'>>;
  readonly lagMs: number;
  /** Where it pends: how it ends, and when. */
  readonly pending: { readonly forMs: number; readonly endsAs: 'succeeded' | 'declined' };
  /** An error is said although it was made. */
  readonly madeAllTheSame: boolean;
  /** So long after it succeeded, it fails. Null: it stays. */
  readonly failsAfterMs: number | null;
  /** Where the customer must act: what they do, and when. */
  readonly customer?: Customer;
}

export interface Customer {
  readonly does: 'pays' | 'fails' | 'nothing';
  readonly afterMs: number;
}

export type Reply<Booked extends BookedEffect = BookedEffect> =
  | { readonly kind: 'booked'; readonly effect: Booked }
  /** It is not made, now or later. */
  | { readonly kind: 'refuses'; readonly word: string }
  | { readonly kind: 'error' }
  | { readonly kind: 'in_progress' }
  | { readonly kind: 'key_reused' };

/** What the judge sees of one kind of effect, at one gateway or at all of them. */
export interface Books<Booked extends BookedEffect> {
  readonly ledger: readonly Booked[];
  /** Whether an effect under this key could still become live without another call. */
  canStillLand(key: string): boolean;
  /**
   * When the gateway forgets what it knows of this key; null: it keeps no keys, or nothing was made or is under way
   * under this one.
   */
  forgottenAtMs(key: string): number | null;
  /** Whether the gateway has said that it does not do what was asked under this key. */
  refused(key: string): boolean;
  /** Whether anything is on its way or pending, or will still fail. */
  busy(): boolean;
}

export interface EffectModel<Request extends EffectTerms, Booked extends BookedEffect> extends Books<Booked> {
  /** A request is on its way and may be executed at any moment; call the returned function when it never will be. */
  flies(request: Request): () => void;
  /** The request arrives: `busy` replies at once, otherwise `execute` is called later. */
  begin(request: Request): Reply<Booked> | null;
  /** The effect; what it replies. */
  execute(request: Request, wish: Wish): Reply<Booked>;
  /** What a lookup shows now. */
  find(key: string): readonly Booked[];
}

/** Several gateways, as one who sees all of their books. */
export function together<Booked extends BookedEffect>(
  books: readonly [Books<Booked>, ...Books<Booked>[]],
): Books<Booked> {
  const [first] = books;
  if (books.length === 1) return first;
  return {
    ledger: first.ledger,
    canStillLand: (key) => books.some((one) => one.canStillLand(key)),
    refused: (key) => books.some((one) => one.refused(key)),
    forgottenAtMs: (key) => books.map((one) => one.forgottenAtMs(key)).find((atMs) => atMs !== null) ?? null,
    busy: () => books.some((one) => one.busy()),
  };
}

export interface EffectModelOptions<Request extends EffectTerms, Booked extends BookedEffect> {
  readonly gateway: string;
  readonly contract: GatewayContract;
  /** The books of all gateways of a world are one list. */
  readonly ledger: Booked[];
  /** What every id begins with. */
  readonly idPrefix: string;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, event: () => void) => void;
  /** What must be the same whenever a key is used again. */
  readonly termsOf: (request: Request) => string;
  /** Adds what only this kind of effect has. */
  readonly make: (request: Request, effect: BookedEffect) => Booked;
  /** What it is when it was made. Default: `succeeded`. */
  readonly madeAs?: (effect: Booked) => BookedEffect['status'];
  /** Why the gateway does not do it, in its own word. Null: it does. */
  readonly refuses: (request: Request) => string | null;
  /** Told of each new status, the first one included. */
  readonly onBooked: (effect: Booked) => void;
}

/** A request that the gateway may yet execute. */
interface Flying {
  readonly key: string;
}

interface KeyRecord<Booked> {
  readonly firstSeenMs: number;
  readonly terms: string;
  effect: Booked | null;
  refused: string | null;
  /** Replayed for ever, where errors are cached. */
  erred: boolean;
  working: boolean;
}

export function createEffectModel<Request extends EffectTerms, Booked extends BookedEffect>(
  options: EffectModelOptions<Request, Booked>,
): EffectModel<Request, Booked> {
  const { gateway, contract, ledger, nowMs, after, termsOf, onBooked } = options;
  const keys = new Map<string, KeyRecord<Booked>>();
  const flying = new Set<Flying>();
  const refusedKeys = new Set<string>();
  /** Effects that have succeeded, and will fail. */
  let doomed = 0;

  function known(key: string): KeyRecord<Booked> | undefined {
    const record = keys.get(key);
    if (record === undefined) return undefined;
    if (contract.keys === 'kept' && nowMs() - record.firstSeenMs <= contract.keyWindowMs) return record;
    keys.delete(key);
    return undefined;
  }

  function seen(request: Request): KeyRecord<Booked> {
    const record = known(request.key) ?? {
      firstSeenMs: nowMs(),
      terms: termsOf(request),
      effect: null,
      refused: null,
      erred: false,
      working: false,
    };
    keys.set(request.key, record);
    return record;
  }

  const { madeAs: made = () => 'succeeded' as const } = options;

  function book(request: Request, wish: Wish): Booked {
    const effect = options.make(request, {
      id: `${options.idPrefix}_${ledger.length + 1}`,
      gateway,
      key: request.key,
      reference: request.reference,
      amountMinor: request.amountMinor,
      currency: request.currency,
      ...wish.instead,
      status: FIRST_STATUS[wish.result],
      visibleAtMs: nowMs() + wish.lagMs,
    });
    if (effect.status === 'succeeded') effect.status = made(effect);
    ledger.push(effect);
    became(effect, wish);
    if (effect.status === 'pending') {
      after(wish.pending.forMs, () => {
        effect.status = wish.pending.endsAs === 'succeeded' ? made(effect) : 'declined';
        became(effect, wish);
      });
    }
    return effect;
  }

  function became(effect: Booked, { failsAfterMs }: Wish): void {
    onBooked(effect);
    if (effect.status !== 'succeeded' || failsAfterMs === null) return;
    doomed += 1;
    after(failsAfterMs, () => {
      doomed -= 1;
      effect.status = 'declined';
      onBooked(effect);
    });
  }

  function replay(record: KeyRecord<Booked>, request: Request): Reply<Booked> | null {
    if (record.terms !== termsOf(request)) return { kind: 'key_reused' };
    if (record.working) return { kind: 'in_progress' };
    if (record.erred) return { kind: 'error' };
    if (record.refused !== null) return { kind: 'refuses', word: record.refused };
    return record.effect === null ? null : { kind: 'booked', effect: record.effect };
  }

  return {
    ledger,
    flies({ key }) {
      const entry = { key };
      flying.add(entry);
      return () => void flying.delete(entry);
    },
    begin(request) {
      const record = seen(request);
      const reply = replay(record, request);
      if (reply === null) record.working = true;
      return reply;
    },
    execute(request, wish) {
      const record = seen(request);
      record.working = false;
      // Another call with this key may have been executed since.
      const before = replay(record, request);
      if (before !== null) return before;
      if (wish.result === 'error' && !wish.madeAllTheSame) {
        record.erred = contract.cachesErrors;
        return { kind: 'error' };
      }
      const word = options.refuses(request);
      if (word !== null) {
        record.refused = word;
        refusedKeys.add(request.key);
        return { kind: 'refuses', word };
      }
      const effect = book(request, wish);
      record.effect = effect;
      if (wish.result !== 'error') return { kind: 'booked', effect };
      record.erred = contract.cachesErrors;
      return { kind: 'error' };
    },
    find: (key) =>
      ledger.filter((one) => one.gateway === gateway && one.key === key && one.visibleAtMs <= nowMs()),
    canStillLand(key) {
      if (ledger.some((one) => one.key === key && one.status === 'pending')) return true;
      for (const one of flying) {
        if (one.key !== key) continue;
        // A key that was answered with a decline, or with a cached error, answers so again.
        const record = known(key);
        const answered =
          record !== undefined && (record.erred || record.effect !== null || record.refused !== null);
        if (!answered) return true;
      }
      return false;
    },
    forgottenAtMs(key) {
      const record = keys.get(key);
      if (contract.keys !== 'kept' || record === undefined) return null;
      return record.effect !== null || record.working ? record.firstSeenMs + contract.keyWindowMs : null;
    },
    refused: (key) => refusedKeys.has(key),
    busy: () => flying.size > 0 || doomed > 0 || ledger.some(({ status }) => status === 'pending'),
  };
}

const FIRST_STATUS = {
  succeed: 'succeeded',
  decline: 'declined',
  pend: 'pending',
  error: 'succeeded',
  // Only what is confirmed can ask for it.
  act: 'pending',
} as const;
