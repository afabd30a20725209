/** Everything that only reads. What is about something else than was asked for is not believed. */
import type { PayonceClient } from './api.ts';
import type { CallOptions } from './charge-types.ts';
import type { Line } from './exchange.ts';
import { type Fields, mustBe } from './fields.ts';
import { type FollowUpEvent, readFollowUpEvent } from './follow-up.ts';
import { mustBeObject, mustBePaymentId, mustBeText } from './input.ts';
import { listOf } from './list.ts';
import type { Listing, ListOptions } from './list-types.ts';
import { type CaptureOrVoidNow, type OperationKind, readOperationNow } from './operation.ts';
import { paymentPath } from './paths.ts';
import { readPaymentEvent, readPaymentNow } from './payment.ts';
import { readOne } from './read.ts';
import { readRefundNow } from './refund.ts';

type Reads = Omit<
  PayonceClient,
  'charge' | 'capture' | 'void' | 'refund' | 'lookNow' | 'resolve' | 'webhookEndpoints'
>;

export function readsOf(line: Line): Reads {
  return {
    async payment(paymentId, options) {
      const id = mustBePaymentId(paymentId);
      return readOne(line, paymentPath(id), of(id, readPaymentNow), options);
    },
    payments(filtered = {}) {
      mustBeObject('The filter', filtered);
      const { orderId, status, ...options } = filtered;
      if (orderId !== undefined) mustBeText('orderId', orderId);
      if (status !== undefined) mustBeText('status', status);
      const filter = { order_id: orderId, status };
      const read = (fields: Fields) => {
        const payment = readPaymentNow(fields);
        if (orderId !== undefined) mustBe('order', payment.orderId, orderId);
        if (status !== undefined) mustBe('status', payment.status, status);
        return payment;
      };
      return listOf(line, { path: '/v1/payments', filter, read }, options);
    },
    events(paymentId, options) {
      const path = paymentPath(mustBePaymentId(paymentId), 'events');
      return listOf(line, { path, read: readPaymentEvent }, options);
    },
    async findRefund(paymentId, refundId, options) {
      const id = mustBePaymentId(paymentId);
      const read = (fields: Fields) => {
        const refund = of(id, readRefundNow)(fields);
        mustBe('refund', refund.refundId, refundId);
        return refund;
      };
      return readOne(line, refundPath(id, refundId), read, options);
    },
    refunds(paymentId, options) {
      const id = mustBePaymentId(paymentId);
      return listOf(line, { path: paymentPath(id, 'refunds'), read: of(id, readRefundNow) }, options);
    },
    refundEvents: (paymentId, refundId, options) =>
      trail(line, refundPath(mustBePaymentId(paymentId), refundId), options),
    findCapture: (paymentId, options) => findOperation(line, 'capture', paymentId, options),
    findVoid: (paymentId, options) => findOperation(line, 'void', paymentId, options),
    captureEvents: (paymentId, options) =>
      trail(line, paymentPath(mustBePaymentId(paymentId), 'capture'), options),
    voidEvents: (paymentId, options) => trail(line, paymentPath(mustBePaymentId(paymentId), 'void'), options),
  };
}

async function findOperation(
  line: Line,
  kind: OperationKind,
  paymentId: string,
  options: CallOptions | undefined,
): Promise<CaptureOrVoidNow | null> {
  const id = mustBePaymentId(paymentId);
  const read = (fields: Fields): CaptureOrVoidNow => {
    const operation = of(id, readOperationNow)(fields);
    mustBe('operation', operation.operation, kind);
    return operation;
  };
  return readOne(line, paymentPath(id, kind), read, options);
}

function trail(line: Line, path: string, options: ListOptions | undefined): Listing<FollowUpEvent> {
  return listOf(line, { path: `${path}/events`, read: readFollowUpEvent }, options);
}

function refundPath(paymentId: string, refundId: string): string {
  return paymentPath(paymentId, 'refunds', mustBeText('refundId', refundId));
}

/** Reads what must be about this payment. */
function of<Thing extends { readonly paymentId: string }>(
  paymentId: string,
  read: (fields: Fields) => Thing,
): (fields: Fields) => Thing {
  return (fields) => {
    const thing = read(fields);
    mustBe('payment', thing.paymentId, paymentId);
    return thing;
  };
}
