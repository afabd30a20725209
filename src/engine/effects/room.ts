/** What the engine must know of one kind of effect: how it is asked for at the gateway, how it is stored, and what its end looks like. */
import type { Alarm } from '../../domain/alarms.ts';
import type { CallOutcome, LookupOutcome } from '../../domain/outcomes.ts';
import type { FailureProblem } from '../../domain/problems.ts';
import type { AheadOutcome, Context, Decision, Shown } from '../../domain/transition/index.ts';
import type { Advance, Advanced, Elsewhere, PaymentRecord, Store } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import type { CallResult } from '../exchange.ts';
import type { Held } from '../lease.ts';
import type { VerifyProgress } from '../verify-progress.ts';

/** What a check of evidence, and of other operations, leads to. */
export interface Verified {
  readonly decision: Decision;
  /** Pieces of evidence that the decision deals with. */
  readonly evidenceSeen: number;
  /** What this shows to whoever decides about an operator's wish. */
  readonly others: Shown;
  /** What the gateway said of refunds by somebody else. Null: nothing was learnt about that. */
  readonly elsewhere: Elsewhere | null;
}

/** The methods take records of this room's kind only. */
export interface Room {
  /** Whether the gateway's adapter can do it. What it cannot do is left as it is. */
  isOffered(engine: Engine): boolean;
  /** Whether its stored key at the gateway is the derived one. If not, the engine stops for good. */
  isNamedAsDerived(engine: Engine, record: PaymentRecord): boolean;
  /** Sends it, with what must be made for it first, and gives its place at the gateway back. */
  call(engine: Engine, held: Held): Promise<CallResult>;
  /** Asks what became of it. `ends`: an operator wants it ended, so what can still be paid is sealed. Default: only what is not called again. */
  lookup(engine: Engine, held: Held, ends?: 'ends'): Promise<LookupOutcome>;
  /** What the gateway knows of operations that come after it, which a restored database may have forgotten. */
  lookAhead(engine: Engine, held: Held): Promise<AheadOutcome>;
  /** Checks late evidence, and what must be known before it is called. */
  verify(engine: Engine, held: Held, progress: VerifyProgress): Promise<(context: Context) => Verified>;
  /** After a decline: what the gateway says of refunds by somebody else. Null: nothing was learnt about that. */
  elsewhere(engine: Engine, held: Held): Promise<Elsewhere | null>;
  /** The body of its frozen answer. `problem`: one of its kind. */
  answer(record: PaymentRecord, problem: FailureProblem | null, livemode: boolean): string;
  /** The fenced write. `before` and `after`: the record without and with it. */
  advance(store: Store, write: Advance, change: Change): Promise<Advanced>;
  /** The record with what the decision changes beside its operation: how many count as failed without the gateway's word, for example. */
  changed(record: PaymentRecord, decision: Decision): PaymentRecord;
  addEvidence(store: Store, record: PaymentRecord, outcome: CallOutcome): Promise<'kept' | 'no_payment'>;
  /** The events after `seq`, at most `limit`. */
  events(store: Store, record: PaymentRecord, after: number, limit: number): Promise<readonly EventSeen[]>;
  /** What the log says when it has ended. */
  readonly ended: string;
  /** What the log says with an alarm, if the common text does not fit. */
  readonly alarms: Readonly<Partial<Record<Alarm, string>>>;
}

export interface Change {
  readonly before: PaymentRecord;
  readonly after: PaymentRecord;
  readonly elsewhere: Elsewhere | null;
}

export interface EventSeen {
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly detail: string | null;
}
