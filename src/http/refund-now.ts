import type { RefundNow } from '../engine/api.ts';
import { refundFields } from '../engine/refunding/answer.ts';

/** The fields of a refund as it is read, with what may be done now. Its other answers have no actions: they may be kept for years. */
export function refundNowFields(refund: RefundNow): Record<string, unknown> {
  const { metadata, created_at, updated_at, ...before } = refundFields(refund);
  return { ...before, actions: refund.actions, metadata, created_at, updated_at };
}
