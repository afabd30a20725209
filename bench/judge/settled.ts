/** Waits until Payonce has settled everything, and compares its tables with the gateway's ledger. */
import { waitFor } from '../../sim/chaos/processes/wait.ts';
import type { Contestant } from '../stage/contestants.ts';
import type { Stage } from '../stage/stage.ts';

/** Payments by status. */
export type PaymentCounts = Readonly<Record<string, number>>;

/** The slowest that a payment of a benchmark settles: a lookup's first wait, and some. */
const SETTLE_WITHIN_MS = 45_000;
const POLL_MS = 100;

export async function countPayments(stage: Stage, databaseUrl: string): Promise<PaymentCounts> {
  const rows = await stage.database.query<{ status: string; count: string }>(
    databaseUrl,
    'SELECT status, count(*) AS count FROM payonce.payments GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

export function unsettled(counts: PaymentCounts): number {
  return (counts.PROCESSING ?? 0) + (counts.UNRESOLVED ?? 0);
}

/** Resolves when nothing is unsettled; rejects when that takes too long. */
export function settle(
  stage: Stage,
  { server }: Contestant,
  withinMs = SETTLE_WITHIN_MS,
): Promise<PaymentCounts> {
  return waitFor({ what: 'every payment to be settled', withinMs, pollMs: POLL_MS }, async () => {
    const counts = await countPayments(stage, server.databaseUrl);
    return unsettled(counts) === 0 && counts;
  });
}

/**
 * What does not fit at the end of a workload, in sentences. `stored`: completed payments that were stored without the
 * gateway.
 */
export async function judgeSettled(
  stage: Stage,
  contestant: Contestant,
  stored = 0,
): Promise<readonly string[]> {
  let counts: PaymentCounts;
  try {
    counts = await settle(stage, contestant);
  } catch {
    const left = unsettled(await countPayments(stage, contestant.server.databaseUrl));
    return [`${left} payments are still unsettled ${SETTLE_WITHIN_MS / 1000} s after the last request`];
  }
  const { live, duplicates } = await contestant.gateway.ledger();
  const completed = (counts.COMPLETED ?? 0) - stored;
  const problems: string[] = [];
  if (completed !== live) problems.push(`${completed} payments are COMPLETED, and ${live} charges are live`);
  if (duplicates > 0) problems.push(`${duplicates} orders were charged more than once`);
  if ((counts.REVIEW ?? 0) > 0) problems.push(`${counts.REVIEW} payments wait for a person`);
  return problems;
}
