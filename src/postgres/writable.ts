/** Whether the tables take writes now: a lock on one of them keeps every payment waiting, while all that only reads goes on. */
import type { Session } from './session.ts';

const WRITTEN = ['payments', 'operations', 'requests', 'events', 'evidence'];

/** Inserts nothing, but waits for the lock that an insert needs, until the time limit of any statement. */
const WRITE_NOTHING = `WITH ${WRITTEN.map(
  (table) =>
    `${table} AS (INSERT INTO payonce.${table} (account_id) SELECT account_id FROM payonce.${table} WHERE false)`,
).join(', ')} SELECT`;

/** Rejects with `StoreError` where one of them cannot be written. */
export async function writeNothing(session: Session): Promise<void> {
  await session.query(WRITE_NOTHING, []);
}
