/**
 * What the explorations must have seen at least once, all together: a check of something that never happened
 * proves nothing. Written out, so that a new event, move or outcome makes the run fail until somebody has
 * thought about it.
 */
import { EVENT_TYPES } from '../../src/domain/events.ts';
import { FAULTS } from './model.ts';

const MOVES = [
  'PROCESSING -> COMPLETED',
  'PROCESSING -> FAILED',
  'PROCESSING -> UNRESOLVED',
  'PROCESSING -> REVIEW',
  'UNRESOLVED -> COMPLETED',
  'UNRESOLVED -> FAILED',
  'UNRESOLVED -> REVIEW',
  'REVIEW -> COMPLETED',
  'REVIEW -> FAILED',
  'FAILED -> PROCESSING',
  'FAILED -> REVIEW',
  // Of refunds alone. COMPLETED -> REVIEW takes three breaches of the contract, more than a story has.
  'FAILED -> COMPLETED',
  'COMPLETED -> FAILED',
] as const;

const CALLS = [
  'approved',
  'declined',
  'refused',
  'unknown',
  'busy',
  'pending',
  'forbidden',
  'mismatch',
  'requires_action',
  'unprepared',
] as const;
const LOOKUPS = [
  'succeeded',
  'declined',
  'pending',
  'mismatch',
  'duplicated',
  'absent',
  'unavailable',
  'forbidden',
] as const;

/** Events that are no decision's, each with its reason. */
const NOT_DECIDED: Readonly<Record<string, string>> = {
  'payment.created': 'written by the store when it accepts the order; every story begins after it',
  'refund.created': 'written by the store when it opens the refund; seen here as "a refund opened to …"',
  'charge.opened':
    'written by the store when it opens a charge; seen here as "opened to call", "… to verify", "… waiting"',
};

export const EXPECTED: readonly string[] = [
  ...EVENT_TYPES.filter((type) => NOT_DECIDED[type] === undefined),
  ...MOVES,
  ...FAULTS,
  ...['call', 'lookup', 'verify', 'none'].map((action) => `claim ${action}`),
  ...CALLS.map((kind) => `call ${kind}`),
  'call not sent',
  ...LOOKUPS.map((kind) => `lookup ${kind}`),
  ...['open', 'requires_action', 'sealed'].map((kind) => `lookup ${kind}`),
  ...['clear', 'found', 'unavailable', 'exceeded'].map((kind) => `verify ${kind}`),
  ...LOOKUPS.map((kind) => `watch ${kind}`),
  'operator.settled',
  'operator.refuted',
  ...['completed', 'failed', 'carried_out', 'confirmed', 'refuted', 'open'].map((what) => `wish ${what}`),
  'exceeds',
  'a refund opened to call',
  'a refund opened to verify',
  'capture.succeeded',
  'capture.failed',
  'capture.review',
  'void.succeeded',
  'void.failed',
  'a void is opened',
  'a void is kept out',
  'opened to call',
  'opened to verify',
  'opened waiting',
  'own write recognised',
  'refused',
  'refused with evidence',
  'a decision from before a pause',
];

export function missing(seen: ReadonlySet<string>): string[] {
  return EXPECTED.filter((mark) => !seen.has(mark));
}
