/** Refunds, captures and voids. The pure rules decide, under a lock on the charge's row. */
import type { Pool, PoolClient } from 'pg';
import { asBookedOperation, resultOf } from './booked.ts';
import { idOf, OPERATION_PREFIX, seqOf } from './ids.ts';
import { decideOperation, inOrder } from './operations.ts';
import type { BookedOperation, Charge, NewOperation, OperationResult } from './port.ts';
import { readCharges } from './postgres-rows.ts';
import { inTransaction } from './postgres-transaction.ts';

/** One repetition is enough: the racer that made the key's row has committed by then. */
const MAX_REPEATS = 3;

export async function operate(
  pool: Pool,
  tag: string,
  wanted: NewOperation,
  nowMs: number,
  repeats = 0,
): Promise<OperationResult> {
  try {
    // Each statement must see what was committed while the one before it waited for the lock.
    return await inTransaction(pool, 'READ COMMITTED', (client) => operateLocked(client, tag, wanted, nowMs));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    // Two charges with one key at the same time: only the unique key finds that, not the row's lock.
    const repeatable = code === '23505' || code === '40001' || code === '40P01';
    if (!repeatable || repeats >= MAX_REPEATS) throw error;
  }
  return operate(pool, tag, wanted, nowMs, repeats + 1);
}

/** The same within a transaction. It may fail with a code that calls for another try, as `operate` makes it. */
export async function operateLocked(
  client: PoolClient,
  tag: string,
  wanted: NewOperation,
  nowMs: number,
): Promise<OperationResult> {
  const seq = seqOf(wanted.chargeId, 'ch', tag) ?? 0;
  await client.query('SELECT FROM fake_gateway.charges WHERE seq = $1 FOR UPDATE', [seq]);
  // The charge, and the one that has an operation under the key.
  const charges = await readCharges(
    client,
    tag,
    'WHERE seq = $1 OR seq = (SELECT charge_seq FROM fake_gateway.operations WHERE key = $2)',
    [seq, wanted.key],
  );
  const charge = charges.find(({ id }) => id === wanted.chargeId);
  const keeper = charges.find(({ operations }) => operations.some(({ key }) => key === wanted.key));
  const decision = decideOperation(wanted, charge, keeper, nowMs);
  if (decision.kind === 'refuse') return { kind: 'refused', error: decision.error };
  if (charge === undefined) return { kind: 'refused', error: 'charge_not_found' };
  if (decision.kind === 'replay')
    return { kind: 'done', operation: decision.operation, charge, created: false };

  const { amount, createdMs, replaces } = decision;
  const row = await store(client, charge, { ...wanted, amount, createdMs }, replaces);
  const booked = asBookedOperation(wanted, decision, idOf(OPERATION_PREFIX[wanted.kind], tag, row), row);
  const others = charge.operations.filter((operation) => operation !== replaces);
  return resultOf({ ...charge, operations: inOrder([...others, booked]) }, booked);
}

const INSERT = `
  INSERT INTO fake_gateway.operations (key, kind, charge_seq, amount, asked, wrong_amount, outcome, answer, created_ms,
    visible_ms, settle_ms, settle_to)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING seq`;

/** With a new number, by which a racer notices that the row is not the one that it wanted to replace. */
const REPLACE = `
  UPDATE fake_gateway.operations
     SET seq = DEFAULT, key = $1, kind = $2, charge_seq = $3, amount = $4, asked = $5, wrong_amount = $6, outcome = $7,
         answer = $8, created_ms = $9, visible_ms = $10, settle_ms = $11, settle_to = $12
   WHERE seq = $13 RETURNING seq`;

/** Returns the number of the row. */
async function store(
  client: PoolClient,
  charge: Charge,
  operation: NewOperation & Pick<BookedOperation, 'amount'>,
  replaces: BookedOperation | null,
): Promise<number> {
  const { key, kind, amount, asked, wrongAmount, outcome, answer } = operation;
  const { createdMs, visibleMs, settleMs, settleTo } = operation;
  const values = [key, kind, charge.seq, amount, asked, wrongAmount, outcome, answer];
  values.push(createdMs, visibleMs, settleMs, settleTo);
  const { rows } =
    replaces === null
      ? await client.query<{ seq: string }>(INSERT, values)
      : await client.query<{ seq: string }>(REPLACE, [...values, replaces.seq]);
  const [row] = rows;
  if (row === undefined)
    throw Object.assign(new Error('Another request has used the key. Try again.'), { code: '40001' });
  await client.query('UPDATE fake_gateway.charges SET operated = true WHERE seq = $1 AND NOT operated', [
    charge.seq,
  ]);
  return Number(row.seq);
}
