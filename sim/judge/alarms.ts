/** What a person must have been told by the end: every review, every charge that is one too many, every refusal of our credentials. */
import type { EventType } from '../../src/domain/events.ts';
import type { Row } from '../store/database.ts';
import type { Book } from './book.ts';

/** The event, and the alarms of which one must be there. */
const TOLD: readonly (readonly [EventType, readonly string[]])[] = [
  ['payment.review', ['needs_review', 'duplicate_charge', 'other_gateway']],
  ['verify.duplicate_found', ['duplicate_charge']],
  ['call.forbidden', ['gateway_forbidden']],
];

/** What was not told, where no process fell silent; null: everything was. */
export function untold({ alarms }: Book, { payment, events }: Row): string | null {
  const raised = alarms.get(payment.paymentId);
  const missing = TOLD.find(
    ([event, names]) =>
      events.some(({ type }) => type === event) && !names.some((name) => raised?.has(name) === true),
  );
  return missing === undefined ? null : `${missing[0]}, and no alarm was raised`;
}
