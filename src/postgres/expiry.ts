/**
 * Erasing the frozen answers that are older than the retention. The index tells blocks of operations by the time in which they
 * were settled, but not whether their answers are still there; so a mark says up to when all have been erased, and what lies
 * between the mark and the retention is gone through in spans of time that hold about as many answers as are wanted.
 */
import type { Session } from './session.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/**
 * The mark stays behind by more than any statement takes: an operation that was settled before it is visible by now. Of two
 * that erase at once, only one counts an answer: it is asked of the row itself once more.
 */
const ERASE = `
WITH span AS (
  SELECT answers_erased_before AS since, now() - $1::float8 * interval '1 ms' AS expired,
    least(answers_erased_before + $3::float8 * interval '1 ms', now() - $1::float8 * interval '1 ms') AS until
  FROM payonce.installation
), old AS MATERIALIZED (
  SELECT account_id, payment_id, kind, n FROM payonce.operations
  WHERE answer IS NOT NULL AND settled_at >= (SELECT since FROM span) AND settled_at < (SELECT until FROM span)
  LIMIT $2
), erased AS (
  UPDATE payonce.operations AS o SET answer = NULL FROM old
  WHERE o.account_id = old.account_id AND o.payment_id = old.payment_id AND o.kind = old.kind AND o.n = old.n
    AND o.answer IS NOT NULL
  RETURNING 1
), mark AS (
  UPDATE payonce.installation AS i SET answers_erased_before = least(span.until, now() - interval '1 minute')
  FROM span
  WHERE (SELECT count(*) FROM old) < $2 AND i.answers_erased_before < least(span.until, now() - interval '1 minute')
)
SELECT (SELECT count(*) FROM erased)::int AS erased, (SELECT count(*) FROM old)::int AS found,
  until >= expired AS reached FROM span`;

interface ErasedRow {
  readonly erased: number;
  /** In the span, at most as many as were wanted. */
  readonly found: number;
  /** Whether the span ends where the retention begins. */
  readonly reached: boolean;
}

/** Returns `Store.eraseExpiredAnswers`. Only the bodies are erased: key, fingerprint and operation stay for good. */
export function createExpiry(session: Session, retentionMs: number): (limit: number) => Promise<number> {
  let spanMs = 60 * SECOND_MS;
  return async (limit) => {
    let erased = 0;
    for (;;) {
      const [row] = await session.query<ErasedRow>(ERASE, [retentionMs, limit - erased, spanMs]);
      if (row === undefined) return erased;
      const full = row.found === limit - erased;
      erased += row.erased;
      if (full || row.reached) {
        if (full) spanMs = Math.max(spanMs / 2, SECOND_MS);
        return erased;
      }
      spanMs = Math.min(spanMs * 2, DAY_MS);
    }
  };
}
