/** What workers look for: due payments, waits, late evidence, and charges to verify. */
import type { CallOutcome } from '../../domain/outcomes.ts';
import type { PaymentKey, PaymentRecord } from './records.ts';

export interface DueQuery {
  /** The adapter's name: no charge is looked up at another gateway. */
  readonly gateway: string;
  readonly limit: number;
  /** Whether to include payments that wait for a call: all, none, or those that were due before then. Those with evidence are always included. */
  readonly calls: boolean | { readonly dueBeforeMs: number };
  /**
   * For a process that cannot look charges up. Leaves out payments without evidence that wait for anything but a call, until they are
   * overdue by so much, in milliseconds. Default, and null: leaves out none.
   */
  readonly lookupsOverdueMs?: number | null;
}

export interface DuePayments {
  readonly nowMs: number;
  /** The longest lease of all processes that ever ran on this database. */
  readonly longestLeaseMs: number;
  readonly payments: readonly PaymentRecord[];
}

export interface Evidence {
  readonly payment: PaymentKey;
  readonly chargeN: number;
  readonly outcome: CallOutcome;
}

export interface ChargePage {
  readonly afterN: number;
  readonly limit: number;
}

export interface ChargeToVerify {
  readonly n: number;
  /** Where it was made: only that gateway can look it up. */
  readonly gateway: string;
  /** Null: the database has forgotten the charge, and only evidence shows it. The other fields are then the payment's. */
  readonly chargeKey: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  /** When the last evidence came in that this charge moved money, by the clock at that time; null: there is none. */
  readonly moneyAtMs: number | null;
  /** The gateway's id of the charge, from that evidence. */
  readonly moneyRef: string | null;
  /** Until when a worker that had lost its lease may have sent this charge; null: none has. */
  readonly sentUntilMs: number | null;
}

/** Which row is to be looked up soon, as it was read. */
export interface Wake {
  readonly payment: PaymentKey;
  /** The follow-up's id. Null: the payment itself. */
  readonly followUpId: string | null;
  readonly expected: { readonly seq: number };
  /** When it is due, in milliseconds from now. */
  readonly waitMs: number;
}

export interface IdleQuery {
  readonly gateway: string;
  readonly status: 'FAILED' | 'REVIEW';
  /** By the database's clock. Null: all, whenever a worker looked at them. */
  readonly beforeMs: number | null;
  /** Null: from the beginning. */
  readonly after: IdleCursor | null;
  readonly limit: number;
}

export interface IdleCursor {
  readonly accountId: string;
  readonly paymentId: string;
}

export interface WaitsQuery {
  readonly gateway: string;
  /** Where the page begins, as the last page returned it; null: from the beginning. */
  readonly after: number | null;
  readonly limit: number;
}
