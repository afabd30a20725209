/** What tells one kind of follow-up from the others. Everything else in this folder is the same for all kinds. */
import type { FollowUpKind } from '../../domain/effects.ts';
import type { Admit } from '../../domain/follow-up-acceptance.ts';
import type { CallOutcome, LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { FailureProblem } from '../../domain/problems.ts';
import type { SumChange, Sums } from '../../domain/sums.ts';
import type { CallOptions, ExchangeOptions } from '../../ports/gateway.ts';
import type { Elsewhere, FollowUpAdvance, FollowUpRecord } from '../../ports/store.ts';
import type { FollowUpProblem } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Room } from '../effects/room.ts';
import type { Held } from '../lease.ts';

/** What somebody asks for. All fields have been checked. At least one of `name` and the request's key names a refund; the payment names a capture or a void. */
export interface FollowUpWanted {
  readonly accountId: string;
  readonly paymentId: string;
  /** Minor units of the payment's currency; a safe integer of at least 1. Null: all that is left. */
  readonly amountMinor: number | null;
  /** The caller's name for it. Null: the key names it. */
  readonly name: string | null;
  /** Null: the caller gave none. */
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the answers to requests of one kind need. `Shown`: what it is for the outside. `Own`: problems that only this kind has. */
export interface RequestTraits<Shown, Own extends string> {
  readonly kind: FollowUpKind;
  /** What the key of a request is bound to. */
  fingerprint(wanted: FollowUpWanted): string;
  /** Whether the payment takes one more. If not, the problem, with a detail of its own or the usual one. */
  readonly admit: Admit<{ readonly kind: 'refused'; readonly code: Own; readonly detail?: string }>;
  /** As the outside may see it now. */
  show(engine: Engine, record: FollowUpRecord): Shown;
  /** The body of the answer about one that ended. `problem` null: it succeeded. */
  answerBody(shown: Shown, problem: FailureProblem | null): string;
  /** The problem if one of this name exists with other terms, or keeps this one out. */
  conflictWith(record: FollowUpRecord): Own;
  /** Of a capture or a void: its name, by how many of both there were before. Absent: the caller or the key gives the name. */
  readonly nameAfter?: (count: number) => string;
  /** The texts of the problems. */
  readonly details: Readonly<Record<FollowUpProblem | Own, string>>;
  /** The text if another one has the name that a request's key would give. Null: no key gives a name. */
  readonly nameTaken: string | null;
}

/** What a question about somebody else's refunds has shown. `unanswered`: nothing, but it may be asked again. `not_said`: nobody can know. */
export type ElsewhereSaid =
  | { readonly kind: 'said'; readonly elsewhere: Elsewhere }
  | {
      readonly kind: 'unanswered';
      readonly outcome: Extract<LookupOutcome, { kind: 'unavailable' | 'forbidden' }>;
    }
  | { readonly kind: 'not_said' };

/** One that a worker holds. */
export type HeldFollowUp = Held & { readonly record: FollowUpRecord };

/** What its room needs beside what is the same for all of them. */
export interface RoomTraits extends Pick<Room, 'isOffered' | 'answer' | 'alarms'> {
  readonly kind: FollowUpKind;
  /** Of which kinds an earlier one, if it was made after all, keeps this one from being sent. */
  readonly releasedKinds: readonly FollowUpKind[];
  /** What becomes of the mark that keeps others out. Absent: there is none for this kind. */
  readonly markChange?: (
    before: FollowUpRecord['operation']['status'],
    after: FollowUpRecord['operation']['status'],
  ) => FollowUpAdvance['mark'];
  /** Sends it. */
  call(engine: Engine, record: FollowUpRecord): (options: CallOptions) => Promise<CallOutcome | NotSent>;
  /** Asks what became of it. */
  lookup(
    engine: Engine,
    record: FollowUpRecord,
  ): (options: ExchangeOptions) => Promise<LookupOutcome | NotSent>;
  /** Asks the gateway what somebody else did with the payment's money. `isThere`: whether the gateway has made the one that is held. */
  askElsewhere(engine: Engine, held: HeldFollowUp, isThere: boolean): Promise<ElsewhereSaid>;
  /** By what the payment's sums change when one of `amountMinor` goes from one status to another. `movedMinor`: what it moves if it succeeds. */
  sumChange(
    before: FollowUpRecord['operation']['status'],
    after: FollowUpRecord['operation']['status'],
    amountMinor: number,
    movedMinor: number,
  ): SumChange;
  /** How much of the payment is left for one that is open, in minor units: what it has reserved is left for it. */
  leftMinor(sums: Sums, record: FollowUpRecord): number;
}
