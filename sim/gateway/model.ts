/**
 * A payment gateway with a ledger of its own, which is the judge of everything: what it charged is what happened.
 * It keeps exactly its contract, no more: keys are forgotten when their window has passed, errors are
 * cached if it says so, lookups lag as long as they may. It shares no logic with the engine.
 */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { ChargeRequest } from '../../src/domain/outcomes.ts';

export interface BookedCharge {
  readonly id: string;
  /** Where it was made. */
  readonly gateway: string;
  readonly key: string;
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  status: 'succeeded' | 'declined' | 'pending' | 'refunded';
  /** From then on lookups show it. */
  readonly visibleAtMs: number;
}

/** What the gateway wants to do with a call when it executes it for the first time. */
export interface Wish {
  readonly result: 'succeed' | 'decline' | 'pend' | 'error';
  /** For a gateway that breaks its contract: booked instead of what was asked. */
  readonly instead?: Partial<Pick<BookedCharge, 'amountMinor' | 'currency' | 'reference'>>;
  readonly lagMs: number;
  /** Where it pends: how it ends, and when. */
  readonly pending: { readonly forMs: number; readonly endsAs: 'succeeded' | 'declined' };
  /** An error is said although the charge was made. */
  readonly chargedAllTheSame: boolean;
}

export type Reply =
  | { readonly kind: 'charge'; readonly charge: BookedCharge }
  | { readonly kind: 'error' }
  | { readonly kind: 'in_progress' }
  | { readonly kind: 'key_reused' };

/** A request that the gateway may yet execute. */
interface Flying {
  readonly request: ChargeRequest;
}

interface KeyRecord {
  readonly firstSeenMs: number;
  readonly terms: string;
  charge: BookedCharge | null;
  /** Replayed for ever, where errors are cached. */
  erred: boolean;
  working: boolean;
}

/** What the judge sees of one gateway, or of all of them. */
export interface Books {
  readonly ledger: readonly BookedCharge[];
  /** Whether a charge under this key could still become live without another call. */
  canStillCharge(key: string): boolean;
  /**
   * When the gateway forgets what it knows of this key; null: it keeps no keys, or nothing was charged or is under way
   * under this one.
   */
  forgottenAtMs(key: string): number | null;
  /** Whether anything is on its way or pending. */
  busy(): boolean;
}

export interface GatewayModel extends Books {
  /** A request is on its way and may be executed at any moment; call the returned function when it never will be. */
  flies(request: ChargeRequest): () => void;
  /** The request arrives: `busy` replies at once, otherwise `execute` is called later. */
  begin(request: ChargeRequest): Reply | null;
  /** The effect; what it replies. */
  execute(request: ChargeRequest, wish: Wish): Reply;
  /** What a lookup shows now. */
  find(key: string): readonly BookedCharge[];
}

/** Several gateways, as one who sees all of their books. */
export function together(gateways: readonly [GatewayModel, ...GatewayModel[]]): Books {
  const [first] = gateways;
  if (gateways.length === 1) return first;
  return {
    ledger: first.ledger,
    canStillCharge: (key) => gateways.some((gateway) => gateway.canStillCharge(key)),
    forgottenAtMs: (key) =>
      gateways.map((gateway) => gateway.forgottenAtMs(key)).find((atMs) => atMs !== null) ?? null,
    busy: () => gateways.some((gateway) => gateway.busy()),
  };
}

export interface GatewayModelOptions {
  readonly name: string;
  /** The books of all gateways of a world are one list. */
  readonly ledger: BookedCharge[];
  readonly contract: GatewayContract;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, event: () => void) => void;
  readonly onBooked: (charge: BookedCharge) => void;
}

export function createGatewayModel(options: GatewayModelOptions): GatewayModel {
  const { name, contract, ledger, nowMs, after, onBooked } = options;
  const keys = new Map<string, KeyRecord>();
  const flying = new Set<Flying>();

  function known(key: string): KeyRecord | undefined {
    const record = keys.get(key);
    if (record === undefined) return undefined;
    if (contract.keys === 'kept' && nowMs() - record.firstSeenMs <= contract.keyWindowMs) return record;
    keys.delete(key);
    return undefined;
  }

  function seen(request: ChargeRequest): KeyRecord {
    const record = known(request.key) ?? {
      firstSeenMs: nowMs(),
      terms: termsOf(request),
      charge: null,
      erred: false,
      working: false,
    };
    keys.set(request.key, record);
    return record;
  }

  function book(request: ChargeRequest, wish: Wish): BookedCharge {
    const charge: BookedCharge = {
      id: `ch_${ledger.length + 1}`,
      gateway: name,
      key: request.key,
      reference: request.reference,
      amountMinor: request.amountMinor,
      currency: request.currency,
      ...wish.instead,
      status: FIRST_STATUS[wish.result],
      visibleAtMs: nowMs() + wish.lagMs,
    };
    ledger.push(charge);
    onBooked(charge);
    if (charge.status === 'pending') {
      after(wish.pending.forMs, () => {
        charge.status = wish.pending.endsAs;
        onBooked(charge);
      });
    }
    return charge;
  }

  function replay(record: KeyRecord, request: ChargeRequest): Reply | null {
    if (record.terms !== termsOf(request)) return { kind: 'key_reused' };
    if (record.working) return { kind: 'in_progress' };
    if (record.erred) return { kind: 'error' };
    return record.charge === null ? null : { kind: 'charge', charge: record.charge };
  }

  return {
    ledger,
    flies(request) {
      const entry = { request };
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
      if (wish.result === 'error' && !wish.chargedAllTheSame) {
        record.erred = contract.cachesErrors;
        return { kind: 'error' };
      }
      const charge = book(request, wish);
      record.charge = charge;
      if (wish.result !== 'error') return { kind: 'charge', charge };
      record.erred = contract.cachesErrors;
      return { kind: 'error' };
    },
    find: (key) =>
      ledger.filter(
        (charge) => charge.gateway === name && charge.key === key && charge.visibleAtMs <= nowMs(),
      ),
    canStillCharge(key) {
      if (ledger.some((charge) => charge.key === key && charge.status === 'pending')) return true;
      for (const { request } of flying) {
        if (request.key !== key) continue;
        // A key that was answered with a decline, or with a cached error, answers so again.
        const record = known(key);
        const answered = record !== undefined && (record.erred || record.charge !== null);
        if (!answered) return true;
      }
      return false;
    },
    forgottenAtMs(key) {
      const record = keys.get(key);
      if (contract.keys !== 'kept' || record === undefined) return null;
      return record.charge !== null || record.working ? record.firstSeenMs + contract.keyWindowMs : null;
    },
    busy: () => flying.size > 0 || ledger.some((charge) => charge.status === 'pending'),
  };
}

const FIRST_STATUS = {
  succeed: 'succeeded',
  decline: 'declined',
  pend: 'pending',
  error: 'succeeded',
} as const;

function termsOf(request: ChargeRequest): string {
  return `${request.reference} ${request.amountMinor} ${request.currency} ${request.method ?? ''}`;
}
