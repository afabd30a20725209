/** The evidence about follow-ups, of workers that lost their lease. */
import type { FollowUpEvidence, FollowUpNews } from '../../ports/store.ts';
import { millisecondsOf } from '../columns.ts';
import type { Session } from '../session.ts';
import { LAST_AT, OF_MONEY } from '../work.ts';

/** It is unfenced on purpose: it changes no state and no lease. */
const ADD_EVIDENCE = `
WITH kept AS (
  INSERT INTO payonce.follow_up_evidence (account_id, payment_id, follow_up_id, outcome) VALUES ($1, $2, $3, $4)
)
UPDATE payonce.follow_ups SET evidence = evidence + 1, due_at = CASE WHEN held THEN due_at ELSE now() END
WHERE account_id = $1 AND payment_id = $2 AND follow_up_id = $3
RETURNING 1`;

export async function addFollowUpEvidence(
  session: Session,
  { payment, id, outcome }: FollowUpEvidence,
): Promise<'kept' | 'no_payment'> {
  const values = [payment.accountId, payment.paymentId, id, JSON.stringify(outcome)];
  return (await session.query(ADD_EVIDENCE, values)).length === 1 ? 'kept' : 'no_payment';
}

/** If nothing was reported, there is one row, with nothing in it. */
const NEWS = `
SELECT ${millisecondsOf(`${LAST_AT} FILTER (WHERE ${OF_MONEY}))[1]`)} AS money_at,
  max(e.outcome->>'ref') FILTER (WHERE ${OF_MONEY}) AS money_ref,
  ${millisecondsOf(`${LAST_AT} FILTER (WHERE NOT ${OF_MONEY}))[1]`)} AS sent_until
FROM payonce.follow_up_evidence e WHERE e.account_id = $1 AND e.follow_up_id = $2`;

interface NewsRow {
  readonly money_at: number | null;
  readonly money_ref: string | null;
  readonly sent_until: number | null;
}

export async function followUpNews(session: Session, accountId: string, id: string): Promise<FollowUpNews> {
  const [row] = await session.query<NewsRow>(NEWS, [accountId, id]);
  return {
    moneyAtMs: row?.money_at ?? null,
    moneyRef: row?.money_ref ?? null,
    sentUntilMs: row?.sent_until ?? null,
  };
}
