/** The audit trail's vocabulary. A word keeps its meaning for ever; new meanings get new words. */
export const EVENT_TYPES = [
  /** The order was accepted; the intent of charge 1 is durable. */
  'payment.created',
  /** A later charge of the order was opened after the one before it was proved not to have happened. */
  'charge.opened',
  /** A claim was taken to send the charge; the call is counted from here, whether or not it left. */
  'call.started',
  /** The claim was given back before anything was sent; the call is no longer counted. */
  'call.not_sent',
  /** The call was proved not executed; the same key is tried again. */
  'call.refused',
  /** The call may have been executed. */
  'call.unknown',
  /** The gateway is still working on an earlier call with this key. */
  'call.busy',
  /** The gateway accepted the charge and will decide later. */
  'call.pending',
  /** The gateway refused our credentials; the call is not counted. */
  'call.forbidden',
  /** A decline that may speak of the second try only; a lookup decides. */
  'call.declined_in_doubt',
  'lookup.started',
  /** Not found, but too early to prove anything. */
  'lookup.not_found_yet',
  /** The lookup gave no answer about this charge. */
  'lookup.unavailable',
  /** Found, and not decided yet. */
  'lookup.pending',
  /** Proved absent; the charge may be sent again. */
  'lookup.absent',
  'verify.started',
  /** No earlier charge of the order exists at the gateway. */
  'verify.clear',
  'verify.unavailable',
  /** A second live charge of a completed order was found at the gateway: refund it. */
  'verify.duplicate_found',
  'payment.completed',
  'payment.failed',
  'payment.review',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
