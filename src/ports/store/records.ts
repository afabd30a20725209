/** What the store reads: payments, keys and answers as they are stored. */
import type { Operation } from '../../domain/operation.ts';
import type { Order } from '../../domain/payment.ts';
import type { FailureProblem } from '../../domain/problems.ts';

export interface PaymentKey {
  readonly accountId: string;
  readonly orderId: string;
  readonly paymentId: string;
}

/** A client's key as it is stored. */
export interface StoredKey {
  /** The `requestKeyHash` of the route and the key. */
  readonly hash: string;
  readonly fingerprint: string;
}

export interface StoredAnswer {
  /** Null: completed. */
  readonly problem: FailureProblem | null;
  readonly body: string;
  /** How long the answer may still be given, in milliseconds. */
  readonly freshForMs: number;
}

/** A payment with everything that a worker needs. */
export interface PaymentRecord {
  readonly order: Order;
  readonly paymentId: string;
  readonly gateway: string;
  readonly operation: Operation;
  /** The current charge's key at the gateway, as it was when the charge was opened. */
  readonly gatewayKey: string;
  /** When the current charge was opened, by the wall clock of the process that opened it. Absent: the time in its id says it, or nobody knows. */
  readonly openedWallMs?: number;
  readonly seq: number;
  readonly fence: number;
  /** The last claim, whether it is still held or not. */
  readonly claimId: string;
  readonly held: boolean;
  /** While held, the end of the lease; else the next try. Null: nothing to do. */
  readonly dueAtMs: number | null;
  /** Pieces of unfenced evidence that no worker has looked into yet. */
  readonly evidence: number;
  /** Earlier charges that failed without a decline of the gateway. */
  readonly absences: number;
  /** How the current charge failed; null if it has not. It is kept longer than the answer's body. */
  readonly problem: FailureProblem | null;
  /** The current charge's frozen answer, if settled and not expired. */
  readonly answer: StoredAnswer | null;
  readonly createdAtMs: number;
  /** Never goes back from one `seq` to the next. */
  readonly updatedAtMs: number;
}

export interface SituationQuery {
  readonly accountId: string;
  readonly orderId: string;
  readonly keyHash: string | null;
}

export interface Situation {
  readonly nowMs: number;
  /** Null: the key was never seen, or the query named none. */
  readonly key: BoundKey | null;
  /** Null: the order was never seen. */
  readonly payment: PaymentRecord | null;
}

/** A key and the operation that it is bound to. */
export interface BoundKey {
  readonly fingerprint: string;
  readonly chargeN: number;
  /** Whether this key's request started the operation. */
  readonly started: boolean;
  /** The operation's frozen answer; null while it is unsettled or after it has expired. */
  readonly answer: StoredAnswer | null;
  readonly expired: boolean;
}
