/** Judges when requests left and arrived. None may leave without a lease, and none may arrive long after it was given up. */
import type { Call } from '../proxy/witness.ts';
import { LANDS_WITHIN_MS } from '../settings.ts';
import { announcesCall } from './calls.ts';
import { type Finding, groupBy, type OrderFile } from './case.ts';
import { chargeOf } from './names.ts';

/** The proxy notes when it read the first byte. On a busy machine, that is a moment after it was written. */
const READ_MS = 500;
/** An event has the time at which its transaction began. The database's clock and the proxy's may differ a little. */
const CLOCK_MS = 5;

export function judgeLateness(file: OrderFile): Finding[] {
  return [...file.calls.flatMap(judgeArrival), ...judgeLeases(file)];
}

/** The contract says how long after it was given up a request may still arrive. A living process must make sure of that. */
function judgeArrival({ key, atMs, hungUpMs }: Call): Finding[] {
  if (hungUpMs === null || atMs - hungUpMs <= LANDS_WITHIN_MS + READ_MS) return [];
  const what = `a request under the key ${key} arrived ${Math.round(atMs - hungUpMs)} ms after it was given up`;
  return [{ kind: 'late_request', what }];
}

/**
 * Each claim of a payment has an event, and allows one request while its lease lasts. A worker sends at once. So each request is matched
 * with the last unused claim before it. A request without such a claim left without a lease.
 */
function judgeLeases({ calls, events, reference, time, leaseMs }: OrderFile): Finding[] {
  const claims = events.filter(announcesCall).map(({ charge, at }) => {
    return { charge, fromMs: time.earliestMs(at), untilMs: time.latestMs(at) + leaseMs, isUsed: false };
  });
  claims.sort((a, b) => b.fromMs - a.fromMs);
  const most = Math.max(0, ...claims.map(({ charge }) => charge));
  const found: Finding[] = [];
  for (const [key, own] of groupBy(calls, (call) => call.key)) {
    const n = chargeOf(key ?? '', reference, most);
    // Keys of no charge, and more requests than claims, are judged in `calls.ts`.
    if (n === null || own.length > claims.filter(({ charge }) => charge === n).length) continue;
    for (const { leftMs, replica } of own.toSorted((a, b) => a.leftMs - b.leftMs)) {
      const claim = claims.find(
        ({ charge, isUsed, fromMs, untilMs }) =>
          charge === n && !isUsed && fromMs <= leftMs + CLOCK_MS && leftMs <= untilMs + READ_MS,
      );
      if (claim !== undefined) claim.isUsed = true;
      else {
        const what = `a request under the key ${key} left replica ${replica} at ${new Date(leftMs).toISOString()} without a lease`;
        found.push({ kind: 'late_request', what });
      }
    }
  }
  return found;
}
