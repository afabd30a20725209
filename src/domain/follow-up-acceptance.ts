/**
 * The answers table of follow-ups: what a request for one gets, from its key, its name, the payment, and what is stored about them. Pure,
 * and in the table's order: the key first, then the follow-up, then the payment. What a payment must be like, each kind says itself.
 */
import type { PaymentStatus } from './payment.ts';
import type { Sums } from './sums.ts';

export interface FollowUpAsked {
  /** As it was asked for. Null: all that is left. */
  readonly amountMinor: number | null;
  /** Null: the request has no key. */
  readonly fingerprint: string | null;
}

/** The request's key, if it was seen. A key is bound to one follow-up, for ever. */
export interface KnownFollowUpKey {
  readonly fingerprint: string;
}

/** The follow-up that the request's name or key names, or the capture or the void that keeps others out. */
export interface KnownFollowUp {
  /** It is a void, and the request is for a capture, or the reverse. */
  readonly isOther: boolean;
  /** As it was asked for when it was opened. */
  readonly askedMinor: number | null;
  readonly status: PaymentStatus;
  /** The gateway has it, and has not decided yet. */
  readonly accepted: boolean;
  /** Its frozen answer. `stale`: later proof refuted it. Null: there is none, or it has expired. */
  readonly answer: 'true' | 'stale' | null;
}

export interface FollowedPayment {
  readonly status: PaymentStatus;
  readonly sums: Sums;
  /** What the charge was for. */
  readonly authorizedMinor: number;
  /** The gateway that charged it does such follow-ups, and it is this process's. */
  readonly offered: boolean;
  /** The gateway can be asked about the payment before anything is sent. */
  readonly canAsk: boolean;
}

/** It may be opened, with this amount. */
export interface Opening {
  readonly kind: 'open';
  readonly amountMinor: number;
  /** Whether the gateway must be asked about the payment before it is sent. */
  readonly verifyFirst: boolean;
}

export type FollowUpVerdict<Refusal> =
  | { readonly kind: 'key_reused' }
  /** Its frozen answer. */
  | { readonly kind: 'replay' }
  /** What was answered once is no longer true: answer with the truth. */
  | { readonly kind: 'superseded' }
  /** It as it is: settled without an answer to give, accepted by the gateway, or in REVIEW. */
  | { readonly kind: 'stands' }
  /** Not known yet whether the gateway has it. */
  | { readonly kind: 'wait' }
  /** The same name was used for another amount, or what keeps others out is not what was asked for. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'payment_not_found' }
  | Refusal
  | Opening;

/** Whether a payment takes another one. */
export type Admit<Refusal> = (payment: FollowedPayment, askedMinor: number | null) => Opening | Refusal;

export function decideFollowUp<Refusal extends { readonly kind: 'refused' }>(
  asked: FollowUpAsked,
  key: KnownFollowUpKey | null,
  followUp: KnownFollowUp | null,
  payment: FollowedPayment | null,
  admit: Admit<Refusal>,
): FollowUpVerdict<Refusal> {
  if (key !== null && key.fingerprint !== asked.fingerprint) return { kind: 'key_reused' };
  if (payment === null) return { kind: 'payment_not_found' };
  if (followUp === null) return admit(payment, asked.amountMinor);
  const isSame = !followUp.isOther && followUp.askedMinor === asked.amountMinor;
  return isSame ? known(followUp) : { kind: 'conflict' };
}

function known({ answer, status, accepted }: KnownFollowUp): {
  readonly kind: 'replay' | 'superseded' | 'stands' | 'wait';
} {
  if (answer === 'true') return { kind: 'replay' };
  if (answer === 'stale') return { kind: 'superseded' };
  const isOver = status === 'COMPLETED' || status === 'FAILED' || status === 'REVIEW';
  return { kind: isOver || accepted ? 'stands' : 'wait' };
}
