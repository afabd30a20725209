/** The fenced write of a follow-up: the same as that of a payment, on a row of its own. */
import { type EffectKind, isExclusive } from '../../domain/effects.ts';
import type { FollowUpAdvance, FollowUpAdvanced } from '../../ports/store.ts';
import { columns } from '../columns.ts';
import { withExtras } from '../extras.ts';
import type { Session } from '../session.ts';
import { wishesOf } from '../wishes.ts';
import { EXCLUSIVE_WRITE } from './advance-exclusive.ts';
import { EVENT, type FencedWrite, FOLLOW_UP_COLUMNS, fencedRow, RESULT } from './fenced.ts';
import { followUpById } from './reads.ts';

const INPUT = columns<FollowUpAdvance>([
  ...FOLLOW_UP_COLUMNS,
  { name: 'refunding_minor', type: 'bigint', value: (w) => w.sums.refundingMinor },
  { name: 'refunded_minor', type: 'bigint', value: (w) => w.sums.refundedMinor },
  { name: 'elsewhere_minor', type: 'bigint', value: (w) => w.elsewhere?.amountMinor ?? null },
  { name: 'elsewhere_exact', type: 'boolean', value: (w) => w.elsewhere?.exact ?? null },
  { name: 'asked_refunding_minor', type: 'bigint', value: (w) => w.elsewhere?.asked.refundingMinor ?? null },
  { name: 'asked_refunded_minor', type: 'bigint', value: (w) => w.elsewhere?.asked.refundedMinor ?? null },
  { name: 'asked_absences', type: 'integer', value: (w) => w.elsewhere?.asked.absences ?? null },
]);

/**
 * What the gateway said counts only if the sums are still those with which it was asked: the row of sums is locked here, and compared as it
 * is. A sum that is only the least never falls.
 */
const ELSEWHERE = `CASE
      WHEN s.refunding_minor = p.asked_refunding_minor AND s.refunded_minor = p.asked_refunded_minor
        AND s.absences = p.asked_absences
      THEN CASE WHEN p.elsewhere_exact THEN p.elsewhere_minor ELSE greatest(s.elsewhere_minor, p.elsewhere_minor) END
      ELSE s.elsewhere_minor END`;

const SHARED = `i.refunding_minor, i.refunded_minor, i.absences, i.elsewhere_minor, i.elsewhere_exact, i.asked_refunding_minor,
    i.asked_refunded_minor, i.asked_absences`;

/**
 * The sums of the payment are changed from the row that this write returns, so they change exactly once. They change by differences,
 * because other follow-ups change them meanwhile.
 */
const SHARING_WRITE: FencedWrite = {
  input: INPUT,
  tables: `${fencedRow(INPUT, SHARED)}, s AS (
  UPDATE payonce.payment_sums AS s SET
    refunding_minor = s.refunding_minor + p.refunding_minor, refunded_minor = s.refunded_minor + p.refunded_minor,
    absences = s.absences + p.absences, elsewhere_minor = ${ELSEWHERE}
  FROM p
  WHERE s.account_id = p.account_id AND s.payment_id = p.payment_id
    AND (p.refunding_minor <> 0 OR p.refunded_minor <> 0 OR p.absences <> 0 OR p.elsewhere_minor <> s.elsewhere_minor)
), ${EVENT}`,
};

function writeOf(kind: EffectKind): FencedWrite {
  return isExclusive(kind) ? EXCLUSIVE_WRITE : SHARING_WRITE;
}

/** The statement that ends one of this kind. While it is refused, none is opened. */
export function advanceStatement(kind: EffectKind): string {
  return `${writeOf(kind).tables}\n${RESULT}`;
}

interface AdvancedRow {
  readonly evidence: number;
  readonly now_ms: number;
}

export async function advanceFollowUp(
  session: Session,
  write: FollowUpAdvance,
  retentionMs: number,
): Promise<FollowUpAdvanced> {
  const { input, tables } = writeOf(write.operation.kind);
  const fenced = { tables, result: RESULT, values: input.values([write]) } as const;
  const wishes = wishesOf(write, { unitId: 'follow_up_id', n: '1' });
  const [row] = await withExtras<AdvancedRow>(session, fenced, wishes);
  if (row !== undefined) return { kind: 'done', nowMs: row.now_ms, evidence: row.evidence };
  return {
    kind: 'lost',
    record: await followUpById(session, write.payment.accountId, write.id, retentionMs),
  };
}
