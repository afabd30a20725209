/** One request for a refund while it is being answered, and the parts of the engine that answer it. */
import { isSettled } from '../../domain/operation.ts';
import type { FollowUpRecord, FollowUpSituation, StoredKey } from '../../ports/store.ts';
import type { RefundAnswer, RefundWanted } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Driver } from '../drive.ts';
import type { Moment } from '../moment.ts';
import type { Waiters } from '../waiters.ts';

/** What answers requests for refunds: one for each gateway. `waiters` are the process's. */
export interface Refunding {
  readonly engine: Engine;
  readonly driver: Driver;
  readonly waiters: Waiters;
}

/** One request, and what it knows so far. */
export interface ClientRequest {
  readonly wanted: RefundWanted;
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
  /** The refund as this request last read it. */
  seen: FollowUpRecord | null;
}

interface Opening {
  readonly id: string;
  readonly claimId: string;
  /** Just before the claim was sent. */
  readonly claimedAt: Moment;
  /** It was handed to a worker. */
  begun: boolean;
}

/** `again`: read what is stored again, and decide again. */
export type Turn = RefundAnswer | 'again';

/** Whether an earlier request bound the key. */
export function isReplayed({ keySeen, boundHere }: ClientRequest): boolean {
  return keySeen && !boundHere;
}

/** Whether this request opened the refund, or its key did. */
export function isStarted(
  request: ClientRequest,
  record: FollowUpRecord,
  situation?: FollowUpSituation,
): boolean {
  if (request.opened.some(({ id }) => id === record.followUp.id)) return true;
  return situation?.key?.started === true;
}

/** Whether the gateway has it, and has not decided yet. */
export function isAccepted({ operation }: FollowUpRecord): boolean {
  return operation.gatewayRef !== null && !isSettled(operation.status) && operation.status !== 'REVIEW';
}

/** Whether there is something to answer: it has ended, the gateway has it, or a person must decide. */
export function isAnswerable(record: FollowUpRecord): boolean {
  const { status } = record.operation;
  return isSettled(status) || status === 'REVIEW' || isAccepted(record);
}
