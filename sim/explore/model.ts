/**
 * The small model's state. Time is counted in ticks and always relative to now (now is 0, the past negative),
 * so that two moments that differ only in the date are one state.
 *
 * Simplified, each for the reason given: reading the row, deciding and writing a claim is one step (the write
 * compares everything that was read but the evidence, and that may be older here too); a gateway deals with a
 * request and says so in one step (a pause after it is a step of its own); an acknowledgement of a claim that is
 * lost is a worker that has not begun yet; breaker and budgets only make the engine wait, and waiting is always
 * allowed. Taken for granted: the look at the lease and the send are one step, and a request lands `landsWithin`
 * after its lease's end at the latest, even if its sender is paused and still connected.
 *
 * A refund is asked for what is left of the charge only by the world of pairs (`pair.ts`). What somebody else refunds is not modelled: it
 * only lowers what may be opened. Of the 30 days in which a refund may fail later, the model knows two ages: young, and over.
 *
 * An operator speaks once. Where a word counts because the gateway was silent, the story ends: what follows is the person's.
 *
 * What never matters is not kept: of `seq`, fence and claim only whether a worker's are still the row's
 * (`current`), of a worker that lost its claim only what it may still do.
 */
import type { EffectKind } from '../../src/domain/effects.ts';
import { markChange } from '../../src/domain/exclusive-acceptance.ts';
import { type Operation, openOperation } from '../../src/domain/operation.ts';
import type { CallOutcome, LookupOutcome } from '../../src/domain/outcomes.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { admit, type Sums, sumChange } from '../../src/domain/sums.ts';
import {
  type CallEnd,
  type Decision,
  mustSeal,
  onCallEnded,
  onClaim,
  onLookupEnded,
  onNotSent,
  onReleasedLookedUp,
  onUnseen,
  onVerified,
  onWatched,
  onWished,
  type ReleasedOutcome,
  type VerifyOutcome,
} from '../../src/domain/transition/index.ts';

import type { Wish } from '../../src/domain/wish.ts';

/** The functions under test; a parameter, so that broken ones can be shown to be caught. */
export interface Decisions {
  readonly openOperation: typeof openOperation;
  readonly onClaim: typeof onClaim;
  readonly onCallEnded: typeof onCallEnded;
  readonly onNotSent: typeof onNotSent;
  readonly onLookupEnded: typeof onLookupEnded;
  readonly onVerified: typeof onVerified;
  readonly onUnseen: typeof onUnseen;
  readonly onReleasedLookedUp: typeof onReleasedLookedUp;
  readonly onWatched: typeof onWatched;
  readonly onWished: typeof onWished;
  readonly mustSeal: typeof mustSeal;
  readonly admit: typeof admit;
  readonly sumChange: typeof sumChange;
  readonly markChange: typeof markChange;
}

export const REAL_DECISIONS: Decisions = {
  openOperation,
  onClaim,
  onCallEnded,
  onNotSent,
  onLookupEnded,
  onVerified,
  onUnseen,
  onReleasedLookedUp,
  onWatched,
  onWished,
  mustSeal,
  admit,
  sumChange,
  markChange,
};

/** What the shell around the decisions does; each can be left out, to show that it is needed. */
export interface Guards {
  /** Writes of a worker that lost its claim are refused. */
  readonly fence: boolean;
  /** The lease is looked at in the tick of the send. */
  readonly leaseAtSend: boolean;
  /** What a refused write knew about money is kept. */
  readonly evidence: boolean;
  /** A failure is refused while the row has evidence that its writer has not seen. */
  readonly unseen: boolean;
}

export const ALL_GUARDS: Guards = { fence: true, leaseAtSend: true, evidence: true, unseen: true };

/** One world to be explored. */
export interface World {
  readonly name: string;
  /** What is wanted at the gateway. */
  readonly kind: EffectKind;
  /** Times in ticks. */
  readonly policy: Policy;
  /** Faults in one story at most. */
  readonly maxFaults: number;
  /** Workers for one row. With one there is nobody to overtake it: it only crashes. */
  readonly workers: 1 | 2;
  /** Whether the customer may try again after a failure. */
  readonly secondCharge: boolean;
  /** Whether a decline is kept under the key like any result; else the same key may still be approved. */
  readonly keepsDeclines: boolean;
  /** Whether the gateway may also break its contract, a fault each time. */
  readonly breaksContract: boolean;
  /** Whether an operator may say, once, how what is in REVIEW has ended. */
  readonly operated: boolean;
  readonly decisions: Decisions;
  readonly guards: Guards;
}

