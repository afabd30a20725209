/**
 * What the judge remembers, gathered from the database's commits and the gateway's ledger alone: never from what
 * the engine says of itself.
 */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { FailureProblem } from '../../src/domain/problems.ts';
import type { Row } from '../store/database.ts';
import { createWire, type Wire } from './wire.ts';

/** Names one order of one account. */
export type OrderName = string;

export function orderName(accountId: string, orderId: string): OrderName {
  return `${accountId}/${orderId}`;
}

/** One committed state of a payment; it held until the next one was committed. */
export interface State {
  readonly atMs: number;
  readonly seq: number;
  readonly status: PaymentStatus;
  readonly chargeN: number;
  readonly problem: FailureProblem | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly evidence: number;
  readonly row: Row['payment'];
}

/** A charge that was intended, durably, before anything was sent for it. */
export interface Intended {
  readonly order: OrderName;
  readonly n: number;
  readonly amountMinor: number;
  readonly currency: string;
  /** When it was opened, in true time. */
  readonly openedMs: number;
}

/** A request that left after its lease, from a machine on which no clock could tell. */
export interface BlindSend {
  readonly order: OrderName;
  /** Whether its sender lives on, so that it can tell what it heard. */
  readonly senderLives: () => boolean;
  /** The gateway did not know its key any more. */
  readonly keyForgotten: boolean;
}

export interface Restored {
  /** The processes were told, and can ask: then nothing excuses a second charge that a lookup could have found. */
  readonly asked: boolean;
  /** The last charge of each order that the restored database knew. */
  readonly knownN: ReadonlyMap<OrderName, number>;
}

export interface Book {
  readonly wire: Wire;
  /** The evidence that a claim for a call found; by claim. */
  readonly evidenceAtClaim: Map<string, number>;
  /** What was alarmed of each payment, by its id. */
  readonly alarms: Map<string, Set<string>>;
  /** By gateway key. */
  readonly intended: Map<string, Intended>;
  readonly states: Map<OrderName, State[]>;
  /** Keys about which the gateway broke its word, so that a person may have to look. */
  readonly excused: Map<string, 'answer' | 'money'>;
  /** The requests whose intents were committed, by the mark that each carries in its metadata. */
  readonly committedRequests: Set<string>;
  /** Requests whose client was told that nothing was stored. */
  readonly refusedRequests: Set<string>;
  /** By gateway key. */
  readonly blindSends: Map<string, BlindSend>;
  /** The database was restored to an earlier state: what was answered before may be unknown to it. */
  amnesia: boolean;
  /** When the database's clock was last set, in true time: at all, forward, and back; long before the run: never. */
  stepped: { atMs: number; forwardAtMs: number; backAtMs: number };
  /** The database is a restored one. Null: it is not. */
  restored: Restored | null;
  /** The installation has another id than the rows were made under. */
  idLost: boolean;
  /** Charges that the gateway made long after it was proved that it had not. */
  readonly late: Set<string>;
  /** Evidence could not be stored, and a person was told. */
  evidenceLost: boolean;
  violation: Violation | null;
}

/** A statement may have begun so long before it was committed, and its time is that of its beginning. */
export const STATEMENT_MS = 15_000;

export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

/** Before everything, and further away than any duration. */
const NEVER_MS = Number.NEGATIVE_INFINITY;

export function createBook(): Book {
  return {
    wire: createWire(),
    evidenceAtClaim: new Map(),
    alarms: new Map(),
    intended: new Map(),
    states: new Map(),
    excused: new Map(),
    committedRequests: new Set(),
    refusedRequests: new Set(),
    blindSends: new Map(),
    amnesia: false,
    stepped: { atMs: NEVER_MS, forwardAtMs: NEVER_MS, backAtMs: NEVER_MS },
    restored: null,
    idLost: false,
    late: new Set(),
    evidenceLost: false,
    violation: null,
  };
}

/** The states that held at some moment between `fromMs` and now. */
export function statesSince(book: Book, order: OrderName, fromMs: number): readonly State[] {
  const states = book.states.get(order) ?? [];
  let first = states.length - 1;
  while (first > 0 && (states[first] as State).atMs > fromMs) first -= 1;
  return states.slice(Math.max(first, 0));
}
