/** Rows as pg returns them (64-bit integers as text), and how to read charges and operations from them. */
import { idOf, OPERATION_PREFIX } from './ids.ts';
import type { BookedOperation, Charge } from './port.ts';

/** Every charge with its operations, in the order in which they take effect. */
export const CHARGES = `
  SELECT charges.*, (SELECT json_agg(o ORDER BY o.created_ms, o.seq) FROM fake_gateway.operations o
                      WHERE o.charge_seq = charges.seq) AS operations
    FROM fake_gateway.charges`;

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
  operations: OperationRow[] | null;
}

export function chargeOf(row: ChargeRow, tag: string): Charge {
  const seq = Number(row.seq);
  const id = idOf('ch', tag, seq);
  return {
    id,
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
    operations: (row.operations ?? []).map((operation) => operationOf(operation, id, tag)),
  };
}

/** From JSON, so its numbers are numbers. All of them are exact. */
interface OperationRow {
  seq: number;
  key: string;
  kind: BookedOperation['kind'];
  amount: number | null;
  asked: number | null;
  wrong_amount: boolean;
  outcome: BookedOperation['outcome'];
  answer: BookedOperation['answer'];
  created_ms: number;
  visible_ms: number;
  settle_ms: number | null;
  settle_to: BookedOperation['settleTo'];
}

function operationOf(row: OperationRow, chargeId: string, tag: string): BookedOperation {
  return {
    kind: row.kind,
    key: row.key,
    chargeId,
    asked: row.asked,
    wrongAmount: row.wrong_amount,
    outcome: row.outcome,
    answer: row.answer,
    createdMs: row.created_ms,
    visibleMs: row.visible_ms,
    settleMs: row.settle_ms,
    settleTo: row.settle_to,
    id: idOf(OPERATION_PREFIX[row.kind], tag, row.seq),
    seq: row.seq,
    amount: row.amount,
  };
}
