import type { Action } from '../domain/actions.ts';
import type { CaptureOrVoid, CaptureOrVoidEvent } from '../domain/capture-or-void.ts';
import type { ExclusiveKind, FollowUpKind } from '../domain/effects.ts';
import type { Order, Payment, PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { NotFoundProblem, ProblemCode } from '../domain/problems.ts';
import type { Refund, RefundEvent } from '../domain/refund.ts';
import type { Sums } from '../domain/sums.ts';
import type { Wish } from '../domain/wish.ts';
import type { FrozenAnswer } from './answer.ts';

/** A client's idempotency key. The same text on another route is another key. */
export interface IdempotencyKey {
  /** The route's template, `POST /v1/payments`. */
  readonly route: string;
  /** 1 to 255 printable ASCII characters, without the quotes of the structured form. */
  readonly key: string;
}

export interface ChargeOptions {
  readonly key?: IdempotencyKey;
  /** How long to wait for the outcome, in milliseconds. 0: answer at once. */
  readonly waitMs: number;
  /** How long the charge is tried, if this request starts it, in whole seconds. Default: the policy's. */
  readonly giveUpAfterS?: number;
}

/** Problems that `charge` itself can find. With none of them was anything new sent. `docs/errors.md` says what to do. */
export type ChargeProblem = Extract<
  ProblemCode,
  | 'effect_not_offered'
  | 'order_conflict'
  | 'order_not_chargeable'
  | 'other_gateway'
  | 'result_expired'
  | 'idempotency_key_reused'
  | 'store_unavailable'
  | 'store_refused'
  | 'store_outcome_unknown'
  | 'shutting_down'
  | 'installation_changed'
>;

/** The answer to one charge request. `replayed`: an earlier request used this key. */
export type ChargeAnswer =
  /** Settled. `started`: this request started the operation (201); the others joined or found it (200). */
  | {
      readonly kind: 'settled';
      readonly frozen: FrozenAnswer;
      readonly paymentId: string;
      readonly started: boolean;
      readonly replayed: boolean;
    }
  /** Not settled within the wait. Ask again after `retryAfterMs`. */
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
  /** At least 1. The page is read at once, so a few hundred at most. */
  readonly limit: number;
  /** Show payments older than this one (exclusive), newest first. */
  readonly before?: string;
}

export interface EventFilter {
  /** Show events after this position (exclusive), oldest first. */
  readonly after: number;
  /** 1 to 500. */
  readonly limit: number;
}

