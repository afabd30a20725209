/**
 * What charges were prepared on at gateways of two steps. None of this is fenced: a handle is written once, by whoever is first, and the other
 * columns may be written again at will.
 */
import type { NextAction } from '../domain/outcomes.ts';
import type { ChargeOf, StoredHandle } from '../ports/store.ts';
import type { Session } from './session.ts';

const namesOf = ({ accountId, paymentId, n }: ChargeOf): unknown[] => [accountId, paymentId, n];

const READ = `
SELECT handle, prepares, action FROM payonce.handles WHERE account_id = $1 AND payment_id = $2 AND charge_n = $3`;

export async function readHandle(session: Session, charge: ChargeOf): Promise<StoredHandle | null> {
  const [row] = await session.query<StoredHandle>(READ, namesOf(charge));
  return row ?? null;
}

/** The update writes what is there, so that the row is locked and returned, whoever has written it. */
const KEEP = `
INSERT INTO payonce.handles AS h (account_id, payment_id, charge_n, handle) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, payment_id, charge_n) DO UPDATE SET handle = coalesce(h.handle, excluded.handle)
RETURNING handle`;

export async function keepHandle(session: Session, charge: ChargeOf, handle: string): Promise<string> {
  const [row] = await session.query<{ handle: string }>(KEEP, [...namesOf(charge), handle]);
  if (row === undefined) throw new Error('The database returned no row for a handle.');
  return row.handle;
}

const RAISE = `
INSERT INTO payonce.handles AS h (account_id, payment_id, charge_n, prepares) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, payment_id, charge_n) DO UPDATE SET prepares = greatest(h.prepares, excluded.prepares)`;

export async function raisePrepares(session: Session, charge: ChargeOf, to: number): Promise<void> {
  await session.query(RAISE, [...namesOf(charge), to]);
}

const KEEP_ACTION = `
UPDATE payonce.handles SET action = $4
WHERE account_id = $1 AND payment_id = $2 AND charge_n = $3 AND handle IS NOT NULL`;

export async function keepAction(
  session: Session,
  charge: ChargeOf,
  action: NextAction | null,
): Promise<void> {
  await session.query(KEEP_ACTION, [...namesOf(charge), action === null ? null : JSON.stringify(action)]);
}
