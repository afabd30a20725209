/** One request for a follow-up while it is being answered, and the parts of the engine that answer it. */
import { EFFECTS } from '../../domain/effects.ts';
import { isSettled } from '../../domain/operation.ts';
import type { FollowUpRecord, FollowUpSituation, StoredKey } from '../../ports/store.ts';
import type { FollowUpAnswer, FollowUpProblem } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Driver } from '../drive.ts';
import type { Moment } from '../moment.ts';
import type { Waiters } from '../waiters.ts';
import type { FollowUpWanted, RequestTraits } from './traits.ts';

/** What answers requests of one kind: one for each gateway. `waiters` are the process's. */
export interface FollowingUp<Shown, Own extends string> {
  readonly traits: RequestTraits<Shown, Own>;
  readonly engine: Engine;
  readonly driver: Driver;
  readonly waiters: Waiters;
}

/** One request, and what it knows so far. */
export interface ClientRequest {
  readonly wanted: FollowUpWanted;
  readonly key: StoredKey | null;
  readonly untilMs: number;
  /** When its turn began. Nothing that it sent to the store before that is still under way. */
  turnAtMs: number;
  /** What this request tried to open. A row with one of these ids is its own. */
  readonly opened: Opening[];
  /** This request bound its key itself, so its answer is no replay. */
  boundHere: boolean;
  /** The key was found in the database. */
  keySeen: boolean;
  /** A confirmation was lost, so something may be stored that this request has not read yet. */
  perhapsStored: boolean;
  /** The follow-up as this request last read it. */
  seen: FollowUpRecord | null;
}

interface Opening {
  readonly id: string;
  readonly name: string;
  readonly claimId: string;
  /** Just before the claim was sent. */
  readonly claimedAt: Moment;
  /** It was handed to a worker. */
  begun: boolean;
}

/** `again`: read what is stored again, and decide again. */
export type Turn<Shown, Own extends string> = Answer<Shown, Own> | 'again';

export type Answer<Shown, Own extends string> = FollowUpAnswer<Shown, FollowUpProblem | Own>;

/** Whether an earlier request bound the key. */
export function isReplayed({ keySeen, boundHere }: ClientRequest): boolean {
  return keySeen && !boundHere;
}

/** Whether this request opened it, or its key did. */
export function isStarted(
  request: ClientRequest,
  record: FollowUpRecord,
  situation?: FollowUpSituation,
): boolean {
  if (request.opened.some(({ id }) => id === record.followUp.id)) return true;
  return situation?.key?.started === true;
}

/** Whether the gateway has it, and may take days to decide. */
export function isAccepted({ operation }: FollowUpRecord): boolean {
  if (EFFECTS[operation.kind].pendingForMs === null) return false;
  return operation.gatewayRef !== null && !isSettled(operation.status) && operation.status !== 'REVIEW';
}

/** Whether there is something to answer: it has ended, the gateway has it, or a person must decide. */
export function isAnswerable(record: FollowUpRecord): boolean {
  const { status } = record.operation;
  return isSettled(status) || status === 'REVIEW' || isAccepted(record);
}
