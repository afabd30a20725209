/**
 * The fenced write of a capture or a void. What it ends, it ends in the same statement: the mark in the sums, and the payment.
 *
 * The payment's row changes without its own fence. Its `seq` and its fence rise, so whoever holds it loses the next write, and reads again.
 * The payment is changed before the sums: the write of a payment whose authorisation has ended by itself takes both in that order, too.
 */
import type { EventType } from '../../domain/events.ts';
import type { FollowUpAdvance } from '../../ports/store.ts';
import { columns } from '../columns.ts';
import { EVENT, type FencedWrite, FOLLOW_UP_COLUMNS, fencedRow } from './fenced.ts';

const INPUT = columns<FollowUpAdvance>([
  ...FOLLOW_UP_COLUMNS,
  { name: 'mark', type: 'text', value: (w) => w.mark ?? null },
]);

const [CAPTURED, VOIDED] = ['payment.captured', 'payment.voided'] satisfies EventType[];
/** Evidence about the charge is still checked. */
const DUE = 'CASE WHEN y.evidence > 0 THEN now() END';
const IS_ITS_PAYMENT = (y: string): string =>
  `${y}.account_id = p.account_id AND ${y}.order_id = p.order_id AND ${y}.payment_id = p.payment_id`;

/** One that has failed, and was taken up again while this one was open. It keeps others out from now on. */
const ANOTHER = `(
        SELECT f.follow_up_id FROM payonce.follow_ups f
        WHERE f.account_id = p.account_id AND f.payment_id = p.payment_id AND f.kind IN ('capture', 'void')
          AND f.status <> 'FAILED' AND f.follow_up_id <> p.follow_up_id
        ORDER BY f.follow_up_id LIMIT 1)`;

export const EXCLUSIVE_WRITE: FencedWrite = {
  input: INPUT,
  tables: `${fencedRow(INPUT, 'p.order_id, p.kind, coalesce(p.settled_minor, p.amount_minor) AS moved_minor, p.updated_at, i.mark')}, y AS (
  UPDATE payonce.payments AS y SET
    status = CASE p.kind WHEN 'capture' THEN 'COMPLETED' ELSE 'VOIDED' END, step = 'none', failure_code = NULL,
    seq = y.seq + 1, fence = y.fence + 1, held = false, due_at = ${DUE}, timer_at = ${DUE},
    updated_at = greatest(y.updated_at, p.updated_at)
  FROM p
  WHERE p.mark = 'succeeded' AND ${IS_ITS_PAYMENT('y')}
    AND (y.status = 'AUTHORIZED' OR (y.status = 'VOIDED' AND p.kind = 'capture'))
  RETURNING y.account_id, y.payment_id, y.seq, y.status, y.charge_n, y.attempts, p.kind, p.moved_minor
), ye AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, detail, at)
  SELECT account_id, payment_id, seq, CASE kind WHEN 'capture' THEN '${CAPTURED}' ELSE '${VOIDED}' END, status, charge_n,
    attempts, CASE kind WHEN 'capture' THEN moved_minor::text END, now() FROM y
), z AS (
  UPDATE payonce.payments AS z SET due_at = now(), timer_at = now()
  FROM p
  WHERE p.mark = 'failed' AND ${IS_ITS_PAYMENT('z')} AND z.status = 'AUTHORIZED' AND NOT z.held
  RETURNING 1
), s AS (
  UPDATE payonce.payment_sums AS s SET
    captured_minor = CASE WHEN p.mark = 'succeeded' AND p.kind = 'capture' THEN p.moved_minor ELSE s.captured_minor END,
    exclusive_id = CASE p.mark
      WHEN 'succeeded' THEN p.follow_up_id
      WHEN 'open' THEN coalesce(s.exclusive_id, p.follow_up_id)
      ELSE CASE WHEN s.exclusive_id = p.follow_up_id THEN ${ANOTHER} ELSE s.exclusive_id END END
  FROM p
  WHERE s.account_id = p.account_id AND s.payment_id = p.payment_id AND p.mark IS NOT NULL
    AND (SELECT count(*) FROM y) + (SELECT count(*) FROM z) >= 0
), ${EVENT}`,
};
