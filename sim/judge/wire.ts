/** What the judge has seen at the gateway's door: who asked what, under which claim, when it left, and what came back. */
import type { CallOutcome, LookupOutcome, NotSent } from '../../src/domain/outcomes.ts';

/** One incarnation of a process, by its claims. */
export interface Claimant {
  readonly name: string;
  /** Its host's; the settings depend on it. */
  readonly index: number;
}

export interface Exchange {
  readonly kind: 'call' | 'lookup';
  readonly sender: string;
  readonly key: string;
  /** The claim that its order was held under when it began. Null: the order is not held, or not known. */
  readonly claimId: string | null;
  readonly beganMs: number;
  /** From then on its sender does not listen any more. */
  untilMs: number;
  /** When the first byte of a call left. Null: it has not. */
  leftMs: number | null;
  /** Null: its sender has heard nothing yet, or never will. */
  heard: CallOutcome | LookupOutcome | NotSent | null;
}

/** A call that left. */
export type Sent = Exchange & { readonly leftMs: number };

export interface Wire {
  /** Who drew a claim, by its hexadecimal digits. */
  readonly claimants: Map<string, Claimant>;
  /** By gateway key, in their order. */
  readonly exchanges: Map<string, Exchange[]>;
  /** When it was last proved that nothing sent under the key before can take effect; by gateway key. */
  readonly clearedMs: Map<string, number>;
}

export function createWire(): Wire {
  return { claimants: new Map(), exchanges: new Map(), clearedMs: new Map() };
}

export function claimantOf({ claimants }: Wire, claimId: string): Claimant | undefined {
  return claimants.get(claimId.replaceAll('-', ''));
}

/** The calls under the key that may have been executed, as far as anybody was told. */
export function doubtful(wire: Wire, key: string): readonly Sent[] {
  const clearedMs = wire.clearedMs.get(key) ?? Number.NEGATIVE_INFINITY;
  return sentUnder(wire, key).filter(
    ({ leftMs, heard }) => leftMs > clearedMs && !PROVES_NOTHING_CHARGED.has(heard?.kind ?? ''),
  );
}

/** The calls that left under the key; of one claim only, where that is asked. */
export function sentUnder({ exchanges }: Wire, key: string, claimId?: string): readonly Sent[] {
  return (exchanges.get(key) ?? []).filter(
    (one): one is Sent => one.leftMs !== null && (claimId === undefined || one.claimId === claimId),
  );
}

/** The last call that was begun under the claim, whether or not it left. */
export function callUnder({ exchanges }: Wire, key: string, claimId: string): Exchange | undefined {
  return (exchanges.get(key) ?? []).findLast((one) => one.kind === 'call' && one.claimId === claimId);
}

/** What was last heard of a lookup under the claim. Undefined: nothing. */
export function lookedUp(
  { exchanges }: Wire,
  key: string,
  claimId: string,
): LookupOutcome['kind'] | 'not_sent' | undefined {
  const heard = (exchanges.get(key) ?? []).findLast(
    (one) => one.kind === 'lookup' && one.claimId === claimId && one.heard !== null,
  )?.heard;
  return heard?.kind as LookupOutcome['kind'] | 'not_sent' | undefined;
}

const PROVES_NOTHING_CHARGED: ReadonlySet<string> = new Set(['refused', 'forbidden', 'declined']);
