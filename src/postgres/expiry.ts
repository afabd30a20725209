/**
 * Erases the frozen answers that are older than the retention. The index finds operations by the time when they were settled, but does not
 * know whether they still have answers. So a mark says up to when all answers have been erased. The time between the mark and the
 * retention is searched in spans that hold about as many answers as are wanted.
 */
import type { Session } from './session.ts';

const SECOND_MS = 1000;
/** Ten years: a longer span finds no more. */
const MAX_SPAN_MS = 3650 * 86_400 * SECOND_MS;

/** How many spans one call searches. The next call does the rest. */
const MAX_SPANS = 100;

/**
 * The mark stays an hour behind. So an operation that was settled before it is visible by now, however long its statement took. A mark in
 * the future means that the clock was set back: everything that was settled since is younger than the retention. If two processes erase
 * at the same time, only one counts an answer, because the update checks the row itself again.
 */
const ERASE = `
WITH times AS (
  SELECT now() - $1::float8 * interval '1 ms' AS expired, now() - interval '1 hour' AS safe
), span AS (
  SELECT answers_erased_before AS since, expired, least(answers_erased_before + $3::float8 * interval '1 ms', expired) AS until,
    least(answers_erased_before + $3::float8 * interval '1 ms', expired, safe) AS mark
  FROM times, payonce.installation
), old AS MATERIALIZED (
  SELECT account_id, payment_id, kind, n FROM payonce.operations
  WHERE answer IS NOT NULL AND settled_at >= (SELECT since FROM span) AND settled_at < (SELECT until FROM span)
  LIMIT $2
), erased AS (
  UPDATE payonce.operations AS o SET answer = NULL FROM old
  WHERE o.account_id = old.account_id AND o.payment_id = old.payment_id AND o.kind = old.kind AND o.n = old.n
    AND o.answer IS NOT NULL
  RETURNING 1
), moved AS (
  UPDATE payonce.installation AS i SET answers_erased_before = span.mark FROM span
  WHERE (SELECT count(*) FROM old) < $2
    AND (i.answers_erased_before < span.mark OR i.answers_erased_before > now())
)
SELECT (SELECT count(*) FROM erased)::int AS erased, (SELECT count(*) FROM old)::int AS found,
  until >= expired AS reached FROM span`;

interface ErasedRow {
  readonly erased: number;
  /** How many the span has, at most as many as were wanted. */
  readonly found: number;
  /** Whether the span ends where the retention begins. */
  readonly reached: boolean;
}

/** Few orders have follow-ups, so those with an answer have an index of their own. */
const ERASE_OF_FOLLOW_UPS = `
WITH old AS MATERIALIZED (
  SELECT account_id, follow_up_id FROM payonce.follow_ups
  WHERE answer IS NOT NULL AND settled_at < now() - $1::float8 * interval '1 ms' ORDER BY settled_at LIMIT $2
), erased AS (
  UPDATE payonce.follow_ups AS f SET answer = NULL FROM old
  WHERE f.account_id = old.account_id AND f.follow_up_id = old.follow_up_id AND f.answer IS NOT NULL
  RETURNING 1
)
SELECT count(*)::int AS erased FROM erased`;

/** Returns `Store.eraseExpiredAnswers`. Only the bodies are erased: key, fingerprint and operation are kept for ever. */
export function createExpiry(session: Session, retentionMs: number): (limit: number) => Promise<number> {
  let spanMs = 60 * SECOND_MS;
  const halve = (): void => {
    spanMs = Math.max(spanMs / 2, SECOND_MS);
  };

  async function eraseSpan(limit: number): Promise<ErasedRow> {
    try {
      const [row] = await session.query<ErasedRow>(ERASE, [retentionMs, limit, spanMs]);
      return row ?? { erased: 0, found: 0, reached: true };
    } catch (error) {
      // Perhaps the span was too large.
      halve();
      throw error;
    }
  }

  async function eraseOfFollowUps(limit: number): Promise<number> {
    const [row] = await session.query<{ erased: number }>(ERASE_OF_FOLLOW_UPS, [retentionMs, limit]);
    return row?.erased ?? 0;
  }

  async function eraseOfCharges(limit: number): Promise<number> {
    let erased = 0;
    for (let spans = 0; spans < MAX_SPANS; spans += 1) {
      const span = await eraseSpan(limit - erased);
      const full = span.found === limit - erased;
      erased += span.erased;
      if (full) halve();
      if (full || span.reached) return erased;
      spanMs = Math.min(spanMs * 2, MAX_SPAN_MS);
    }
    return erased;
  }

  return async (limit) => {
    const erased = await eraseOfCharges(limit);
    return erased < limit ? erased + (await eraseOfFollowUps(limit - erased)) : erased;
  };
}
