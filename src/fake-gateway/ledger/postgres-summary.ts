/**
 * The judge's sums. Charges without refunds, captures and voids, which are nearly all, are summed in SQL. The others are read, and the
 * rules that both ledgers share judge them. Both ledgers pass one suite.
 */
import type { Pool, PoolClient } from 'pg';
import { isLive } from './charge-state.ts';
import type { Charge, Duplicate, Filter, Summary } from './port.ts';
import { readCharges } from './postgres-rows.ts';
import { inTransaction } from './postgres-transaction.ts';
import { hasLanded } from './standing.ts';
import { summarise } from './summary.ts';

const MATCHES = `outcome <> 'none' AND ($1::text IS NULL OR reference = $1) AND ($2::text IS NULL OR order_id = $2)`;

/** Every matching charge that nothing was done to, with its state at $3. */
const STATE = `
  SELECT reference, currency, landed, kept,
         CASE WHEN settled = 'succeeded' AND expires_ms <= $3 THEN 'voided' ELSE settled END AS status
    FROM (SELECT reference, currency, expires_ms, created_ms <= $3 AS landed, CASE WHEN capture THEN amount ELSE 0 END AS kept,
                 CASE WHEN outcome = 'pending' AND settle_ms <= $3 THEN settle_to ELSE outcome END AS settled
            FROM fake_gateway.charges WHERE ${MATCHES} AND NOT operated) AS plain`;

const restrictionOf = ({ reference, orderId }: Filter) => [reference ?? null, orderId ?? null];

/** The matching charges that something was done to, now or later. */
function readOperated(client: PoolClient, tag: string, filter: Filter): Promise<Charge[]> {
  return readCharges(client, tag, `WHERE ${MATCHES} AND operated`, restrictionOf(filter));
}

export function readSummary(pool: Pool, tag: string, filter: Filter): Promise<Summary> {
  // One snapshot, so that a refund in between counts neither twice nor never.
  return inTransaction(pool, 'REPEATABLE READ', async (client) => {
    const operated = await readOperated(client, tag, filter);
    const landed = operated.filter((charge) => hasLanded(charge, filter.nowMs));
    const { statuses, money, refunds } = summarise(landed, filter.nowMs);
    let landing = operated.length - landed.length;
    for (const row of await readPlain(client, filter)) {
      if (row.landed) statuses[row.status] += Number(row.charges);
      else landing += Number(row.charges);
      if (!row.landed || Number(row.captured) === 0) continue;
      const sums = money[row.currency] ?? { captured: 0, refunded: 0 };
      money[row.currency] = { ...sums, captured: sums.captured + Number(row.captured) };
    }
    const counted = await client.query<{ count: string }>(
      `SELECT count(*) FROM (${DUPLICATES}) AS duplicates`,
      [...restrictionOf(filter), filter.nowMs, liveReferences(operated, filter)],
    );
    return { statuses, landing, money, duplicates: Number(counted.rows[0]?.count ?? 0), refunds };
  });
}

interface PlainRow {
  landed: boolean;
  status: 'succeeded' | 'declined' | 'pending' | 'voided';
  currency: string;
  charges: string;
  captured: string;
}

async function readPlain(client: PoolClient, filter: Filter): Promise<PlainRow[]> {
  const { rows } = await client.query<PlainRow>(
    `SELECT landed, status, currency, count(*) AS charges,
            sum(CASE WHEN status = 'succeeded' THEN kept ELSE 0 END) AS captured
       FROM (${STATE}) AS state GROUP BY landed, status, currency`,
    [...restrictionOf(filter), filter.nowMs],
  );
  return rows;
}

/** One entry for each live charge, so a reference may come several times. */
function liveReferences(charges: readonly Charge[], { nowMs }: Filter): string[] {
  return charges.filter((charge) => isLive(charge, nowMs)).map(({ reference }) => reference);
}

/** $4: the references of live charges that something was done to. */
const DUPLICATES = `
  SELECT reference, count(*) AS live
    FROM (SELECT reference FROM (${STATE}) AS state WHERE landed AND status = 'succeeded'
          UNION ALL SELECT unnest($4::text[]) COLLATE "C") AS live_charges
   GROUP BY reference HAVING count(*) > 1`;

export function readDuplicates(pool: Pool, tag: string, filter: Filter, limit: number): Promise<Duplicate[]> {
  return inTransaction(pool, 'REPEATABLE READ', async (client) => {
    const operated = await readOperated(client, tag, filter);
    const { rows } = await client.query<{ reference: string; live: string }>(
      `${DUPLICATES} ORDER BY live DESC, reference LIMIT $5`,
      [...restrictionOf(filter), filter.nowMs, liveReferences(operated, filter), limit],
    );
    return rows.map(({ reference, live }) => ({ reference, live: Number(live) }));
  });
}
