/** Checks that the tables take writes now. A lock on one of them makes every payment wait, although reads go on. */
import type { Session } from './session.ts';

const WRITTEN = [
  'payments',
  'operations',
  'requests',
  'events',
  'evidence',
  'follow_ups',
  'follow_up_requests',
  'follow_up_events',
  'follow_up_evidence',
  'payment_sums',
];

/** Inserts nothing, but needs the same locks as an insert. It waits for them until the usual time limit of a statement. */
const WRITE_NOTHING = `WITH ${WRITTEN.map(
  (table) =>
    `${table} AS (INSERT INTO payonce.${table} (account_id) SELECT account_id FROM payonce.${table} WHERE false)`,
).join(', ')} SELECT`;

/** Rejects with `StoreError` if one of the tables cannot be written. */
export async function writeNothing(session: Session): Promise<void> {
  await session.query(WRITE_NOTHING, []);
}