/** The row in the database: the payment's, with its current charge, or a refund's. */
export interface Row {
  readonly operation: Operation;
  readonly held: boolean;
  /** The lease's end while held, else the next try. */
  readonly due: number | null;
  readonly evidence: number;
  readonly absences: number;
  /** The gateway's id in the last evidence of money about charge 1, and about charge 2. Null: there is none. */
  readonly named: readonly [string | null, string | null];
  /** The charges, as bits 1 and 2, that failed without a decline of the gateway. */
  readonly absent: number;
  /** The current charge was settled as FAILED once. */
  readonly failedBefore: boolean;
  /**
   * What an operator has said. `ended`: it was decided. `stands`: it counts and the gateway was silent, so that what follows is the person's.
   * Null: nobody has said anything.
   */
  readonly wish: Wish['outcome'] | 'ended' | 'stands' | null;
}

/** Where a worker is; what it carries is all that it knows beyond the row. */
export type Stage =
  | { readonly at: 'idle' }
  /** The claim to call is committed, nothing is sent. */
  | { readonly at: 'claimed' }
  /** Sent. `landsLeft`: null while it is listened to under the lease, else as `Late.left`; below 0 it is gone. */
  | { readonly at: 'waiting'; readonly landsLeft: number | null }
  | { readonly at: 'heard'; readonly outcome: CallEnd }
  /** In two steps: what is to be confirmed is made, and its handle is not stored yet. */
  | { readonly at: 'prepared' }
  | { readonly at: 'asking' }
  /** In two steps: it has read what can still be paid, and seals it; then it reads once more. */
  | { readonly at: 'sealing' }
  | { readonly at: 'rereading' }
  | { readonly at: 'answered'; readonly outcome: LookupOutcome }
  /** `left`: the charges still to be looked up; `own`: a completed one is looked up for a second charge. */
  | { readonly at: 'verifying'; readonly left: readonly VerifyItem[] }
  | { readonly at: 'verified'; readonly outcome: VerifyOutcome | ReleasedOutcome }
  /** Before it decides about an operator's word: everything else was looked at, and the operation itself is next. */
  | { readonly at: 'looking'; readonly checked: VerifyOutcome | ReleasedOutcome }
  /** `own`: null if the gateway has no lookups. */
  | {
      readonly at: 'looked';
      readonly checked: VerifyOutcome | ReleasedOutcome;
      readonly own: LookupOutcome | null;
    }
  /** It has ended, and is looked up again. */
  | { readonly at: 'watching' }
  | { readonly at: 'watched'; readonly outcome: LookupOutcome }
  /** Decided, then paused before the write. */
  | {
      readonly at: 'writing';
      readonly decision: Decision;
      readonly outcome: CallEnd | null;
      readonly evidenceSeen: number;
    }
  /** The write is committed, its acknowledgement was lost; `current` says whether the row still shows it. */
  | { readonly at: 'unsure'; readonly outcome: CallOutcome };

export interface VerifyItem {
  readonly n: number;
  readonly own: boolean;
}

export interface Worker {
  readonly stage: Stage;
  /** The charge that it was claimed for. */
  readonly n: number;
  /** Ticks until its lease ends; negative: overrun. */
  readonly leaseLeft: number;
  /** Whether its `seq`, fence and claim are the row's. */
  readonly current: boolean;
  /** The evidence that it read with the row. */
  readonly evidence: number;
  /** It did not act in time; more delay costs no further fault. */
  readonly paused: boolean;
}

export const IDLE: Worker = {
  stage: { at: 'idle' },
  n: 0,
  leaseLeft: 0,
  current: false,
  evidence: 0,
  paused: false,
};

/** A worker that has just come to hold the row. */
export function holding(stage: Stage, n: number, leaseLeft: number, evidence: number): Worker {
  return { stage, n, leaseLeft, current: true, evidence, paused: false };
}

/** What the gateway booked. `wrong`: live, for another amount than was asked. `undone`: it was live, and has failed since. */
export interface Booked {
  readonly id: string;
  readonly status: 'live' | 'wrong' | 'pending' | 'declined' | 'undone';
  readonly age: number;
}

