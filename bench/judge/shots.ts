/**
 * Judges the answers of an open loop at a faulty gateway: what was said of each order against what was charged, and what each
 * payment took beyond the gateway's own part. That part is known from outside: the ledger names the key, and the gateway's
 * latency is a function of seed, key and attempt. The server chooses the waits between the calls; Payonce's audit trail
 * shows them.
 */
import { faultSettings } from '../../src/fake-gateway/faults/settings.ts';
import { createStatusCounter, type Statuses } from '../load/counts.ts';
import type { Shot } from '../load/open-loop.ts';
import { orderIdOf, PAID, paymentIdOf } from '../load/requests.ts';
import { percentile } from '../measure/statistics.ts';
import type { Contestant } from '../stage/contestants.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { exchangesOf } from './exchanges.ts';
import { readWaits } from './waits.ts';

/** Milliseconds; null of nothing. */
export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface RealFigures {
  readonly statuses: Statuses;
  /** Of the client, from the scheduled moment. */
  readonly latency: Spread;
  /** Beyond the gateway's latency, of payments whose first call succeeded: exact, for there was nothing to wait for. */
  readonly firstCall: Spread;
  /** Beyond the gateway's latency and the waits between calls, of all that were paid; null if the waits are not known. */
  readonly allCalls: Spread | null;
  /** How late the load generator was: part of all of the above. */
  readonly late: Spread;
  /** Reported as not charged, but charged. */
  readonly toldFailed: number;
}

/** As everywhere: one call and three retries. */
const MAX_CALLS = 4;
/** The answer that says that nothing was charged. */
const FAILED = 502;

interface Judged {
  readonly shot: Shot;
  readonly key: string | undefined;
}

export async function judgeShots(
  contestant: Contestant,
  shots: readonly Shot[],
  isCounted: (shot: Shot) => boolean,
): Promise<{ readonly figures: RealFigures; readonly problems: readonly string[] }> {
  const keys = await liveKeys(contestant);
  const judged = shots.map((shot) => ({ shot, key: keys.get(orderIdOf(shot.request)) }));
  const counted = judged.filter(({ shot }) => isCounted(shot));
  const counter = createStatusCounter();
  for (const { shot } of counted) counter.add(shot.answer.status);
  const figures = {
    statuses: counter.read(),
    latency: spread(counted.map(({ shot }) => shot.latencyMs)),
    late: spread(counted.map(({ shot }) => shot.lateMs)),
    toldFailed: judged.filter(isToldFailed).length,
    ...(await added(contestant, counted)),
  };
  return { figures, problems: untrue(judged) };
}

/** The key at the gateway of every order that is charged. */
async function liveKeys({ gateway }: Contestant): Promise<ReadonlyMap<string, string>> {
  const charges = (await gateway.charges()).filter(({ live }) => live);
  return new Map(charges.map((charge) => [charge.order_id ?? '', charge.idempotency_key]));
}

async function added(
  contestant: Contestant,
  counted: readonly Judged[],
): Promise<Pick<RealFigures, 'firstCall' | 'allCalls'>> {
  const settings = faultSettings(await contestant.gateway.faults(), 1);
  const paid = counted.flatMap(({ shot, key }) => {
    if (key === undefined || !PAID.includes(shot.answer.status)) return [];
    return [{ shot, exchanges: exchangesOf(settings, key, MAX_CALLS) }];
  });
  const first = paid.filter(({ exchanges }) => exchanges.calls === 1);
  const firstCall = spread(first.map(({ shot, exchanges }) => shot.latencyMs - exchanges.callsMs));
  if (contestant.program !== PAYONCE) return { firstCall, allCalls: null };
  const retried = paid.filter(({ exchanges }) => exchanges.calls > 1);
  const waits = await readWaits(
    contestant,
    retried.map(({ shot }) => paymentIdOf(shot.answer.body) ?? ''),
  );
  const all = paid.map(({ shot, exchanges: { callsMs, lookupMs, succeeds } }) => {
    const waitedMs = waits.get(paymentIdOf(shot.answer.body) ?? '') ?? 0;
    return shot.latencyMs - callsMs - (succeeds ? 0 : lookupMs) - waitedMs;
  });
  return { firstCall, allCalls: spread(all) };
}

const isToldFailed = ({ shot, key }: Judged): boolean => shot.answer.status === FAILED && key !== undefined;

function untrue(judged: readonly Judged[]): readonly string[] {
  const unpaid = judged.filter(
    ({ shot, key }) => PAID.includes(shot.answer.status) && key === undefined,
  ).length;
  const failed = judged.filter(isToldFailed).length;
  const known = [...PAID, FAILED, 0, 202, 503];
  const strange = judged.filter(({ shot }) => !known.includes(shot.answer.status)).length;
  const problems: string[] = [];
  if (unpaid > 0) problems.push(`${unpaid} orders were reported paid but not charged`);
  if (failed > 0) problems.push(`${failed} orders were reported failed but charged`);
  if (strange > 0) problems.push(`${strange} answers have the wrong status`);
  return problems;
}

function spread(values: readonly number[]): Spread {
  const rounded = (share: number): number | null => {
    const value = percentile(values, share);
    return value === null ? null : Math.round(value * 100) / 100;
  };
  return { count: values.length, p50: rounded(0.5), p99: rounded(0.99) };
}
