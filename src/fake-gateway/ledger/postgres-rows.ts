/** Rows as pg returns them (64-bit integers as text), and how to read charges and operations from them. */
import { idOf, OPERATION_PREFIX } from './ids.ts';
import type { Charge, Operation, OperationKind } from './port.ts';

export interface ChargeRow {
  seq: string;
  key: string;
  generation: number;
  reference: string;
  order_id: string | null;
  method: string | null;
  amount: string;
  currency: string;
  asked_amount: string;
  asked_currency: string;
  capture: boolean;
  outcome: Charge['outcome'];
  answer: number;
  created_ms: string;
  visible_ms: string;
  settle_ms: string | null;
  settle_to: Charge['settleTo'];
  captured: string;
  refunded: string;
  voided: boolean;
}

export function chargeOf(row: ChargeRow, tag: string): Charge {
  const seq = Number(row.seq);
  return {
    id: idOf('ch', tag, seq),
    seq,
    key: row.key,
    generation: row.generation,
    reference: row.reference,
    orderId: row.order_id,
    method: row.method,
    amount: Number(row.amount),
    currency: row.currency,
    askedAmount: Number(row.asked_amount),
    askedCurrency: row.asked_currency,
    capture: row.capture,
    outcome: row.outcome,
    answer: row.answer as Charge['answer'],
    createdMs: Number(row.created_ms),
    visibleMs: Number(row.visible_ms),
    settleMs: row.settle_ms === null ? null : Number(row.settle_ms),
    settleTo: row.settle_to,
    captured: Number(row.captured),
    refunded: Number(row.refunded),
    voided: row.voided,
  };
}

export interface OperationRow {
  seq: string;
  key: string;
  kind: OperationKind;
  charge_seq: string;
  amount: string;
  asked: string | null;
  created_ms: string;
  currency: string;
  reference: string;
}

export function operationOf(row: OperationRow, tag: string): Operation {
  return {
    id: idOf(OPERATION_PREFIX[row.kind], tag, Number(row.seq)),
    kind: row.kind,
    key: row.key,
    chargeId: idOf('ch', tag, Number(row.charge_seq)),
    amount: Number(row.amount),
    asked: row.asked === null ? null : Number(row.asked),
    currency: row.currency,
    reference: row.reference,
    createdMs: Number(row.created_ms),
  };
}
