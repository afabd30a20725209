/**
 * Books charges in batches. Charges that come while a statement is under way go into the next one. On an idle ledger, a charge is
 * booked at once. Each batch is one atomic statement, and a row holds the charge and its key.
 */
import type { Pool, PoolClient } from 'pg';
import { asBooked } from './booked.ts';
import { idOf } from './ids.ts';
import type { Charge, NewCharge } from './port.ts';
import { readCharges } from './postgres-rows.ts';

/** Enough for all waiting callers of a busy server. The parameters of 500 charges are about 100 kB. */
const MAX_BATCH = 500;
/** A second batch is sent while the first one commits. A third gains nothing. */
const MAX_IN_FLIGHT = 2;
/** Serialisation failures and deadlocks are repeated. A fifth in a row is a bug, not chance. */
const MAX_REPEATS = 4;

export interface Booked {
  readonly charge: Charge;
  readonly created: boolean;
}

interface Waiting {
  readonly charge: NewCharge;
  resolve(booked: Booked): void;
  reject(error: unknown): void;
}

export function createBooker(pool: Pool, tag: string): (charge: NewCharge) => Promise<Booked> {
  let waiting: Waiting[] = [];
  let inFlight = 0;

  const flush = (): void => {
    while (waiting.length > 0 && inFlight < MAX_IN_FLIGHT) {
      const { batch, rest } = takeBatch(waiting);
      waiting = rest;
      inFlight += 1;
      void settle(pool, tag, batch).finally(() => {
        inFlight -= 1;
        flush();
      });
    }
  };

  return (charge) =>
    new Promise((resolve, reject) => {
      waiting.push({ charge, resolve, reject });
      // After this turn of the event loop, so that requests of one packet share a batch.
      if (waiting.length === 1) setImmediate(flush);
    });
}

/** At most one charge of each key, in the order of the keys: two batches in opposite order would deadlock. */
function takeBatch(waiting: readonly Waiting[]): { batch: Waiting[]; rest: Waiting[] } {
  const batch = new Map<string, Waiting>();
  const rest: Waiting[] = [];
  for (const item of waiting) {
    if (batch.size < MAX_BATCH && !batch.has(item.charge.key)) batch.set(item.charge.key, item);
    else rest.push(item);
  }
  const sorted = [...batch.values()].sort((a, b) => (a.charge.key < b.charge.key ? -1 : 1));
  return { batch: sorted, rest };
}

/** Settles every item on its own. */
async function settle(pool: Pool, tag: string, batch: readonly Waiting[], repeats = 0): Promise<void> {
  try {
    const charges = batch.map(({ charge }) => charge);
    const booked = await bookBatch(pool, tag, charges);
    batch.forEach((item, index) => {
      const result = booked[index];
      if (result === undefined)
        item.reject(
          new Error(
            'The ledger of the fake gateway lost a charge, so it is not booked. Report this as a bug.',
          ),
        );
      else item.resolve(result);
    });
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if ((code === '40001' || code === '40P01') && repeats < MAX_REPEATS) {
      await settle(pool, tag, batch, repeats + 1);
    } else if (/^(22|23)/.test(code) && batch.length > 1) {
      // One bad row makes the whole batch fail. Halve the batch until that row is alone.
      const middle = batch.length >>> 1;
      await settle(pool, tag, batch.slice(0, middle));
      await settle(pool, tag, batch.slice(middle));
    } else {
      for (const item of batch) item.reject(error);
    }
  }
}

const INSERT = `
  INSERT INTO fake_gateway.charges (key, generation, reference, order_id, method, amount, currency, asked_amount,
    asked_currency, capture, outcome, answer, created_ms, visible_ms, settle_ms, settle_to, expires_ms, account_id)
  SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::bigint[], $9::text[], $10::boolean[], $11::text[], $12::smallint[], $13::bigint[], $14::bigint[],
    $15::bigint[], $16::text[], $17::bigint[], $18::text[])
  ON CONFLICT (key, generation) DO NOTHING
  RETURNING seq, key`;

/** The order of INSERT's parameters. */
const COLUMNS: readonly ((charge: NewCharge) => unknown)[] = [
  (charge) => charge.key,
  (charge) => charge.generation,
  (charge) => charge.reference,
  (charge) => charge.orderId,
  (charge) => charge.method,
  (charge) => charge.amount,
  (charge) => charge.currency,
  (charge) => charge.askedAmount,
  (charge) => charge.askedCurrency,
  (charge) => charge.capture,
  (charge) => charge.outcome,
  (charge) => charge.answer,
  (charge) => charge.createdMs,
  (charge) => charge.visibleMs,
  (charge) => charge.settleMs,
  (charge) => charge.settleTo,
  (charge) => charge.expiresMs,
  (charge) => charge.accountId,
];

export async function bookBatch(
  db: Pool | PoolClient,
  tag: string,
  charges: readonly NewCharge[],
): Promise<(Booked | undefined)[]> {
  const values = COLUMNS.map((column) => charges.map(column));
  const inserted = await db.query<{ seq: string; key: string }>(INSERT, values);
  const seqByKey = new Map(inserted.rows.map((row) => [row.key, Number(row.seq)]));
  const taken = charges.filter((charge) => !seqByKey.has(charge.key));
  const existing = taken.length === 0 ? new Map<string, Charge>() : await readTaken(db, tag, taken);
  return charges.map((charge) => {
    const seq = seqByKey.get(charge.key);
    if (seq !== undefined) {
      const id = idOf('ch', tag, seq);
      return { charge: asBooked(charge, id, seq), created: true };
    }
    const found = existing.get(charge.key);
    return found === undefined ? undefined : { charge: found, created: false };
  });
}

/** It needs a second statement: the one that lost the race may not see the winner's row. */
async function readTaken(
  db: Pool | PoolClient,
  tag: string,
  charges: readonly NewCharge[],
): Promise<Map<string, Charge>> {
  const found = await readCharges(
    db,
    tag,
    'JOIN unnest($1::text[], $2::int[]) AS wanted (key, generation) USING (key, generation)',
    [charges.map(({ key }) => key), charges.map(({ generation }) => generation)],
  );
  return new Map(found.map((charge) => [charge.key, charge]));
}
