/** The events that are sent to merchants, and which line of the audit trail is which event. */
import type { EffectKind } from '../effects.ts';
import type { EventType } from '../events.ts';

/** A type never changes its meaning. */
export const OUTGOING_TYPES = [
  'payment.succeeded',
  'payment.authorized',
  'payment.captured',
  'payment.voided',
  'payment.failed',
  'payment.review',
  'refund.succeeded',
  'refund.failed',
  'refund.review',
  'capture.failed',
  'capture.review',
  'void.failed',
  'void.review',
] as const;

export type OutgoingType = (typeof OUTGOING_TYPES)[number];

/** Sent only when somebody asks for it. It is about nothing, and every endpoint takes it. */
export const TEST_TYPE = 'webhook.test';

export function isOutgoingType(text: string): text is OutgoingType {
  return OUTGOING_TYPES.some((type) => type === text);
}

/** A line of the audit trail: of a payment (`charge`) or of a follow-up, what happened, and the status after it. */
type Line = `${EffectKind} ${EventType} ${string}`;

/** All other lines are steps on the way. A success of a capture or a void is told as the payment's. */
export const TYPE_OF_LINE: Readonly<Partial<Record<Line, OutgoingType>>> = {
  'charge payment.completed COMPLETED': 'payment.succeeded',
  'charge payment.authorized AUTHORIZED': 'payment.authorized',
  'charge payment.captured COMPLETED': 'payment.captured',
  'charge payment.voided VOIDED': 'payment.voided',
  'charge payment.failed FAILED': 'payment.failed',
  'charge payment.review REVIEW': 'payment.review',
  'charge verify.duplicate_found REVIEW': 'payment.review',
  'charge operator.settled COMPLETED': 'payment.succeeded',
  'charge operator.settled AUTHORIZED': 'payment.authorized',
  'charge operator.settled VOIDED': 'payment.voided',
  'charge operator.settled FAILED': 'payment.failed',
  'refund refund.succeeded COMPLETED': 'refund.succeeded',
  'refund refund.failed FAILED': 'refund.failed',
  'refund refund.review REVIEW': 'refund.review',
  'refund operator.settled COMPLETED': 'refund.succeeded',
  'refund operator.settled FAILED': 'refund.failed',
  'capture capture.failed FAILED': 'capture.failed',
  'capture capture.review REVIEW': 'capture.review',
  'capture operator.settled FAILED': 'capture.failed',
  'void void.failed FAILED': 'void.failed',
  'void void.review REVIEW': 'void.review',
  'void operator.settled FAILED': 'void.failed',
};
