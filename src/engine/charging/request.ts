/** One charge request while it is being answered, and the parts of the engine that answer it. */
import type { PaymentRecord } from '../../ports/store.ts';
import type { ChargeAnswer } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Driver } from '../drive.ts';
import type { Homes } from '../homes.ts';
import type { Wanted } from '../intent.ts';
import type { Moment } from '../moment.ts';
import type { ReplayCache } from '../replay-cache.ts';
import type { Starting, StartNames } from '../starting.ts';
import type { Waiters } from '../waiters.ts';

/** What answers charge requests: one for each gateway. What follows after `driver` is the process's. */
export interface Charging {
  readonly engine: Engine;
  readonly driver: Driver;
  readonly waiters: Waiters;
  readonly cache: ReplayCache;
  readonly starting: Starting;
  readonly answerRetentionMs: number;
  readonly homes: Homes;
  /** All of this process, by the gateway's name. Each adds itself. */
  readonly chargings: Map<string, Charging>;
}

/** Where the payment was made, if that is a gateway of this process: its worker knows most of it. Else the one that asks. */
export function madeAt(charging: Charging, record: PaymentRecord | null): Charging {
  return (record && charging.chargings.get(record.gateway)) ?? charging;
}

/** One request, and what it knows so far. */
export interface ClientRequest extends Wanted {
  readonly names: StartNames;
  readonly untilMs: number;
  /** Why no gateway charges such an order. Then nothing is started; what is there already is answered all the same. Null: one may. */
  readonly refusal: string | null;
  /** When its turn began. Nothing that it sent to the store before that is still under way. */
  turnAtMs: number;
  /** Claims of this request that were not confirmed. A row that carries one of them is this request's own. */
  readonly claims: UnconfirmedClaim[];
  /** The payment ids that this request drew. A payment with one of them is its own, whichever process works on it. */
  readonly drawn: string[];
  /** This request bound its key itself, so its answer is no replay. */
  boundHere: boolean;
  /** The key was found in the database. */
  keySeen: boolean;
  /** A confirmation was lost, so something may be stored that this request has not read yet. */
  perhapsStored: boolean;
  /** The number of the charge that this request started. */
  startedN: number | null;
  /** The payment as this request last read it. */
  seen: PaymentRecord | null;
}

interface UnconfirmedClaim {
  readonly claimId: string;
  /** Just before the claim was sent. */
  readonly claimedAt: Moment;
}

/** `again`: read what is stored again, and decide again. */
export type Turn = ChargeAnswer | 'again';

/** Notes that this request started the charge, and so bound its own key. */
export function noteStarted(request: ClientRequest, record: PaymentRecord): void {
  request.boundHere = true;
  request.startedN = record.operation.n;
  request.seen = record;
}

/** Whether an earlier request bound the key. A blocked key is not bound yet. */
export function isReplayed({ keySeen, boundHere }: ClientRequest): boolean {
  return keySeen && !boundHere;
}
