/** Refunds, captures and voids. */
import type { Operation } from '../operation.ts';
import { PAGE } from './queries.ts';

const COMMON = ['payment_not_found', 'other_gateway', 'result_superseded', 'gateway_failed'] as const;

export const REFUND: Operation = {
  id: 'createRefund',
  summary: 'Refund a payment, or a part of it, at most once for each name.',
  tag: 'Refunds',
  body: { schema: 'RefundRequest', example: { amount: 4000, refund_id: 'return-17' } },
  answers: { 200: 'Refund', 201: 'Refund', 202: 'Refund' },
  located: [201, 202],
  retried: [202],
  problems: [
    ...COMMON,
    'refund_identity_required',
    'payment_not_refundable',
    'refund_conflict',
    'refund_exceeds_captured',
    'refund_declined',
    'earlier_refund_found',
  ],
};

export const REFUNDS: Operation = {
  id: 'listRefunds',
  summary: 'List the refunds of a payment, newest first.',
  tag: 'Refunds',
  query: PAGE,
  answers: { 200: 'RefundPage' },
  problems: ['payment_not_found'],
};

export const REFUND_NOW: Operation = {
  id: 'getRefund',
  summary: 'Read a refund.',
  tag: 'Refunds',
  answers: { 200: 'RefundNow' },
  problems: ['payment_not_found', 'refund_not_found'],
};

export const REFUND_EVENTS: Operation = {
  id: 'listRefundEvents',
  summary: 'Read the audit trail of a refund, oldest first.',
  tag: 'Refunds',
  query: PAGE,
  answers: { 200: 'EventPage' },
  problems: ['payment_not_found', 'refund_not_found'],
};

/** `capture` or `void`: to ask for one, to read the last one, and to read its audit trail. */
export function exclusive(kind: 'capture' | 'void'): Readonly<Record<'ask' | 'read' | 'events', Operation>> {
  const isCapture = kind === 'capture';
  const name = isCapture ? 'Capture' : 'Void';
  const about = isCapture ? {} : ({ ofVoid: true } as const);
  const reading = {
    tag: 'Captures and voids',
    problems: ['payment_not_found', 'operation_not_found'],
  } as const;
  return {
    ask: {
      id: `${kind}Payment`,
      summary: isCapture
        ? 'Take the money of an authorized payment, or a part of it, once.'
        : 'Let go of the money of an authorized payment.',
      tag: 'Captures and voids',
      body: { schema: `${name}Request`, optional: true, example: isCapture ? { amount: 4000 } : {} },
      answers: { 200: 'Operation', 201: 'Operation', 202: 'Operation' },
      ...about,
      located: [201, 202],
      retried: [202],
      problems: [
        ...COMMON,
        'payment_not_capturable',
        'payment_not_voidable',
        'operation_in_progress',
        'effect_not_offered',
        ...(isCapture
          ? (['capture_exceeds_authorized', 'capture_declined'] as const)
          : (['void_declined'] as const)),
      ],
    },
    read: {
      ...reading,
      id: `get${name}`,
      summary: `Read the last ${kind} of a payment.`,
      answers: { 200: 'OperationNow' },
      ...about,
    },
    events: {
      ...reading,
      id: `list${name}Events`,
      summary: `Read the audit trail of the last ${kind}, oldest first.`,
      query: PAGE,
      answers: { 200: 'EventPage' },
    },
  };
}
