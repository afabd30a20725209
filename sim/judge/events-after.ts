/** Which event may follow which outcome. The judge of the simulation and the exhaustive search hold the engine to it. */
import type { EventType } from '../../src/domain/events.ts';
import type { CallOutcome, LookupOutcome } from '../../src/domain/outcomes.ts';

/** The events that may follow each outcome of a call. */
export const AFTER_CALL: Readonly<Record<CallOutcome['kind'], readonly EventType[]>> = {
  approved: ['payment.completed', 'payment.authorized'],
  declined: ['payment.failed', 'call.declined_in_doubt', 'call.declined', 'payment.review'],
  // The last one is written if the charge would fail while there is evidence that nobody has checked.
  refused: ['call.refused', 'payment.failed', 'payment.review', 'lookup.not_found_yet'],
  unknown: ['call.unknown', 'payment.review'],
  busy: ['call.busy', 'payment.review'],
  pending: ['call.pending', 'payment.review'],
  requires_action: ['call.requires_action'],
  forbidden: ['call.forbidden'],
  mismatch: ['payment.review'],
};

/** The events that may follow each outcome of a lookup of the charge itself. */
export const AFTER_LOOKUP: Readonly<Record<LookupOutcome['kind'] | 'not_sent', readonly EventType[]>> = {
  succeeded: ['payment.completed', 'payment.authorized'],
  captured: ['payment.captured'],
  declined: [
    'payment.failed',
    'payment.review',
    'lookup.not_found_yet',
    'lookup.absent',
    'call.declined_in_doubt',
  ],
  reversed: ['payment.failed', 'payment.review', 'lookup.not_found_yet'],
  pending: ['lookup.pending', 'payment.review'],
  mismatch: ['payment.review'],
  duplicated: ['payment.review'],
  absent: [
    'lookup.absent',
    'lookup.not_found_yet',
    'payment.failed',
    'payment.review',
    'call.declined_in_doubt',
    // In two steps, if nothing is stored: the same call may be made again.
    'lookup.open',
  ],
  open: ['lookup.open', 'payment.review'],
  requires_action: ['lookup.requires_action', 'payment.review'],
  // The last two are written if the charge would fail while there is evidence that nobody has checked.
  sealed: ['payment.failed', 'payment.review', 'lookup.not_found_yet', 'call.declined_in_doubt'],
  unavailable: ['lookup.unavailable', 'payment.review'],
  forbidden: ['lookup.unavailable', 'payment.review'],
  not_sent: ['lookup.unavailable', 'payment.review'],
};

/** The events that may follow a lookup of a charge that is AUTHORIZED. While a capture or a void is open, no look ends it. */
export const AFTER_AUTHORIZED: Readonly<Record<LookupOutcome['kind'] | 'not_sent', readonly EventType[]>> = {
  succeeded: ['lookup.authorized'],
  captured: ['payment.captured', 'lookup.unavailable'],
  reversed: ['payment.voided', 'lookup.unavailable'],
  sealed: ['payment.voided', 'lookup.unavailable'],
  // An operator has said that the money is held, and it never was.
  declined: ['payment.voided', 'lookup.unavailable'],
  pending: ['lookup.unavailable'],
  mismatch: ['lookup.unavailable'],
  duplicated: ['lookup.unavailable'],
  absent: ['lookup.unavailable'],
  open: ['lookup.unavailable'],
  requires_action: ['lookup.unavailable'],
  unavailable: ['lookup.unavailable'],
  forbidden: ['lookup.unavailable'],
  not_sent: ['lookup.unavailable'],
};

type Watched = Readonly<Record<LookupOutcome['kind'] | 'not_sent', readonly EventType[]>>;

const UNSEEN = {
  captured: [],
  mismatch: ['payment.review'],
  duplicated: ['verify.duplicate_found'],
  unavailable: ['verify.unavailable'],
  forbidden: ['verify.unavailable'],
  not_sent: ['verify.unavailable'],
  // No follow-up is made in two steps.
  open: ['verify.unavailable'],
  requires_action: ['verify.unavailable'],
  sealed: ['verify.unavailable'],
} as const;

/** The events that may follow a lookup of an operation that has ended, and may still turn out otherwise. */
export const AFTER_WATCHING: Readonly<Record<'COMPLETED' | 'FAILED', Watched>> = {
  COMPLETED: {
    ...UNSEEN,
    succeeded: ['refund.confirmed'],
    pending: ['refund.confirmed'],
    declined: ['payment.failed'],
    reversed: ['payment.failed'],
    // The gateway itself said that it succeeded.
    absent: ['verify.unavailable'],
  },
  FAILED: {
    ...UNSEEN,
    succeeded: ['payment.completed'],
    pending: ['refund.found_pending'],
    declined: ['refund.confirmed'],
    reversed: ['refund.confirmed'],
    absent: ['refund.confirmed', 'verify.unavailable', 'payment.review'],
  },
};

/** The same if the gateway cannot be asked. */
export const UNASKED: Readonly<Record<'COMPLETED' | 'FAILED', readonly EventType[]>> = {
  COMPLETED: ['refund.confirmed'],
  FAILED: ['refund.confirmed', 'payment.review'],
};
