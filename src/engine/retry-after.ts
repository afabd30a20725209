import type { PaymentRecord } from '../ports/store.ts';

/** How long a client should wait if nothing better is known. */
export const RETRY_AFTER_MS = 1000;
/** What is refused stays refused until somebody acts, so a client need not repeat it every second. */
export const REFUSED_RETRY_MS = 30_000;
const RETRY_AFTER_CAP_MS = 60_000;

/** When the payment's next step is due, as far as it is known. Nothing can change before that. */
export function retryAfterMs(record: PaymentRecord): number {
  if (record.operation.status === 'REVIEW') return RETRY_AFTER_CAP_MS;
  if (record.held || record.dueAtMs === null) return RETRY_AFTER_MS;
  const waitMs = Math.round(record.dueAtMs - record.updatedAtMs);
  return Math.min(Math.max(waitMs, RETRY_AFTER_MS), RETRY_AFTER_CAP_MS);
}
