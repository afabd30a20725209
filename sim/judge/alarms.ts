/** The alarms that must have been raised by the end: for every review, every duplicate charge and every refusal of our credentials. */
import type { EventType } from '../../src/domain/events.ts';
import type { Row } from '../store/database.ts';
import type { Book } from './book.ts';

/** An event, and the alarms of which at least one must have been raised. */
const TOLD: readonly (readonly [EventType, readonly string[]])[] = [
  ['payment.review', ['needs_review', 'duplicate_charge', 'other_gateway']],
  ['verify.duplicate_found', ['duplicate_charge']],
  ['operator.refuted', ['operator_refuted']],
  ['call.forbidden', ['gateway_forbidden']],
];

/** An event without its alarm. Null: none. Only meaningful if no process died or stopped for a while. */
export function untold({ alarms }: Book, { payment, events }: Row): string | null {
  const raised = alarms.get(payment.paymentId);
  const missing = TOLD.find(
    ([event, names]) =>
      events.some(({ type }) => type === event) && !names.some((name) => raised?.has(name) === true),
  );
  return missing === undefined ? null : `${missing[0]}, and no alarm was raised`;
}
