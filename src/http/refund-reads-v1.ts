/** `GET /v1/payments/:id/refunds`, `…/refunds/:refund_id` and `…/refunds/:refund_id/events`: how refunds are read. */
import { refundIdComplaint } from '../domain/refund-fields.ts';
import type { RefundNow } from '../engine/api.ts';
import type { Listing, Reading } from './follow-up-reads-v1.ts';
import { paymentIdOf } from './read-v1.ts';
import { refundNowFields } from './refund-now.ts';

export const REFUND_READING: Reading<RefundNow> & Listing<RefundNow> = {
  pageCursor: 'refunds',
  eventsCursor: 'refund_events',
  nameOf(request) {
    const paymentId = paymentIdOf(request);
    const { refund_id: name } = request.params as { readonly refund_id: string };
    return paymentId === null || refundIdComplaint(name) !== null ? null : { paymentId, name };
  },
  find: (payonce, accountId, { paymentId, name }) => payonce.findRefund(accountId, paymentId, name),
  async list(payonce, accountId, paymentId, filter) {
    const page = await payonce.refunds(accountId, paymentId, filter);
    return page && { shown: page.refunds, next: page.next };
  },
  events: (payonce, accountId, { paymentId, name }, filter) =>
    payonce.refundEvents(accountId, paymentId, name, filter),
  fields: refundNowFields,
  missing: {
    code: 'refund_not_found',
    detail:
      'This payment has no refund with this refund_id. GET /v1/payments/<id>/refunds lists the refunds that it has.',
  },
};
