/** Shows a refund, a capture or a void in the shape of a charge, so that the judges of calls, leases, causes, proofs and waits hold for it, too. */
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import type { Change, OperationRow, Row } from '../../store/database.ts';
import type { RefundChange, StoredRefund } from './book.ts';

/** The words of charges, or of refunds, for what follow-ups call otherwise. */
const WORDS: Readonly<Record<string, string>> = {
  'refund.succeeded': 'payment.completed',
  'refund.failed': 'payment.failed',
  'refund.review': 'payment.review',
  'capture.succeeded': 'payment.completed',
  'capture.failed': 'payment.failed',
  'capture.review': 'payment.review',
  'capture.confirmed': 'refund.confirmed',
  'capture.found_pending': 'refund.found_pending',
  'void.succeeded': 'payment.completed',
  'void.failed': 'payment.failed',
  'void.review': 'payment.review',
  'void.confirmed': 'refund.confirmed',
  'void.found_pending': 'refund.found_pending',
};

export function asRow(record: StoredRefund): Row {
  const { operation, order, events, settledAtMs, byAbsence, problem, answer } = record;
  const row: OperationRow = {
    n: operation.n,
    gateway: null,
    gatewayKey: record.gatewayKey,
    amountMinor: order.amountMinor,
    currency: order.currency,
    method: null,
    openedAtMs: operation.openedAtMs,
    giveUpAfterS: operation.giveUpAfterS,
    openedWallMs: null,
    settledAtMs,
    outcome: null,
    byAbsence,
    problem,
    answer,
  };
  return {
    payment: record,
    operations: [row],
    events: events.map(asChargeEvent),
    requests: [],
    evidence: [],
  };
}

export function asChange({ kind, before, after, event, args }: RefundChange): Change {
  return {
    kind: KINDS[kind] ?? 'addEvidence',
    accountId: after.order.accountId,
    orderId: nameOf(after),
    paymentId: after.paymentId,
    before,
    after,
    rowBefore: before === null ? null : asRow(before),
    rowAfter: asRow(after),
    event: event === null ? null : asChargeEvent(event),
    args,
  };
}

const KINDS: Readonly<Record<string, Change['kind']>> = {
  openFollowUp: 'accept',
  advanceFollowUp: 'advance',
};

/** In the words of charges. */
export function asChargeEvent(event: PaymentEvent): PaymentEvent {
  return { ...event, type: WORDS[event.type] ?? event.type };
}

/** For messages. */
export function nameOf({
  operation,
  order,
  followUp,
}: Pick<StoredRefund, 'operation' | 'order' | 'followUp'>): string {
  return `${operation.kind} ${followUp.name} of ${order.orderId}`;
}
