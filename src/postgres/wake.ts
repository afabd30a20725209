/** Makes one row due for a lookup: a payment or a follow-up. Only its timer changes, neither fence nor `seq`. */
import type { Wake } from '../ports/store.ts';
import type { Session } from './session.ts';

/** When it is to be due. */
const SOON = "now() + $5::float8 * interval '1 ms'";

/** Who waits for a call, or is held, is left alone. So is a row that has changed, or is due sooner. */
const MAY_WAKE = `seq = $4 AND NOT held AND step <> 'call' AND (due_at IS NULL OR due_at > ${SOON})`;

const WAKE_PAYMENT = `
UPDATE payonce.payments SET due_at = ${SOON}, timer_at = ${SOON}
WHERE account_id = $1 AND order_id = $2 AND payment_id = $3 AND ${MAY_WAKE}
RETURNING 1`;

const WAKE_FOLLOW_UP = `
UPDATE payonce.follow_ups SET due_at = ${SOON}
WHERE account_id = $1 AND follow_up_id = $2 AND payment_id = $3 AND ${MAY_WAKE}
RETURNING 1`;

/** Returns `Store.wake`. */
export async function wake(session: Session, query: Wake): Promise<'woken' | 'lost'> {
  const { payment, followUpId, expected, waitMs } = query;
  const { accountId, orderId, paymentId } = payment;
  const [statement, name] = followUpId === null ? [WAKE_PAYMENT, orderId] : [WAKE_FOLLOW_UP, followUpId];
  const rows = await session.query(statement, [accountId, name, paymentId, expected.seq, waitMs]);
  return rows.length === 1 ? 'woken' : 'lost';
}
