/** The fenced write of a follow-up: the same as that of a payment, on a row of its own. */
import { isExclusive } from '../../domain/effects.ts';
import type { FollowUpAdvance, FollowUpAdvanced } from '../../ports/store.ts';
import { columns } from '../columns.ts';
import { withExtras } from '../extras.ts';
import type { Session } from '../session.ts';
import { wishesOf } from '../wishes.ts';
import { EXCLUSIVE_WRITE } from './advance-exclusive.ts';
import { EVENT, type FencedWrite, FOLLOW_UP_COLUMNS, fencedRow, RESULT } from './fenced.ts';
import { followUpById } from './reads.ts';

const INPUT = columns<FollowUpAdvance>(FOLLOW_UP_COLUMNS);

/**
 * The sums of the payment are changed from the row that this write returns, so they change exactly once. They change by differences,
 * because other follow-ups change them meanwhile.
 */
const SHARING_WRITE: FencedWrite = {
  input: INPUT,
  tables: `${fencedRow(INPUT, 'i.refunding_minor, i.refunded_minor, i.absences, i.elsewhere_minor')}, s AS (
  UPDATE payonce.payment_sums AS s SET
    refunding_minor = s.refunding_minor + p.refunding_minor, refunded_minor = s.refunded_minor + p.refunded_minor,
    absences = s.absences + p.absences, elsewhere_minor = greatest(s.elsewhere_minor, p.elsewhere_minor)
  FROM p
  WHERE s.account_id = p.account_id AND s.payment_id = p.payment_id
    AND (p.refunding_minor <> 0 OR p.refunded_minor <> 0 OR p.absences <> 0 OR p.elsewhere_minor > s.elsewhere_minor)
), ${EVENT}`,
};

export const ADVANCE_FOLLOW_UP = `${SHARING_WRITE.tables}\n${RESULT}`;

interface AdvancedRow {
  readonly evidence: number;
  readonly now_ms: number;
}

export async function advanceFollowUp(
  session: Session,
  write: FollowUpAdvance,
  retentionMs: number,
): Promise<FollowUpAdvanced> {
  const { input, tables } = isExclusive(write.operation.kind) ? EXCLUSIVE_WRITE : SHARING_WRITE;
  const fenced = { tables, result: RESULT, values: input.values([write]) } as const;
  const wishes = wishesOf(write, { unitId: 'follow_up_id', n: '1' });
  const [row] = await withExtras<AdvancedRow>(session, fenced, wishes);
  if (row !== undefined) return { kind: 'done', nowMs: row.now_ms, evidence: row.evidence };
  return {
    kind: 'lost',
    record: await followUpById(session, write.payment.accountId, write.id, retentionMs),
  };
}
