/** Binds a key to an existing follow-up. */
import type { FollowUpKeyBinding } from '../../ports/store.ts';
import type { Session } from '../session.ts';

/** A key that is bound to nothing would never have an answer. So it is bound only while the follow-up is there. */
const BIND = `
INSERT INTO payonce.follow_up_requests (account_id, key_hash, fingerprint, payment_id, follow_up_id, started)
SELECT account_id, $4, $5, payment_id, follow_up_id, false FROM payonce.follow_ups
WHERE account_id = $1 AND payment_id = $2 AND follow_up_id = $3
ON CONFLICT DO NOTHING
RETURNING 1`;

export async function bindFollowUpKey(
  session: Session,
  { payment, id, key }: FollowUpKeyBinding,
): Promise<'bound' | 'lost'> {
  const values = [payment.accountId, payment.paymentId, id, key.hash, key.fingerprint];
  return (await session.query(BIND, values)).length === 1 ? 'bound' : 'lost';
}
