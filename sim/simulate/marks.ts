/**
 * What must happen in a simulation, or else it proves less than it claims: every kind of fault, every move of a payment,
 * every event, every kind of client. The list is written out, so that a mark that is no longer reached is noticed.
 */
import { CAPTURE_EVENT_TYPES, EVENT_TYPES, OPERATOR_EVENT_TYPES } from '../../src/domain/events.ts';
import {
  CALL_FAULTS,
  CAPTURE_MISHAPS,
  LOOKUP_FAULTS,
  MISHAPS,
  PREPARE_FAULTS,
  REFUND_MISHAPS,
  SEAL_FAULTS,
  STORE_FAULTS,
} from '../plan/plan.ts';
import { WEBHOOK_FAULTS } from '../plan/webhooks.ts';

const MOVES = [
  'PROCESSING → AUTHORIZED',
  'UNRESOLVED → AUTHORIZED',
  'AUTHORIZED → COMPLETED',
  'AUTHORIZED → VOIDED',
  'PROCESSING → COMPLETED',
  'PROCESSING → FAILED',
  'PROCESSING → UNRESOLVED',
  'PROCESSING → REVIEW',
  'UNRESOLVED → COMPLETED',
  'UNRESOLVED → FAILED',
  'UNRESOLVED → REVIEW',
  'FAILED → PROCESSING',
  'FAILED → REVIEW',
  'REVIEW → FAILED',
] as const;

const CLIENTS = [
  'hangs_up',
  'double_click',
  'new_key_after_failure',
  'same_key_again',
  'reuses_key',
  'changes_amount',
  'changes_time_to_give_up',
  'stubborn',
  'haggles',
  'gives_up',
] as const;

const REFUND_MOVES = [
  'PROCESSING → COMPLETED',
  'PROCESSING → FAILED',
  'PROCESSING → UNRESOLVED',
  'PROCESSING → REVIEW',
  'UNRESOLVED → COMPLETED',
  'UNRESOLVED → FAILED',
  'UNRESOLVED → REVIEW',
  'REVIEW → FAILED',
  'COMPLETED → FAILED',
  'FAILED → COMPLETED',
  'FAILED → PROCESSING',
] as const;

const REFUND_CLIENTS = [
  'several_at_once',
  'by_key_alone',
  'changes_amount',
  'reuses_key',
  'hangs_up',
  'same_again',
  'another_after_failure',
  'comes_back',
] as const;

/** What clients are told of refunds. */
const REFUND_TOLD = [
  'succeeded',
  'refund_declined',
  'gateway_failed',
  'refund_exceeds_captured',
  'accepted',
  'unsettled',
] as const;

const REFUND_PROBLEMS = [
  'idempotency_key_reused',
  'other_gateway',
  'payment_not_found',
  'payment_not_refundable',
  'refund_conflict',
  'refund_exceeds_captured',
  'result_superseded',
  'store_outcome_unknown',
  'store_unavailable',
] as const;

/** Of captures and voids. */
const END_MOVES = [
  'PROCESSING → COMPLETED',
  'PROCESSING → FAILED',
  'PROCESSING → UNRESOLVED',
  'PROCESSING → REVIEW',
  'UNRESOLVED → COMPLETED',
  'UNRESOLVED → FAILED',
  'UNRESOLVED → REVIEW',
  'REVIEW → COMPLETED',
  'REVIEW → FAILED',
] as const;

const END_CLIENTS = [
  'several_at_once',
  'asks_for_too_much',
  'reuses_key',
  'hangs_up',
  'same_again',
  'another_after_failure',
] as const;

const END_TOLD = [
  'capture_told:succeeded',
  'capture_told:capture_declined',
  'capture_told:gateway_failed',
  'capture_told:unsettled',
  'void_told:succeeded',
  'void_told:void_declined',
  'void_told:gateway_failed',
  'void_told:unsettled',
] as const;

