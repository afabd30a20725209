/** Judges when requests left and arrived. None may leave without a lease, and none may arrive long after it was given up. */
import type { Arrival } from '../proxy/witness.ts';
import { LANDS_WITHIN_MS } from '../settings.ts';
import { announcesCall, CLOCK_MS } from './calls.ts';
import { type Finding, groupBy, type OrderFile, type PaymentEvent } from './case.ts';
import { chargeOf } from './names.ts';

/** The proxy notes when it read the first byte. On a busy machine, that is a moment after it was written. */
const READ_MS = 500;

export function judgeLateness(file: OrderFile): Finding[] {
  return [...file.calls.flatMap(judgeArrival), ...judgeLeases(file)];
}

/** The contract says how long after it was given up a request may still arrive. A living process must make sure of that. */
export function judgeArrival({ key, atMs, hungUpMs }: Arrival & { readonly key: string }): Finding[] {
  if (hungUpMs === null || atMs - hungUpMs <= LANDS_WITHIN_MS + READ_MS) return [];
  const what = `a request under the key ${key} arrived ${Math.round(atMs - hungUpMs)} ms after it was given up`;
  return [{ kind: 'late_request', what }];
}

/** Keys of no charge, and more requests than claims, are judged in `calls.ts`. */
function judgeLeases(file: OrderFile): Finding[] {
  const { calls, events, reference } = file;
  const claims = events.filter(announcesCall);
  const most = Math.max(0, ...claims.map(({ charge }) => charge));
  return [...groupBy(calls, (call) => call.key)].flatMap(([key, own]) => {
    const n = chargeOf(key ?? '', reference, most);
    return n === null
      ? []
      : judgeClaims(
          own,
          claims.filter(({ charge }) => charge === n),
          file,
        );
  });
}

/**
 * Each claim has an event, and allows one request while its lease lasts. A worker sends at once. So each request is matched with the last
 * unused claim before it or, if it is not known when they left, with the first one that allows it. A request without such a claim left without
 * a lease. `calls`: those under one key; `events`: those that claim it.
 */
export function judgeClaims(
  calls: readonly (Arrival & { readonly key: string })[],
  events: readonly Pick<PaymentEvent, 'at'>[],
  { time, leaseMs }: Pick<OrderFile, 'time' | 'leaseMs'>,
): Finding[] {
  if (calls.length > events.length) return [];
  const claims = events.map(({ at }) => {
    return { fromMs: time.earliestMs(at), untilMs: time.latestMs(at) + leaseMs, isUsed: false };
  });
  const isExact = calls.every(({ readLateMs = 0 }) => readLateMs === 0);
  claims.sort((a, b) => (isExact ? b.fromMs - a.fromMs : a.fromMs - b.fromMs));
  const found: Finding[] = [];
  for (const { key, leftMs, replica, readLateMs = 0 } of calls.toSorted((a, b) => a.leftMs - b.leftMs)) {
    const claim = claims.find(
      ({ isUsed, fromMs, untilMs }) =>
        !isUsed && fromMs <= leftMs + CLOCK_MS && leftMs - readLateMs <= untilMs + READ_MS,
    );
    if (claim !== undefined) claim.isUsed = true;
    else {
      const what = `a request under the key ${key} left replica ${replica} at ${new Date(leftMs).toISOString()} without a lease`;
      found.push({ kind: 'late_request', what });
    }
  }
  return found;
}
