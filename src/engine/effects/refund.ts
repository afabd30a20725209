/** The refund: gives money of a COMPLETED payment back. */
import { refundableMinor, sumChange } from '../../domain/sums.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import { followUpRoom } from '../follow-ups/room.ts';
import { refundAnswerBody } from '../refunding/answer.ts';
import { lookUpRefund, refundRequest, refundsOf } from '../refunding/at-gateway.ts';
import { askElsewhere } from '../refunding/elsewhere.ts';
import { toRefund } from '../refunding/show.ts';

export const REFUND = followUpRoom({
  kind: 'refund',
  releasedKinds: ['refund'],
  isOffered: ({ gateway }) => gateway.refunds !== undefined,
  call: (engine, record: FollowUpRecord) => (options) =>
    refundsOf(engine).call(refundRequest(engine, record), options),
  lookup: lookUpRefund,
  askElsewhere,
  answer: (record: FollowUpRecord, problem) => refundAnswerBody(toRefund(record), problem),
  sumChange,
  leftMinor: (sums, { order }) =>
    refundableMinor({ ...sums, refundingMinor: sums.refundingMinor - order.amountMinor }),
  alarms: {
    gateway_forbidden:
      'the gateway answered 401 or 403: it refuses our credentials, or this refund; the refund waits, and if a second order is refused, all calls are paused: fix the credentials, or ask the gateway about this refund',
    needs_review:
      'the outcome of this refund cannot be proved: look it up at the gateway, then ask for look-now or resolve it; its amount stays reserved meanwhile',
    evidence_waits:
      'late evidence about this refund cannot be checked, because the gateway has given no answer for too long: look it up there',
  },
});
