/** The database's clock, and what processes leave there to judge it by. */
import type { ClockReading, ClockWitness } from '../ports/store.ts';
import { millisecondsOf, timeFrom } from './columns.ts';
import { noInstallation } from './mode.ts';
import type { Session } from './session.ts';

/** A step back matters until whatever was sent before it is older than any gateway's keys. */
const STEP_MATTERS = `interval '30 days'`;

/** The old reading is read in the same snapshot that the update starts from. */
const WITNESS = `
WITH last AS (
  SELECT clock_at, clock_wall_at, clock_stepped_at, clock_stepped_back_ms FROM payonce.installation
), times AS (
  SELECT now() AS now, now() - ${STEP_MATTERS} AS old, $2::float8 AS back
), written AS (
  UPDATE payonce.installation AS i SET clock_at = times.now, clock_wall_at = ${timeFrom('$1::float8')},
    clock_stepped_back_ms = CASE WHEN times.back IS NULL THEN i.clock_stepped_back_ms
      WHEN i.clock_stepped_at < times.old THEN greatest(times.back, 0)
      ELSE i.clock_stepped_back_ms + greatest(times.back, 0) END,
    clock_stepped_at = CASE WHEN times.back IS NULL THEN i.clock_stepped_at ELSE times.now END
  FROM times
)
SELECT ${millisecondsOf('now()')} AS now_ms, ${millisecondsOf('clock_at')} AS at,
  ${millisecondsOf('clock_wall_at')} AS wall_at, ${millisecondsOf('clock_stepped_at')} AS stepped_at,
  clock_stepped_back_ms AS stepped_back FROM last`;

interface WitnessRow {
  readonly now_ms: number;
  readonly at: number | null;
  readonly wall_at: number | null;
  readonly stepped_at: number | null;
  readonly stepped_back: number;
}

export async function witnessClock(session: Session, reading: ClockReading): Promise<ClockWitness> {
  const [row] = await session.query<WitnessRow>(WITNESS, [reading.wallMs, reading.steppedBackMs]);
  if (row === undefined) throw noInstallation();
  return {
    nowMs: row.now_ms,
    last: row.at === null || row.wall_at === null ? null : { atMs: row.at, wallMs: row.wall_at },
    steppedAtMs: row.stepped_at,
    steppedBackMs: row.stepped_back,
  };
}

/**
 * A payment that was last changed in what is now the future, and is due later still, was written by the old clock. What
 * the old clock wrote is told from what came after by that: `updated_at` is carried along, and later waits begin before it.
 */
const START_WAITS_AGAIN = `
WITH waiting AS (
  SELECT account_id, payment_id FROM payonce.payments WHERE gateway = $1 AND timer_at > now()
  UNION
  SELECT account_id, unnest(payment_ids) FROM payonce.first_leases WHERE gateway = $1 AND ends_at > now()
), again AS (
  UPDATE payonce.payments AS p
  SET due_at = now() + (p.due_at - p.updated_at), timer_at = now() + (p.due_at - p.updated_at)
  FROM waiting w
  WHERE p.account_id = w.account_id AND p.payment_id = w.payment_id
    AND p.due_at > now() AND p.updated_at > now() + interval '1 second' AND p.due_at >= p.updated_at
  RETURNING 1
)
SELECT count(*)::int AS payments FROM again`;

export async function startWaitsAgain(session: Session, gateway: string): Promise<number> {
  const [row] = await session.query<{ payments: number }>(START_WAITS_AGAIN, [gateway]);
  return row?.payments ?? 0;
}