const END_PROBLEMS = [
  'payment_not_capturable',
  'payment_not_voidable',
  'capture_exceeds_authorized',
  'operation_in_progress',
  'idempotency_key_reused',
  'store_unavailable',
] as const;

/** What must happen at gateways of two steps, beside their faults. */
const TWO_STEPS = [
  'sealed',
  'seal_too_late',
  'confirm_too_late',
  'customer_paid',
  'customer_failed',
  'listed',
  'prepared_anew',
] as const;

/** What must happen to events of the gateway, beside their faults. `retold`: a seed that was told in several ways woke a row. */
const WEBHOOKS = [
  'webhook_out_of_order',
  'webhook_while_held',
  'webhook_woke',
  'webhook_to_dead_process',
  'webhook_to_stopped_process',
  'retold',
] as const;

/** What the gateway is told of its events. */
const WEBHOOK_TOLD = [
  'taken',
  'not_found',
  'shutting_down',
  'store_failed',
  'webhook_not_noted',
  'webhook_refused',
] as const;

/** Only a gateway that breaks its contract causes these. The scenarios cover them one by one. */
const SCENARIO_ONLY: ReadonlySet<string> = new Set([
  'verify.duplicate_found',
  'capture.found_pending',
  'void.found_pending',
  'void.confirmed',
]);

export const REQUIRED_MARKS: readonly string[] = [
  ...STORE_FAULTS,
  ...CALL_FAULTS,
  ...LOOKUP_FAULTS,
  ...MISHAPS,
  ...REFUND_MISHAPS,
  ...CAPTURE_MISHAPS,
  'hold:expired',
  ...PREPARE_FAULTS,
  ...SEAL_FAULTS,
  ...TWO_STEPS.map((what) => `two_steps:${what}`),
  ...WEBHOOK_FAULTS,
  ...WEBHOOKS,
  ...WEBHOOK_TOLD.map((word) => `webhook_told:${word}`),
  'customer_must_act',
  'refund_fails_later',
  'lookup_lag',
  'charge_refunded',
  'timer_late',
  'timer_late_by_a_minute',
  'gateway_connects_slowly',
  'lease_over_before_send',
  'database_restored',
  'restore_told',
  'restore_untold',
  'installation_id_lost',
  'two_gateways',
  'narrow',
  'connection_awaited',
  'out_of_files',
  'all_taken:call',
  'all_taken:lookup',
  'calls_stopped',
  'other_settings',
  'given_up',
  ...[...EVENT_TYPES, ...CAPTURE_EVENT_TYPES]
    .filter((type) => !SCENARIO_ONLY.has(type))
    .map((type) => `event:${type}`),
  ...MOVES.map((move) => `move:${move}`),
  ...CLIENTS.map((client) => `client:${client}`),
  ...REFUND_MOVES.map((move) => `refund_move:${move}`),
  ...REFUND_CLIENTS.map((client) => `refund_client:${client}`),
  ...REFUND_TOLD.map((told) => `refund_told:${told}`),
  ...REFUND_PROBLEMS.map((code) => `refund_problem:${code}`),
  ...END_MOVES.map((move) => `end_move:${move}`),
  ...END_CLIENTS.map((client) => `end_client:${client}`),
  ...END_TOLD,
  ...END_PROBLEMS.map((code) => `end_problem:${code}`),
  ...OPERATOR_EVENT_TYPES.map((type) => `event:${type}`),
  ...['confirmed', 'refuted', 'carried_out'].map((end) => `operator:${end}`),
  'refund:elsewhere_noticed',
  'refund_after_loss:kept',
  'refund_after_loss:forgotten',
  'refund_after_loss:opened_again',
  'alarm:refund_failed_late',
  'alarm:refund_landed_late',
  'alarm:captured_elsewhere',
  'alarm:gateway_forbidden',
  'alarm:needs_review',
  'alarm:event_without_payment',
  'alarm:calls_stopped',
];

export function unhit(hits: Readonly<Record<string, number>>): readonly string[] {
  return REQUIRED_MARKS.filter((mark) => (hits[mark] ?? 0) === 0);
}
