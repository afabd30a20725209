/**
 * What the judge remembers. All of it is seen from outside the engine: commits, exchanges, the gateway's ledger and
 * alarms. The engine's own memory is never read.
 */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import type { FailureProblem } from '../../src/domain/problems.ts';
import type { Wish } from '../../src/domain/wish.ts';
import type { Row } from '../store/database.ts';
import { createWire, type Wire } from './wire.ts';

/** Names one order of one account. */
export type OrderName = string;

export function orderName(accountId: string, orderId: string): OrderName {
  return `${accountId}/${orderId}`;
}

/** One committed state of a payment. It was valid until the next one was committed. */
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

/** A charge whose intent was committed before anything was sent for it. */
export interface Intended {
  readonly order: OrderName;
  readonly n: number;
  readonly amountMinor: number;
  readonly currency: string;
  /** When the charge was opened, in true time. */
  readonly openedMs: number;
  /** For how many seconds it may be tried. Null: as long as the policy says. */
  readonly patienceS: number | null;
}

/** A request that was sent after its lease had ended, from a machine whose clocks had all stopped, so that it could not know. */
export interface BlindSend {
  readonly order: OrderName;
  /** Whether its sender is still alive, so that it can store the answer. */
  readonly senderLives: () => boolean;
  /** The gateway had already forgotten its key. */
  readonly keyForgotten: boolean;
}

export interface Restored {
  /** The processes know of the restore, and lookups exist. Then a second charge that a lookup could have prevented is a violation. */
  readonly asked: boolean;
  /** When it was restored, in true time. No process that ran before has run since. */
  readonly atMs: number;
  /** The last charge of each order that the restored database knew. */
  readonly knownN: ReadonlyMap<OrderName, number>;
}

export interface Book {
  readonly wire: Wire;
  /** How much evidence there was when a call was claimed; by claim id. */
  readonly evidenceAtClaim: Map<string, number>;
  /** The alarms that were raised for each payment, by its id. */
  readonly alarms: Map<string, Set<string>>;
  /** By gateway key. */
  readonly intended: Map<string, Intended>;
  readonly states: Map<OrderName, State[]>;
  /** Keys for which the gateway broke its contract, so that a person may have to look. */
  readonly excused: Map<string, 'answer' | 'money'>;
  /** The requests whose intents were committed, by the id that each carries in its metadata. */
  readonly committedRequests: Set<string>;
  /** Requests that were answered with a problem that means nothing was stored. */
  readonly refusedRequests: Set<string>;
  /** By gateway key. */
  readonly blindSends: Map<string, BlindSend>;
  /** The database has lost commits. It may not know what was answered before. */
  amnesia: boolean;
  /** When the database's clock was last set (in any direction, forward, back), in true time. Minus infinity: never. */
  stepped: { atMs: number; forwardAtMs: number; backAtMs: number };
  /** Null: the database was not restored from a backup. */
  restored: Restored | null;
  /** The installation has another id now than when the rows were made. */
  idLost: boolean;
  /**
   * The keys of charges that the gateway made after they were proved not to have happened, and of those about which a person's wrong word
   * stands: nobody can know of them.
   */
  readonly late: Set<string>;
  /** The keys about which a person's wrong word stands. They are in `late`, too. */
  readonly words: Set<string>;
  /** The last word of an operator, by the gateway key of what it is about. */
  readonly wishes: Map<string, Wish>;
  /** Since when each charge is live, by its id. */
  readonly liveSinceMs: Map<string, number>;
  /** The claims that were granted when nothing was stored that could have been confirmed. */
  readonly claimedWithoutHandle: Set<string>;
  /** What the charge was first confirmed on, by gateway key. */
  readonly confirmed: Map<string, string>;
  /** Evidence could not be stored, and an alarm was raised. */
  evidenceLost: boolean;
  violation: Violation | null;
}

/** How many charges after the last known one are found after a restore, also if the gateway never received those between. Taken from the design. */
const FOUND_AFTER_RESTORE = 4;

/** Whether charge `n` of an order is found if it is forgotten, and `knownN` is not. */
export function isInReach(n: number, knownN: number): boolean {
  return n > knownN && n <= knownN + FOUND_AFTER_RESTORE;
}

/** A statement may begin this long before its commit, and the database stamps it with the time at which it began. */
export const STATEMENT_MS = 15_000;

export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

/** Earlier than any other time. */
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
    words: new Set(),
    wishes: new Map(),
    liveSinceMs: new Map(),
    claimedWithoutHandle: new Set(),
    confirmed: new Map(),
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

/** A person's wrong word about this key stands, because the gateway was silent. */
export function standsWrong({ words, late, excused }: Book, gatewayKey: string): void {
  words.add(gatewayKey);
  late.add(gatewayKey);
  excused.set(gatewayKey, 'money');
}
