/** The words of the audit trail. A word never changes its meaning. A new meaning gets a new word. */
export const EVENT_TYPES = [
  /** The order was accepted, and the intent of charge 1 is durable. */
  'payment.created',
  /** A later charge of the order was opened after the one before it was proved not to have happened. */
  'charge.opened',
  /** A claim was taken to send it. The call counts from here on, whether or not it was sent. */
  'call.started',
  /** The claim was given back before anything was sent. The call no longer counts. */
  'call.not_sent',
  /** It is proved that the call was not executed. The same key is tried again. */
  'call.refused',
  /** The call may have been executed. */
  'call.unknown',
  /** The gateway is still working on an earlier call with this key. */
  'call.busy',
  /** The gateway accepted it and will decide later. */
  'call.pending',
  /** The gateway refused our credentials. The call does not count. */
  'call.forbidden',
  /** A decline that may be about the second try only. A lookup decides. */
  'call.declined_in_doubt',
  /** The gateway declined the call, and what it was made on can still be paid. That is sealed next. */
  'call.declined',
  /** The gateway says that the customer must do something first. A lookup says whether that still holds. */
  'call.requires_action',
  'lookup.started',
  /** Not found, but too early to prove anything. */
  'lookup.not_found_yet',
  /** The lookup gave no answer about it. */
  'lookup.unavailable',
  /** Found, and not decided yet. */
  'lookup.pending',
  /** Found, no money has moved, and it still may: it is called again, or sealed. `detail`: a decline's code, or `no_handle`. */
  'lookup.open',
  /** The customer must do something at the gateway first. */
  'lookup.requires_action',
  /** It is proved that no money moved. It may be sent again. */
  'lookup.absent',
  'verify.started',
  /** Nothing else holds the money at the gateway: no other charge of the order, or no refund that counts as failed. */
  'verify.clear',
  'verify.unavailable',
  /** A second live charge of a completed order was found at the gateway: refund it. */
  'verify.duplicate_found',
  'payment.completed',
  'payment.failed',
  'payment.review',
  /** The refund was accepted, and its intent is durable. */
  'refund.created',
  /** The gateway made the refund, as far as it knows. */
  'refund.succeeded',
  /** It is proved that nothing was refunded; or a refund that had succeeded has failed since. */
  'refund.failed',
  'refund.review',
  /** A refund that counted as failed is under way at the gateway after all. */
  'refund.found_pending',
  /** Looked up again after it had ended: it stands. */
  'refund.confirmed',
] as const;

/** The words of money that is authorised first. */
export const CAPTURE_EVENT_TYPES = [
  /** Looked up after it was authorised: the gateway still holds the money. */
  'lookup.authorized',
  /** The gateway holds the money. A capture takes it. */
  'payment.authorized',
  /** The money that was authorised has been taken. `detail`: the amount. */
  'payment.captured',
  /** The money that was authorised is free again. */
  'payment.voided',
  /** As for refunds. */
  'capture.created',
  'capture.succeeded',
  'capture.failed',
  'capture.review',
  'capture.found_pending',
  'capture.confirmed',
  'void.created',
  'void.succeeded',
  'void.failed',
  'void.review',
  'void.found_pending',
  'void.confirmed',
] as const;

/** The words for what an operator says, and what becomes of it. `detail` has the outcome and the actor. */
export const OPERATOR_EVENT_TYPES = [
  /** Somebody asked for a lookup now. */
  'operator.asked_to_look',
  /** Somebody stated how it ended. The gateway is asked once more. */
  'operator.wished',
  /** The gateway showed nothing else, so what was stated counts. */
  'operator.settled',
  /** The gateway shows something else than what was stated. */
  'operator.refuted',
] as const;

export type EventType =
  | (typeof EVENT_TYPES)[number]
  | (typeof CAPTURE_EVENT_TYPES)[number]
  | (typeof OPERATOR_EVENT_TYPES)[number];
