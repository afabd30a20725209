/**
 * What a write is to the model. When it arrives it sees a snapshot, and takes a lock on a row only if the row
 * matched there; when it gets the lock it looks at the row once more, as READ COMMITTED does; when it commits it
 * writes everything at once.
 */
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type { Committed } from './committed.ts';
import type { Row } from './rows.ts';
import type { Change, FollowUpChange } from './types.ts';

export interface Statement<T> {
  /** In the sequence in which they are taken. */
  readonly locks: readonly string[];
  /** Asked when the lock has been granted: whether there is still something to write under it. */
  proceeds(index: number): boolean;
  /** Writes it. Runs while all locks are held and every `proceeds` was true. */
  apply(changes: Change[], followUps: FollowUpChange[]): T;
  /** The verdict where one was false. */
  otherwise(changes: Change[], followUps: FollowUpChange[]): T;
}

/** What a statement acts on. */
export interface Context {
  readonly committed: Committed;
  /** The statement's `now()`. */
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly installationId: string;
  /** The database's clock, for what is read after the statement. */
  readonly clock: () => number;
}

/** The lock on a unique key of table `requests`. */
export const keyLock = (key: string): string => `key ${key}`;
/** The lock on a row of table `payments`, or on the unique key that the row will have. */
export const orderLock = (order: string): string => `order ${order}`;
/** The lock on the row of table `installation`. */
export const INSTALLATION_LOCK = 'installation';
/** The lock on a row of table `handles`, or on the unique key that the row will have. */
export const handleLock = (charge: string): string => `handle ${charge}`;
/** The lock on a row of table `operations`. */
export const operationLock = (payment: string, n: number): string => `operation ${n} ${payment}`;

/** What a statement did to a payment that was there. `event`: the one that it wrote. */
export function changeOf(
  kind: Change['kind'],
  args: unknown,
  before: Row,
  after: Row,
  event: PaymentEvent | null = null,
): Change {
  const { order, paymentId } = after.payment;
  const { accountId, orderId } = order;
  return {
    ...{ kind, accountId, orderId, paymentId, event, args },
    ...{ before: before.payment, after: after.payment, rowBefore: before, rowAfter: after },
  };
}
