/**
 * Judges what clients saw of each payment, in order. If two requests did not overlap, the later one never sees an
 * earlier state.
 */
import type { Exchange } from '../record.ts';
import { type Finding, groupBy } from './case.ts';
import type { DatabaseTime } from './database-time.ts';
import { type Body, bodyOf, isAccepted, isPost, paymentStatusOf } from './reading.ts';

interface View {
  readonly n: number;
  readonly paymentId: string;
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly status: string;
  /** Null if the answer may be an old one that was kept for its key. */
  readonly updatedAt: string | null;
  /** An answer that was kept when its charge ended. */
  readonly isFrozen: boolean;
}

export interface SeenFinding extends Finding {
  readonly paymentId: string;
}

export function judgeViews(exchanges: readonly Exchange[], time: DatabaseTime): SeenFinding[] {
  const views = exchanges.flatMap(viewsOf);
  return [...groupBy(views, ({ paymentId }) => paymentId).values()].flatMap((own) => judgePayment(own, time));
}

function viewsOf(exchange: Exchange): View[] {
  const { status, text, method, path } = exchange;
  if (status === null) return [];
  const body = bodyOf(text);
  if (method === 'GET' && path.endsWith('/events')) return [];
  if (method === 'GET') {
    if (status !== 200) return [];
    const shown = Array.isArray(body.data) ? (body.data as Body[]) : [body];
    return shown.map((payment) => viewOf(exchange, payment, payment.updated_at));
  }
  if (!isPost(exchange) || !isAccepted(exchange)) return [];
  if (exchange.key === null) return [viewOf(exchange, body, body.updated_at)];
  // The kept answer of an earlier charge may be FAILED for ever. Only a 202 says what holds now.
  return status === 202 ? [viewOf(exchange, body, null)] : [];
}

function viewOf(exchange: Exchange, payment: Body, updatedAt: unknown): View {
  const { n, askedMs, answeredMs } = exchange;
  const status = paymentStatusOf(payment) ?? '';
  return {
    n,
    paymentId: String(payment.payment_id),
    askedMs,
    answeredMs,
    status,
    isFrozen: isPost(exchange) && ['COMPLETED', 'AUTHORIZED', 'FAILED'].includes(status),
    updatedAt: typeof updatedAt === 'string' ? updatedAt : null,
  };
}

function judgePayment(views: readonly View[], time: DatabaseTime): SeenFinding[] {
  /** Whether `a` is certainly before `b`, whatever the database's clock did. */
  const isBefore = (a: string | null, b: string | null): boolean =>
    a !== null && b !== null && time.latestMs(a) < time.earliestMs(b);
  const found: SeenFinding[] = [];
  const byAnswer = views.toSorted((a, b) => a.answeredMs - b.answeredMs);
  let next = 0;
  let completed: View | null = null;
  let newest: View | null = null;
  for (const view of views.toSorted((a, b) => a.askedMs - b.askedMs)) {
    for (
      let seen = byAnswer[next];
      seen !== undefined && seen.answeredMs < view.askedMs;
      seen = byAnswer[next]
    ) {
      if (seen.status === 'COMPLETED') completed ??= seen;
      if (seen.updatedAt !== null && (newest === null || isBefore(newest.updatedAt, seen.updatedAt)))
        newest = seen;
      next += 1;
    }
    const { paymentId, n, updatedAt, status } = view;
    if (completed !== null && status !== 'COMPLETED') {
      const what = `${status} after COMPLETED had been told`;
      found.push({ kind: 'went_back', what, exchanges: [completed.n, n], paymentId });
    }
    // A frozen answer keeps its old time, even if the charge was looked up later because of evidence or after a restore.
    const isFrozen = view.isFrozen && newest?.status === status;
    if (newest !== null && !isFrozen && isBefore(updatedAt, newest.updatedAt)) {
      const what = `${status}, changed at ${updatedAt}, after ${newest.status}, changed at ${newest.updatedAt}`;
      found.push({ kind: 'went_back', what, exchanges: [newest.n, n], paymentId });
    }
  }
  return found;
}
