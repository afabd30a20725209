/** Reads the answers about refunds without trusting them. */
import type { Exchange } from '../record.ts';
import { type Body, bodyOf, didNothing, isPost } from './reading.ts';

/** The state of the refund that an answer is about. Problems call it `refund_status`. */
export function refundStatusOf(body: Body): string | null {
  const status = typeof body.status === 'string' ? body.status : body.refund_status;
  return typeof status === 'string' ? status : null;
}

/** Whether the answer says how the refund ended. It is frozen then. */
export function isRefundEnd(ask: Exchange): boolean {
  if (!isPost(ask) || ask.status === null) return false;
  const body = bodyOf(ask.text);
  if (body.code === 'refund_conflict' || body.code === 'result_superseded') return false;
  return ['SUCCEEDED', 'FAILED'].includes(refundStatusOf(body) ?? '');
}

/** Whether the request may have opened a refund. */
export function mayHaveRefunded(ask: Exchange): boolean {
  return isPost(ask) && (isRefundEnd(ask) || !didNothing(ask));
}
