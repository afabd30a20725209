/** Judges the calls that reached the gateway. Every call needs an intent that was committed before it, and a request that asked for it. */
import type { Call } from '../proxy/witness.ts';
import { type Finding, groupBy, type OrderFile, type PaymentEvent } from './case.ts';
import { chargeOf } from './names.ts';
import { bodyOf, didNothing, isPost } from './reading.ts';

/** An event has the time at which its transaction began. A call has the time at which the proxy passed it on. */
export const CLOCK_MS = 5;

export function judgeCalls(file: OrderFile): Finding[] {
  const { calls, payments, events, reference } = file;
  if (calls.length === 0) return [];
  if (payments.length === 0) return [causeless(`${calls.length} calls, but there is no payment`)];
  const found: Finding[] = [];
  const strange = calls.find((call) => call.reference !== reference);
  if (strange !== undefined) found.push(causeless(`called under the reference ${strange.reference}`));
  const most = Math.max(0, ...events.map(({ charge }) => charge));
  for (const [key, own] of groupBy(calls, (call) => call.key)) {
    const n = chargeOf(key ?? '', reference, most);
    if (n === null) {
      found.push({
        kind: 'causeless_call',
        what: `called with the key ${key}, which is none of its ${most} charges'`,
      });
    } else {
      found.push(...judgeCharge(n, own, file));
    }
  }
  return [...found, ...judgeWishes(file)];
}

/** Compares the calls of one charge with the events that announce them. */
function judgeCharge(n: number, calls: readonly Call[], { events, time }: OrderFile): Finding[] {
  const found: Finding[] = [];
  const announced = events
    .filter((event) => event.charge === n && announcesCall(event))
    .map(({ at }) => time.earliestMs(at));
  for (const [index, call] of calls.entries()) {
    const before = announced.filter((atMs) => atMs <= call.atMs + CLOCK_MS).length;
    if (before > index) continue;
    found.push(causeless(`call ${index + 1} of charge ${n} at ${timeOf(call.atMs)} came before its intent`));
  }
  const failed = events.find(({ charge, status }) => charge === n - 1 && status === 'FAILED');
  const [first] = calls;
  if (n > 1 && first !== undefined && !(failed && time.earliestMs(failed.at) <= first.atMs + CLOCK_MS)) {
    found.push(causeless(`charge ${n} was sent before charge ${n - 1} had FAILED`));
  }
  return found;
}

/** Whether the event says that a worker has claimed the payment for one call. */
export function announcesCall({ type, attempts }: PaymentEvent): boolean {
  return type === 'call.started' || (['payment.created', 'charge.opened'].includes(type) && attempts > 0);
}

/** For each call there must be a request for exactly this charge that was not answered with "nothing was done". */
function judgeWishes({ calls, exchanges }: OrderFile): Finding[] {
  const wishes = new Set(
    exchanges
      .filter((exchange) => isPost(exchange) && !didNothing(exchange))
      .map(({ body }) => bodyOf(body ?? ''))
      .map(({ amount, currency }) => `${amount} ${currency}`),
  );
  const unwanted = new Set(
    calls.map(({ amount, currency }) => `${amount} ${currency}`).filter((terms) => !wishes.has(terms)),
  );
  return [...unwanted].map((terms) =>
    causeless(`a charge of ${terms} was sent, which only refused requests asked for`),
  );
}

function causeless(what: string): Finding {
  return { kind: 'causeless_call', what };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
