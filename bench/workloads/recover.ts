/**
 * *recover*: the server is killed with thousands of payments under way, and started again. How long until all are settled, by
 * the same key, with one charge each? Nobody can do anything before the dead process's leases have ended.
 */
import { waitFor } from '../../sim/chaos/processes/wait.ts';
import { countPayments, type PaymentCounts, unsettled } from '../judge/settled.ts';
import { sendBatch } from '../load/batch.ts';
import { countOf } from '../load/counts.ts';
import { createOrders, newRun } from '../load/requests.ts';
import { type Contestant, enter, enterAgain } from '../stage/contestants.ts';
import { maxOpenFiles } from '../stage/limits.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { type Context, leaveAll } from './context.ts';

export interface RecoverResult {
  /** Accepted with 202, and unsettled when the server was killed. */
  readonly payments: number;
  /** Of those, under a lease: with a call at the gateway, or waiting for a place among the calls. */
  readonly held: number;
  readonly leaseMs: number;
  /** From the kill until the last one was settled; null: not within the wait. */
  readonly settledAfterMs: number | null;
  readonly boundMs: number;
  readonly counts: PaymentCounts;
  readonly charges: { readonly live: number; readonly duplicates: number };
}

/** Beyond the lease: to start, to find what is due, to call and to write it down. */
const RECOVER_WITHIN_MS = 10_000;
/** Later than the bound is slow; only what is still unsettled after this much more counts as given up. */
const PATIENCE_MS = 300_000;
const POLL_MS = 50;
const CONNECTIONS = 64;
/** What the server has open besides its calls. */
const SPARE_FILES = 500;
/** The calls end by themselves before they time out, and before the first lease has ended. */
const BEFORE_TIMEOUT_MS = 500;

export async function measureRecover(context: Context): Promise<RecoverResult> {
  const { stage, plan, findings } = context;
  const { leaseMs, callTimeoutMs, payments } = plan.recover;
  const env = { LEASE_MS: String(leaseMs), CALL_TIMEOUT_MS: String(callTimeoutMs) };
  const slow = { min: callTimeoutMs - BEFORE_TIMEOUT_MS, max: callTimeoutMs - BEFORE_TIMEOUT_MS };
  const before = await enter(stage, PAYONCE, {
    faults: { latency_ms: slow },
    // So that all of them have a call at the gateway, not only those that find a free place.
    env: { ...env, MAX_CALLS: String(Math.min(payments, maxOpenFiles() - SPARE_FILES)) },
  });
  await acceptAll(before, payments);
  const killedMs = performance.now();
  await before.server.kill();
  const atKill = await readWork(context, before);
  await before.gateway.setFaults({});
  const after = await enterAgain(stage, before, env);
  const settledMs = await untilSettled(context, after, leaseMs + RECOVER_WITHIN_MS + PATIENCE_MS);
  const counts = await countPayments(stage, after.server.databaseUrl);
  const { live, duplicates } = await after.gateway.ledger();
  await leaveAll(context, 'recover', [after]);
  const result: RecoverResult = {
    payments: atKill.unsettled,
    held: atKill.held,
    leaseMs,
    settledAfterMs: settledMs === null ? null : Math.round(settledMs - killedMs),
    boundMs: leaseMs + RECOVER_WITHIN_MS,
    counts,
    charges: { live, duplicates },
  };
  findings.add(after, 'recover', untrue(result, payments));
  if (atKill.unsettled < payments) {
    findings.note(
      `recover: ${atKill.unsettled} of ${payments} payments were under way when the server was killed.`,
    );
  }
  return result;
}

/** Sends new orders that nobody waits for; resolves when the last one is accepted. */
async function acceptAll({ target, write }: Contestant, payments: number): Promise<void> {
  const order = createOrders(newRun());
  const statuses = await sendBatch({
    target,
    connections: CONNECTIONS,
    requests: Array.from({ length: payments }, () => write({ ...order(), prefer: 'respond-async' })),
  });
  const accepted = countOf(statuses, [202]);
  if (accepted < payments) throw new Error(`Only ${accepted} of ${payments} payments were accepted.`);
}

/** What the dead process has left behind. */
async function readWork(
  { stage }: Context,
  { server }: Contestant,
): Promise<{ readonly unsettled: number; readonly held: number }> {
  const rows = await stage.database.query<{ unsettled: string; held: string }>(
    server.databaseUrl,
    `SELECT count(*) AS unsettled, count(*) FILTER (WHERE held) AS held FROM payonce.payments
     WHERE status IN ('PROCESSING', 'UNRESOLVED')`,
  );
  return { unsettled: Number(rows[0]?.unsettled), held: Number(rows[0]?.held) };
}

async function untilSettled(
  { stage }: Context,
  { server }: Contestant,
  withinMs: number,
): Promise<number | null> {
  const isSettled = async (): Promise<boolean> =>
    unsettled(await countPayments(stage, server.databaseUrl)) === 0;
  try {
    await waitFor({ what: 'the payments to be settled', withinMs, pollMs: POLL_MS }, isSettled);
    return performance.now();
  } catch {
    return null;
  }
}

function untrue({ settledAfterMs, counts, charges }: RecoverResult, payments: number): readonly string[] {
  const problems: string[] = [];
  if (settledAfterMs === null) problems.push(`${unsettled(counts)} payments were not settled`);
  if (charges.duplicates > 0) problems.push(`${charges.duplicates} orders were charged more than once`);
  const completed = counts.COMPLETED ?? 0;
  if (completed !== charges.live) {
    problems.push(`${completed} payments are COMPLETED, and ${charges.live} charges are live`);
  }
  if (settledAfterMs !== null && completed !== payments) {
    problems.push(`${completed} of ${payments} payments are COMPLETED at a gateway that declines nothing`);
  }
  return problems;
}
