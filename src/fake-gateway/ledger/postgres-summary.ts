/** The judge's sums. The SQL has the rules of `charge-state.ts`. Both ledgers pass one suite, which keeps them equal. */
import type { Pool } from 'pg';
import type { Duplicate, Filter, Summary } from './port.ts';

/** Every matching charge with its state at $1. */
const STATE = `
  SELECT *, CASE WHEN settled <> 'succeeded' THEN settled
                 WHEN voided THEN 'voided'
                 WHEN refunded > 0 AND refunded >= kept THEN 'refunded'
                 ELSE 'succeeded' END AS status
    FROM (SELECT reference, currency, refunded, voided, created_ms <= $1 AS landed,
                 CASE WHEN capture THEN amount ELSE captured END AS kept,
                 CASE WHEN outcome = 'pending' AND settle_ms <= $1 THEN settle_to ELSE outcome END AS settled
            FROM fake_gateway.charges
           WHERE outcome <> 'none' AND ($2::text IS NULL OR reference = $2) AND ($3::text IS NULL OR order_id = $3)
         ) AS settled_charges`;

const valuesOf = ({ nowMs, reference, orderId }: Filter) => [nowMs, reference ?? null, orderId ?? null];

export async function readSummary(pool: Pool, filter: Filter): Promise<Summary> {
  const { rows } = await pool.query<{
    landed: boolean;
    status: keyof Summary['statuses'];
    currency: string;
    charges: string;
    captured: string;
    refunded: string;
  }>(
    `SELECT landed, status, currency, count(*) AS charges,
            sum(CASE WHEN settled = 'succeeded' THEN kept ELSE 0 END) AS captured, sum(refunded) AS refunded
       FROM (${STATE}) AS state GROUP BY landed, status, currency`,
    valuesOf(filter),
  );
  const statuses = { succeeded: 0, declined: 0, pending: 0, refunded: 0, voided: 0 };
  const money: Record<string, { captured: number; refunded: number }> = {};
  let landing = 0;
  for (const row of rows) {
    if (!row.landed) {
      landing += Number(row.charges);
      continue;
    }
    statuses[row.status] += Number(row.charges);
    if (Number(row.captured) === 0) continue;
    const sums = money[row.currency] ?? { captured: 0, refunded: 0 };
    money[row.currency] = {
      captured: sums.captured + Number(row.captured),
      refunded: sums.refunded + Number(row.refunded),
    };
  }
  const counted = await pool.query<{ count: string }>(
    `SELECT count(*) FROM (${DUPLICATES}) AS duplicates`,
    valuesOf(filter),
  );
  return { statuses, landing, money, duplicates: Number(counted.rows[0]?.count ?? 0) };
}

const DUPLICATES = `
  SELECT reference, count(*) AS live FROM (${STATE}) AS state
   WHERE landed AND status = 'succeeded' GROUP BY reference HAVING count(*) > 1`;

export async function readDuplicates(pool: Pool, filter: Filter, limit: number): Promise<Duplicate[]> {
  const { rows } = await pool.query<{ reference: string; live: string }>(
    `${DUPLICATES} ORDER BY live DESC, reference LIMIT $4`,
    [...valuesOf(filter), limit],
  );
  return rows.map(({ reference, live }) => ({ reference, live: Number(live) }));
}
