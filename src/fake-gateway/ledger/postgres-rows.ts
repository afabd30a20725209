/** Charges and their operations, read from rows as pg returns them (64-bit integers as text). */
import type { Pool, PoolClient } from 'pg';
import { idOf, OPERATION_PREFIX } from './ids.ts';
import type { BookedOperation, Charge } from './port.ts';

/** @param sql what follows `FROM fake_gateway.charges`. */
export async function readCharges(
  db: Pool | PoolClient,
  tag: string,
  sql: string,
  values: readonly unknown[],
): Promise<Charge[]> {
  const { rows } = await db.query<ChargeRow>(`SELECT charges.* FROM fake_gateway.charges ${sql}`, [
    ...values,
  ]);
  // Nearly all charges have no operations, and then one simple statement is enough.
  const operated = rows.filter((row) => row.operated).map(({ seq }) => seq);
  const operations = operated.length === 0 ? NONE : await readOperations(db, tag, operated);
  return rows.map((row) => chargeOf(row, operations, tag));
}

/** By the id of their charge, in the order in which they take effect. */
async function readOperations(
  db: Pool | PoolClient,
  tag: string,
  chargeSeqs: readonly string[],
): Promise<ReadonlyMap<string, readonly BookedOperation[]>> {
  const { rows } = await db.query<OperationRow>(
    'SELECT * FROM fake_gateway.operations WHERE charge_seq = ANY ($1::bigint[]) ORDER BY created_ms, seq',
    [chargeSeqs],
  );
  const byCharge = new Map<string, BookedOperation[]>();
  for (const row of rows) {
    const operation = operationOf(row, tag);
    const others = byCharge.get(operation.chargeId);
    if (others === undefined) byCharge.set(operation.chargeId, [operation]);
    else others.push(operation);
  }
  return byCharge;
}

const NONE: ReadonlyMap<string, readonly BookedOperation[]> = new Map();

interface ChargeRow {
  seq: string;
  key: string;
  generation: number;
  reference: string;
  order_id: string | null;
  account_id: string | null;
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
  expires_ms: string | null;
  operated: boolean;
}

function chargeOf(
  row: ChargeRow,
  operations: ReadonlyMap<string, readonly BookedOperation[]>,
  tag: string,
): Charge {
  const seq = Number(row.seq);
  const id = idOf('ch', tag, seq);
  return {
    id,
    seq,
    key: row.key,
    generation: row.generation,
    reference: row.reference,
    orderId: row.order_id,
    accountId: row.account_id,
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
    settleMs: numberOf(row.settle_ms),
    settleTo: row.settle_to,
    expiresMs: numberOf(row.expires_ms),
    operations: operations.get(id) ?? [],
  };
}

interface OperationRow {
  seq: string;
  key: string;
  kind: BookedOperation['kind'];
  charge_seq: string;
  amount: string | null;
  asked: string | null;
  wrong_amount: boolean;
  outcome: BookedOperation['outcome'];
  answer: number;
  created_ms: string;
  visible_ms: string;
  settle_ms: string | null;
  settle_to: BookedOperation['settleTo'];
}

function operationOf(row: OperationRow, tag: string): BookedOperation {
  const seq = Number(row.seq);
  return {
    kind: row.kind,
    key: row.key,
    chargeId: idOf('ch', tag, Number(row.charge_seq)),
    asked: numberOf(row.asked),
    wrongAmount: row.wrong_amount,
    outcome: row.outcome,
    answer: row.answer as BookedOperation['answer'],
    createdMs: Number(row.created_ms),
    visibleMs: Number(row.visible_ms),
    settleMs: numberOf(row.settle_ms),
    settleTo: row.settle_to,
    id: idOf(OPERATION_PREFIX[row.kind], tag, seq),
    seq,
    amount: numberOf(row.amount),
  };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
