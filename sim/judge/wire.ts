/** The exchanges with the gateway, as the judge saw them: who sent what, under which claim, when, and what came back. */
import type { CallOutcome, LookupOutcome, NotSent, PrepareOutcome } from '../../src/domain/outcomes.ts';

/** One incarnation of a process, as the owner of claims. */
export interface Claimant {
  readonly name: string;
  /** The host's index. The settings depend on it. */
  readonly index: number;
}

/** What an exchange can say. `asked`: of a seal, which has no outcome of its own. */
export type Heard = CallOutcome | LookupOutcome | PrepareOutcome | NotSent | { readonly kind: 'asked' };

export interface Exchange {
  /** `prepare` and `seal`: only in two steps. */
  readonly kind: 'call' | 'lookup' | 'prepare' | 'seal';
  readonly sender: string;
  readonly key: string;
  /** The claim that its sender held on the order when the exchange began. Null: the sender held none, or the order is unknown. */
  readonly claimId: string | null;
  readonly beganMs: number;
  /** After this time the sender no longer waits for the answer. */
  untilMs: number;
  /** When the first byte of a call was sent. Null: not yet. */
  leftMs: number | null;
  /** The outcome that its sender got. Null: none yet, or never. */
  heard: Heard | null;
}

/** A call that was sent. */
export type Sent = Exchange & { readonly leftMs: number };

export interface Wire {
  /** Who drew each claim id, by its hexadecimal digits. */
  readonly claimants: Map<string, Claimant>;
  /** By gateway key, in the order in which they began. */
  readonly exchanges: Map<string, Exchange[]>;
  /** When it was last proved that nothing sent under the key until then can charge any more; by gateway key. */
  readonly clearedMs: Map<string, number>;
}

export function createWire(): Wire {
  return { claimants: new Map(), exchanges: new Map(), clearedMs: new Map() };
}

export function claimantOf({ claimants }: Wire, claimId: string): Claimant | undefined {
  return claimants.get(claimId.replaceAll('-', ''));
}

/** The calls under the key that may have charged: no answer or proof rules it out. */
export function doubtful(wire: Wire, key: string): readonly Sent[] {
  const clearedMs = wire.clearedMs.get(key) ?? Number.NEGATIVE_INFINITY;
  return sentUnder(wire, key).filter(
    ({ leftMs, heard }) => leftMs > clearedMs && !PROVES_NOTHING_CHARGED.has(heard?.kind ?? ''),
  );
}

/** The calls that were sent under the key. With `claimId`: only those of that claim. */
export function sentUnder({ exchanges }: Wire, key: string, claimId?: string): readonly Sent[] {
  return (exchanges.get(key) ?? []).filter(
    (one): one is Sent =>
      one.kind === 'call' && one.leftMs !== null && (claimId === undefined || one.claimId === claimId),
  );
}

/** The last call that was begun under the claim, whether or not it was sent. */
export function callUnder({ exchanges }: Wire, key: string, claimId: string): Exchange | undefined {
  return (exchanges.get(key) ?? []).findLast((one) => one.kind === 'call' && one.claimId === claimId);
}

export type Looked = LookupOutcome['kind'] | 'not_sent';

/**
 * How the lookups under the claim ended. A claim is made for one look at its own key. Of a refund there may be several: the same process
 * may look it up for another refund of the payment at the same time, and from outside nobody can tell which look is whose.
 */
export function lookedUp({ exchanges }: Wire, key: string, claimId: string): readonly Looked[] {
  return (exchanges.get(key) ?? [])
    .filter((one) => one.kind === 'lookup' && one.claimId === claimId && one.heard !== null)
    .map(({ heard }) => heard?.kind as Looked);
}

const PROVES_NOTHING_CHARGED: ReadonlySet<string> = new Set(['refused', 'forbidden', 'declined']);