/** A refund that somebody asks for. All fields have been checked. At least one of `refundId` and the options' `key` names it. */
export interface RefundWanted {
  readonly accountId: string;
  readonly paymentId: string;
  /** Minor units of the payment's currency; a safe integer of at least 1. Null: all that is left. */
  readonly amountMinor: number | null;
  /** The caller's name for it: 1 to 255 bytes of well-formed Unicode without NUL. Null: the key names it. */
  readonly refundId: string | null;
  /** Null: the caller gave none. */
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface RefundOptions {
  readonly key?: IdempotencyKey;
  /** How long to wait for the outcome, in milliseconds. 0: answer at once. */
  readonly waitMs: number;
}

/** Problems that a request for any follow-up can find. With none of them was anything new sent. */
export type FollowUpProblem = Extract<
  ProblemCode,
  | 'payment_not_found'
  | 'other_gateway'
  | 'result_superseded'
  | 'idempotency_key_reused'
  | 'store_unavailable'
  | 'store_refused'
  | 'store_outcome_unknown'
  | 'shutting_down'
  | 'installation_changed'
>;

/** Problems that only a request for a refund can find. */
export type OwnRefundProblem = Extract<
  ProblemCode,
  'payment_not_refundable' | 'refund_conflict' | 'refund_exceeds_captured'
>;

/** Problems that `refund` itself can find. With none of them was anything new sent. `docs/errors.md` says what to do. */
export type RefundProblem = FollowUpProblem | OwnRefundProblem;

/**
 * The answer to one request for a follow-up. `Shown`: what it is for the outside. `Problem`: the problems that a request for one can find.
 * `replayed`: an earlier request used this key.
 */
export type FollowUpAnswer<Shown, Problem> =
  /** It has ended. `frozen`: the answer, byte for byte. `started`: this request opened it (201); the others joined or found it (200). */
  | {
      readonly kind: 'settled';
      readonly frozen: FrozenAnswer;
      readonly paymentId: string;
      /** The caller's name for it. */
      readonly name: string;
      readonly started: boolean;
      readonly replayed: boolean;
    }
  /** The gateway has it, and has not decided yet: 201 or 200, as it is now. Not frozen. */
  | {
      readonly kind: 'accepted';
      readonly shown: Shown;
      readonly started: boolean;
      readonly replayed: boolean;
    }
  /** Not known within the wait whether the gateway has it, or a person must decide. Ask again after `retryAfterMs`. */
  | {
      readonly kind: 'unsettled';
      readonly shown: Shown;
      readonly retryAfterMs: number;
      readonly replayed: boolean;
    }
  | FollowUpProblemAnswer<Shown, Problem>;

export interface FollowUpProblemAnswer<Shown, Problem> {
  readonly kind: 'problem';
  readonly code: Problem;
  readonly detail: string;
  /** What the problem is about, as it is now. */
  readonly shown?: Shown;
  readonly retryAfterMs?: number;
  readonly replayed: boolean;
}

/** The answer to one request for a refund. */
export type RefundAnswer = FollowUpAnswer<Refund, RefundProblem>;

/** A capture or a void that somebody asks for. All fields have been checked. */
export interface ExclusiveWanted {
  readonly accountId: string;
  readonly paymentId: string;
  /** Minor units of the payment's currency; a safe integer of at least 1. Null: all that was authorised, as for every void. */
  readonly amountMinor: number | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export type ExclusiveOptions = RefundOptions;

/** Problems that only a request for a capture or a void can find. */
export type OwnExclusiveProblem = Extract<
  ProblemCode,
  | 'payment_not_capturable'
  | 'payment_not_voidable'
  | 'capture_exceeds_authorized'
  | 'operation_in_progress'
  | 'effect_not_offered'
>;

/** Problems that `capture` and `void` themselves can find. With none of them was anything new sent. `docs/errors.md` says what to do. */
export type ExclusiveProblem = FollowUpProblem | OwnExclusiveProblem;

/** The answer to one request for a capture or a void. Never `accepted`: its gateway says at once, or soon, how it ended. */
export type ExclusiveAnswer = FollowUpAnswer<CaptureOrVoid, ExclusiveProblem>;

/** A capture or a void as it is read. */
export interface CaptureOrVoidNow extends CaptureOrVoid {
  /** What may be asked for now. */
  readonly actions: readonly Action[];
}

/** A payment with what has become of its money. */
export interface PaymentNow extends Payment {
  /** What was captured, refunded, and is being refunded. */
  readonly sums: Sums;
  /** What may be asked for now. */
  readonly actions: readonly Action[];
}

/** A refund as it is read. */
export interface RefundNow extends Refund {
  /** What may be asked for now. */
  readonly actions: readonly Action[];
}

/** A follow-up as it is read, by its kind. A capture or a void says itself which of the two it is. */
export type FollowUpNow =
  | { readonly kind: 'refund'; readonly refund: RefundNow }
  | { readonly kind: 'exclusive'; readonly exclusive: CaptureOrVoidNow };

/** What an operator speaks about: a payment, or one of its follow-ups. */
export interface OperatorTarget {
  readonly accountId: string;
  readonly paymentId: string;
  /**
   * The caller's name for it, such as a `refund_id`; null: the last one of its kind, for captures and voids. `followUp` null: the payment
   * itself.
   */
  readonly followUp: { readonly kind: FollowUpKind; readonly name: string | null } | null;
}

export interface LookWanted extends OperatorTarget {
  /** Who asks, for the audit trail. Null: not said. */
  readonly actor: string | null;
}

/** What an operator states about something in REVIEW. All fields have been checked. */
export interface ResolveWanted extends OperatorTarget {
  readonly wish: Wish;
  /** The operator's reasons, in words. */
  readonly evidence: string;
}

/** Problems that `lookNow` and `resolve` can find. With none of them was anything stored or sent. `docs/errors.md` says what to do. */
export type OperatorProblem = Extract<
  ProblemCode,
  | 'payment_not_found'
  | NotFoundProblem
  | 'other_gateway'
  | 'nothing_to_look_at'
  | 'not_in_review'
  | 'resolution_conflict'
  | 'amount_differs'
  | 'under_way'
  | 'shutting_down'
  | 'installation_changed'
>;

/** The answer to an operator: it was taken, and this is the payment, the refund, the capture or the void as it is now. */
export type OperatorAnswer =
  | { readonly kind: 'payment'; readonly payment: PaymentNow }
  | FollowUpNow
  | {
      readonly kind: 'problem';
      readonly code: OperatorProblem;
      readonly detail: string;
      readonly retryAfterMs?: number;
    };

/** An event of a gateway, as it came in. */
export interface WebhookWanted {
  /** The name of the gateway that is said to have sent it. Null: the only one. */
  readonly gateway: string | null;
  /** Whose orders the event is about, if it does not say so itself. */
  readonly accountId: string;
  /** The body, byte for byte. */
  readonly body: Uint8Array;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Problems that an event can be answered with. With none of them was anything stored. `docs/errors.md` says what to do. */
export type WebhookProblem = Extract<
  ProblemCode,
  'not_found' | 'webhook_refused' | 'webhook_not_noted' | 'shutting_down' | 'installation_changed'
>;

/** The answer to an event. `taken`: the gateway need not send it again. */
export type WebhookAnswer =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'problem';
      readonly code: WebhookProblem;
      readonly detail: string;
      readonly retryAfterMs?: number;
    };

export interface RefundsFilter {
  /** 1 to 500. */
  readonly limit: number;
  /** Show refunds older than this one (exclusive), newest first: the `id` that the page before ended with. */
  readonly before?: string;
}

/** One page of refunds. `next`: where the next page begins; null if this is the last one. */
export interface RefundsPage {
  readonly refunds: readonly RefundNow[];
  readonly next: string | null;
}

/** Why no payments are accepted: not yet, no longer, not at the moment, or not until somebody acts. */
export type NotReady = 'starting' | 'stopping' | 'stopped' | 'database_unavailable' | 'database_refuses';

/** The engine as a caller sees it, over HTTP or inside a Node program. */
export interface Payonce {
  /** Charges the order at most once, or answers what happened to it. It never rejects because of a gateway or a database. */
  charge(order: Order, options: ChargeOptions): Promise<ChargeAnswer>;
  /** The payment as the database has it now, or null. Rejects with `StoreError` when it cannot be read. */
  payment(accountId: string, paymentId: string): Promise<PaymentNow | null>;
  /** One page, newest first. */
  payments(accountId: string, filter: ListFilter): Promise<readonly PaymentNow[]>;
  /** One page of the audit trail, oldest first. Null: there is no such payment. */
  events(accountId: string, paymentId: string, filter: EventFilter): Promise<readonly PaymentEvent[] | null>;
  /** Gives money back at most once, or answers what happened to this refund. It never rejects because of a gateway or a database. */
  refund(wanted: RefundWanted, options: RefundOptions): Promise<RefundAnswer>;
  /** The refund as the database has it now, or null. Rejects with `StoreError` when it cannot be read. */
  findRefund(accountId: string, paymentId: string, refundId: string): Promise<RefundNow | null>;
  /** One page of a payment's refunds, newest first. Null: there is no such payment. */
  refunds(accountId: string, paymentId: string, filter: RefundsFilter): Promise<RefundsPage | null>;
  /** One page of a refund's audit trail, oldest first. Null: there is no such refund. */
  refundEvents(
    accountId: string,
    paymentId: string,
    refundId: string,
    filter: EventFilter,
  ): Promise<readonly RefundEvent[] | null>;
  /** Takes money that was authorised, at most once, or answers what happened to it. It never rejects because of a gateway or a database. */
  capture(wanted: ExclusiveWanted, options: ExclusiveOptions): Promise<ExclusiveAnswer>;
  /** Lets go of money that was authorised, or answers what happened to it. It never rejects because of a gateway or a database. */
  void(wanted: ExclusiveWanted, options: ExclusiveOptions): Promise<ExclusiveAnswer>;
  /** The payment's last capture, or its last void, or null. Rejects with `StoreError` when it cannot be read. */
  findExclusive(accountId: string, paymentId: string, kind: ExclusiveKind): Promise<CaptureOrVoidNow | null>;
  /** One page of its audit trail, oldest first. Null: there is none. */
  exclusiveEvents(
    accountId: string,
    paymentId: string,
    kind: ExclusiveKind,
    filter: EventFilter,
  ): Promise<readonly CaptureOrVoidEvent[] | null>;
  /**
   * Looks it up at the gateway at once, and not at its time. It answers before the lookup has ended. Rejects with `StoreError` if it cannot be
   * stored.
   */
  lookNow(wanted: LookWanted): Promise<OperatorAnswer>;
  /**
   * Stores how something in REVIEW has ended, as an operator has found out. It answers before a worker has looked at the gateway once more and
   * decided. Rejects with `StoreError` if it cannot be stored.
   */
  resolve(wanted: ResolveWanted): Promise<OperatorAnswer>;
  /**
   * Takes an event of a gateway. What it is about is looked up soon, and what the lookup shows decides. It answers before that lookup. Rejects
   * with `StoreError` if the store cannot be reached: the gateway must send it again.
   */
  gatewayWebhook(wanted: WebhookWanted): Promise<WebhookAnswer>;
  /** Whether payments can be accepted now: the store answers and can write, and no drain has begun. */
  ready(): Promise<boolean>;
  /** Why they cannot. Null: they can. */
  notReady(): Promise<NotReady | null>;
}
