/** The committed state: rows by order, and the unique indexes. Maps of immutable records, so that a copy is cheap. */
import { type PaymentSums, type StoredHandle, StoreError } from '../../src/ports/store.ts';
import type { FollowUpEvidenceRow, FollowUpRequestRow, FollowUpRow } from './follow-ups/rows.ts';
import type { EvidenceRow, OperationRow, RequestRow, Row, WishRow } from './rows.ts';

export interface Committed {
  /** By account and order; in the order of acceptance. */
  readonly rows: Map<string, Row>;
  /** By account and payment id: the key in `rows`. */
  readonly orders: Map<string, string>;
  /** By account and key hash. */
  readonly requests: Map<string, RequestRow>;
  /** Whether the payments are real money; null: nobody has claimed it. */
  livemode: boolean | null;
  /** Evidence of payments that are not there. */
  readonly strays: EvidenceRow[];
  /** Of all processes that ever ran on it. */
  longestLeaseMs: number;
  /** By account and id; in the order in which they were opened. */
  readonly followUps: Map<string, FollowUpRow>;
  /** By account, payment, kind and name: the id. */
  readonly followUpNames: Map<string, string>;
  /** By account and key hash. */
  readonly followUpRequests: Map<string, FollowUpRequestRow>;
  /** By account and the follow-up's id, whether it is there or not. */
  readonly followUpEvidence: Map<string, readonly FollowUpEvidenceRow[]>;
  /** By account and payment id. */
  readonly sums: Map<string, PaymentSums>;
  /** By account and the row's id; in the order in which they were made. */
  readonly wishes: Map<string, readonly WishRow[]>;
  /** By account, payment id and the charge's number. */
  readonly handles: Map<string, StoredHandle>;
  /** By the gateway's name. */
  readonly addresses: Map<string, string>;
}

export function emptyState(): Committed {
  return {
    rows: new Map(),
    orders: new Map(),
    requests: new Map(),
    livemode: null,
    strays: [],
    longestLeaseMs: 0,
    followUps: new Map(),
    followUpNames: new Map(),
    followUpRequests: new Map(),
    followUpEvidence: new Map(),
    sums: new Map(),
    wishes: new Map(),
    handles: new Map(),
    addresses: new Map(),
  };
}

export function copyOf(state: Committed): Committed {
  return {
    rows: new Map(state.rows),
    orders: new Map(state.orders),
    requests: new Map(state.requests),
    livemode: state.livemode,
    strays: [...state.strays],
    longestLeaseMs: state.longestLeaseMs,
    followUps: new Map(state.followUps),
    followUpNames: new Map(state.followUpNames),
    followUpRequests: new Map(state.followUpRequests),
    followUpEvidence: new Map(state.followUpEvidence),
    sums: new Map(state.sums),
    wishes: new Map(state.wishes),
    handles: new Map(state.handles),
    addresses: new Map(state.addresses),
  };
}

/** A name inside an account. Neither part holds a NUL, so two pairs never look alike. */
export function within(accountId: string, name: string): string {
  return `${accountId}\0${name}`;
}

/** The payment with this id, whatever its order. */
export function rowById(state: Committed, accountId: string, paymentId: string): Row | undefined {
  const order = state.orders.get(within(accountId, paymentId));
  return order === undefined ? undefined : state.rows.get(order);
}

export function put(state: Committed, row: Row): void {
  const { accountId, orderId } = row.payment.order;
  state.rows.set(within(accountId, orderId), row);
}

/** The operation of charge `n`. */
export function operationOf(row: Row | undefined, n: number): OperationRow | undefined {
  // They are numbered from 1 without a gap: charge n + 1 is opened from charge n.
  return row?.operations[n - 1];
}

/** The list with another operation in the place of its `n`. */
export function withOperation(
  operations: readonly OperationRow[],
  operation: OperationRow,
): readonly OperationRow[] {
  const changed = operations.slice();
  changed[operation.n - 1] = operation;
  return changed;
}

/** What a row constraint of the tables (class 23) makes of a statement: refused, nothing written. */
export function requireConstraint(holds: boolean, what: string): void {
  if (!holds) throw new StoreError('unfit', `The model's tables refuse the row: ${what}.`);
}