/** The gateway's books about one key. */
export interface Book {
  /** The charge that the key is for. */
  readonly n: number;
  readonly charges: readonly Booked[];
  /** What a repeated call is answered from: a charge, an error, or nothing. */
  readonly bound: number | 'error' | null;
  /** Ticks since the key was first used, while it is remembered. */
  readonly age: number;
}

/** A request that nobody listens to any more and that may still take effect within `left` ticks. */
export interface Late {
  readonly n: number;
  readonly left: number;
  /** It seals, and charges nothing. */
  readonly seal?: true;
}

/** In two steps: what charge 1 is confirmed on. */
export interface Thing {
  readonly status: 'none' | 'open' | 'declined' | 'acting' | 'pending' | 'live' | 'wrong' | 'sealed';
  /** Its handle is durable. */
  readonly stored: boolean;
  /** A confirm has reached it, so others than we may know how to pay it. */
  readonly reached: boolean;
  /** What the charge's key repeats. */
  readonly bound: 'approved' | 'declined' | 'pending' | 'mismatch' | 'requires_action' | 'error' | null;
}

export interface State {
  readonly row: Row;
  readonly workers: readonly [Worker, Worker];
  /** For charge 1 and charge 2. A refund has the first one. */
  readonly books: readonly [Book, Book];
  readonly late: readonly Late[];
  /** Null: charges are made in one step. */
  readonly thing: Thing | null;
  /** What it shares with others; null: it is alone. Set by `pair.ts` before the steps are worked out, and no part of the state. */
  readonly others: Others | null;
}

/** What a refund reads of the payment's other refund. */
export interface Others {
  readonly amountMinor: number;
  /** Whether it counts as failed without the gateway's word. */
  readonly released: boolean;
  readonly otherMinor: number;
  readonly book: Book;
  readonly sums: Sums;
  /** Of a capture and a void: the other one has ended the charge, or is about to. So this one can do nothing to it. */
  readonly ended?: boolean;
}

/** Everything that can go wrong in the model; each strike costs one of the story's faults. */
export const FAULTS = [
  'worker crashes',
  'worker paused',
  'acknowledgement of a write lost',
  'store unreachable, not written',
  'store unreachable, written',
  'answer lost',
  'connection reset, not executed',
  'lands later',
  'error before the charge',
  'error, and lands later',
  'error after the charge',
  'error kept under the key',
  'refused',
  'forbidden',
  'pending',
  'wrong amount',
  'lookup unavailable',
  'lookup forbidden',
  'key ignored',
  'lands too late',
  'fails after it succeeded',
  'customer must act',
  'prepare fails',
  'prepare declined',
  'seal fails',
  'seal lands later',
] as const;
export type Fault = (typeof FAULTS)[number];

/** One thing that happens. */
export interface Step {
  /** 0 and 1: a worker. */
  readonly who: 0 | 1 | 'gateway' | 'customer' | 'operator' | 'time';
  readonly what: string;
  readonly faults: readonly Fault[];
  readonly next: State;
  /** The decision that this step wrote into the row. */
  readonly decision?: Decision;
  /** What came out of it, for the marks. */
  readonly mark?: string;
  /** It leaves evidence of money about the payment's other refund: the gateway's id of it. */
  readonly evidenceOfOther?: string;
}

/** The number of the payment's other refund, in a list of those to look up. */
export const OTHER = 3;

/** Whether a worker still has to decide about an operator's word. */
export function isWished({ wish }: Row): boolean {
  return wish === 'completed' || wish === 'failed';
}

/** Whether charge `n` is among the charges of a row's bits. */
export function has(bits: number, n: number): boolean {
  return (bits & n) !== 0;
}

export const NO_FAULTS: readonly Fault[] = [];

export function bookOf(state: State, n: number): Book {
  return state.books[n === 1 ? 0 : 1];
}

export function withBook(state: State, n: number, book: Book): State {
  return { ...state, books: n === 1 ? [book, state.books[1]] : [state.books[0], book] };
}

export function withWorker(state: State, who: 0 | 1, worker: Worker): State {
  return { ...state, workers: who === 0 ? [worker, state.workers[1]] : [state.workers[0], worker] };
}
