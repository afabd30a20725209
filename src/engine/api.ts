import type { Order, Payment, PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { ProblemCode } from '../domain/problems.ts';
import type { FrozenAnswer } from './answer.ts';

/** A client's idempotency key; the same text on another route is another key. */
export interface IdempotencyKey {
  /** The route's template, `POST /v1/payments`. */
  readonly route: string;
  /** 1 to 255 printable ASCII characters, without the quotes of the structured form. */
  readonly key: string;
}

export interface ChargeOptions {
  readonly key?: IdempotencyKey;
  /** How long to wait for the outcome, in milliseconds; 0 answers at once. */
  readonly waitMs: number;
  /** How long the charge is tried, if this request starts it, in whole seconds. Default: the policy's. */
  readonly giveUpAfterS?: number;
}

/**
 * Problems that `charge` itself can find. None of them sent anything that was not sent before. `docs/errors.md` says for each what to do.
 */
export type ChargeProblem = Extract<
  ProblemCode,
  | 'order_conflict'
  | 'other_gateway'
  | 'result_expired'
  | 'idempotency_key_reused'
  | 'store_unavailable'
  | 'store_refused'
  | 'store_outcome_unknown'
  | 'shutting_down'
  | 'installation_changed'
>;

/** The answer to one charge request. `replayed`: this key had been seen before. */
export type ChargeAnswer =
  /** Settled; `started` tells the request that started the operation (201) from those that joined or found it (200). */
  | {
      readonly kind: 'settled';
      readonly frozen: FrozenAnswer;
      readonly paymentId: string;
      readonly started: boolean;
      readonly replayed: boolean;
    }
  /** Not settled within the wait; ask again after `retryAfterMs`. */
  | {
      readonly kind: 'unsettled';
      readonly payment: Payment;
      readonly retryAfterMs: number;
      readonly replayed: boolean;
    }
  | {
      readonly kind: 'problem';
      readonly code: ChargeProblem;
      readonly detail: string;
      readonly payment?: Payment;
      readonly retryAfterMs?: number;
      readonly replayed: boolean;
    };

export interface ListFilter {
  readonly orderId?: string;
  readonly status?: PaymentStatus;
  /** At least 1; one page is read at once, so a few hundred at most. */
  readonly limit: number;
  /** Show payments older than this one (exclusive); newest first. */
  readonly before?: string;
}

export interface EventFilter {
  /** Show events after this position (exclusive); oldest first. */
  readonly after: number;
  /** 1 to 500. */
  readonly limit: number;
}

/** Why no payments are taken: not yet, not any more, not for now, or not until somebody does something. */
export type NotReady = 'starting' | 'stopping' | 'stopped' | 'database_unavailable' | 'database_refuses';

/** The engine as a caller sees it, over HTTP or inside a Node program. */
export interface Payonce {
  /** Charges the order at most once, or tells what became of it. Never rejects for what a gateway or a database can do. */
  charge(order: Order, options: ChargeOptions): Promise<ChargeAnswer>;
  /** The payment as the database has it now, or null. Rejects with `StoreError` when it cannot be read. */
  payment(accountId: string, paymentId: string): Promise<Payment | null>;
  /** One page, newest first. */
  payments(accountId: string, filter: ListFilter): Promise<readonly Payment[]>;
  /** One page of the audit trail, oldest first; null where there is no such payment. */
  events(accountId: string, paymentId: string, filter: EventFilter): Promise<readonly PaymentEvent[] | null>;
  /** Whether payments can be taken now: the store answers and would keep them, and no drain has begun. */
  ready(): Promise<boolean>;
  /** Why they cannot; null: they can. */
  notReady(): Promise<NotReady | null>;
}
