/** Refunds, captures and voids. The pure rules decide, under a lock on the charge's row. */
import type { Pool, PoolClient } from 'pg';
import { idOf, OPERATION_PREFIX, seqOf } from './ids.ts';
import { decideOperation } from './operations.ts';
import type { Charge, Operation, OperationRequest, OperationResult } from './port.ts';
import { type ChargeRow, chargeOf, type OperationRow, operationOf } from './postgres-rows.ts';

/** Of `fake_gateway.operations o` joined with its charge `c`. */
export const OPERATION_COLUMNS =
  'o.seq, o.key, o.kind, o.charge_seq, o.amount, o.asked, o.created_ms, c.currency, c.reference';

/** One repetition is enough: the racer that made the key's row has committed by then. */
const MAX_REPEATS = 3;

export async function operate(
  pool: Pool,
  tag: string,
  request: OperationRequest,
  repeats = 0,
): Promise<OperationResult> {
  const client = await pool.connect();
  // When a connection in use breaks, its query fails. Without a listener, its `error` event would end the process.
  client.on('error', ignore);
  let failed = true;
  try {
    await client.query('BEGIN');
    const result = await operateLocked(client, tag, request);
    await client.query('COMMIT');
    failed = false;
    return result;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    // Two charges with one key at the same time: only the unique key finds that, not the row's lock.
    const repeatable = code === '23505' || code === '40001' || code === '40P01';
    if (!repeatable || repeats >= MAX_REPEATS) throw error;
  } finally {
    client.off('error', ignore);
    client.release(failed);
  }
  return operate(pool, tag, request, repeats + 1);
}

async function operateLocked(
  client: PoolClient,
  tag: string,
  request: OperationRequest,
): Promise<OperationResult> {
  const charge = await lockCharge(client, tag, request.chargeId);
  const existing = await readOperation(client, tag, request.key);
  const decision = decideOperation(request, charge, existing);
  if (decision.kind === 'refuse') return { kind: 'refused', error: decision.error };
  if (charge === undefined) return { kind: 'refused', error: 'charge_not_found' };
  if (decision.kind === 'replay')
    return { kind: 'done', operation: decision.operation, charge, created: false };

  const { kind, key, chargeId, amount: asked, nowMs: createdMs } = request;
  const inserted = await client.query<{ seq: string }>(
    `INSERT INTO fake_gateway.operations (key, kind, charge_seq, amount, asked, created_ms)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING seq`,
    [key, kind, charge.seq, decision.amount, asked, createdMs],
  );
  const changed: Charge = { ...charge, ...decision.change };
  await client.query(
    'UPDATE fake_gateway.charges SET captured = $2, refunded = $3, voided = $4 WHERE seq = $1',
    [charge.seq, changed.captured, changed.refunded, changed.voided],
  );
  const id = idOf(OPERATION_PREFIX[kind], tag, Number(inserted.rows[0]?.seq));
  const { currency, reference } = charge;
  const operation = {
    id,
    kind,
    key,
    chargeId,
    amount: decision.amount,
    asked,
    currency,
    reference,
    createdMs,
  };
  return { kind: 'done', operation, charge: changed, created: true };
}

async function lockCharge(client: PoolClient, tag: string, id: string): Promise<Charge | undefined> {
  const seq = seqOf(id, 'ch', tag);
  if (seq === undefined) return undefined;
  const { rows } = await client.query<ChargeRow>(
    'SELECT * FROM fake_gateway.charges WHERE seq = $1 FOR UPDATE',
    [seq],
  );
  return rows[0] === undefined ? undefined : chargeOf(rows[0], tag);
}

async function readOperation(client: PoolClient, tag: string, key: string): Promise<Operation | undefined> {
  const { rows } = await client.query<OperationRow>(
    `SELECT ${OPERATION_COLUMNS} FROM fake_gateway.operations o
       JOIN fake_gateway.charges c ON c.seq = o.charge_seq WHERE o.key = $1`,
    [key],
  );
  return rows[0] === undefined ? undefined : operationOf(rows[0], tag);
}

function ignore(): void {}
