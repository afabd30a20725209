/** The events of a payment have no gaps, come in an allowed order, and never change. */
import type { Finding, OrderFile, PaymentEvent } from './case.ts';
import { bodyOf } from './reading.ts';

/**
 * Design §4, and decision 8: if money is found after FAILED, the payment goes to REVIEW. Whether it may be AUTHORIZED at all, `captures.ts` says.
 */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  PROCESSING: ['PROCESSING', 'AUTHORIZED', 'COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'],
  UNRESOLVED: ['UNRESOLVED', 'AUTHORIZED', 'COMPLETED', 'FAILED', 'REVIEW'],
  REVIEW: ['REVIEW', 'AUTHORIZED', 'COMPLETED', 'FAILED'],
  AUTHORIZED: ['AUTHORIZED', 'COMPLETED', 'VOIDED'],
  FAILED: ['FAILED', 'PROCESSING', 'REVIEW'],
  COMPLETED: ['COMPLETED'],
  VOIDED: ['VOIDED'],
};

export function judgeHistory(file: OrderFile): Finding[] {
  const { payments, events } = file;
  const [payment] = payments;
  if (payment === undefined) return [];
  const found: Finding[] = [];
  if (events.some(({ seq }, index) => seq !== index + 1)) found.push(wrong('the events have a gap'));
  if (events[0]?.type !== 'payment.created') found.push(wrong(`the first event is ${events[0]?.type}`));
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before !== undefined) found.push(...judgeStep(before, event));
  }
  const last = events.at(-1);
  if (last?.status !== payment.status)
    found.push(wrong(`is ${payment.status}, its last event says ${last?.status}`));
  return [...found, ...judgeToldEvents(file)];
}

function judgeStep(before: PaymentEvent, event: PaymentEvent): Finding[] {
  const found: Finding[] = [];
  const step = `event ${event.seq} (${event.type})`;
  if (!NEXT[before.status]?.includes(event.status)) {
    found.push(wrong(`${step}: ${before.status} became ${event.status}`));
  }
  const opens = event.type === 'charge.opened';
  if (event.charge !== before.charge + (opens ? 1 : 0)) {
    found.push(wrong(`${step}: charge ${before.charge} became ${event.charge}`));
  }
  if (opens && before.status !== 'FAILED') found.push(wrong(`${step}: opened while ${before.status}`));
  if (before.status === 'FAILED' && event.status === 'PROCESSING' && !opens) {
    found.push(wrong(`${step}: went on after FAILED without a new charge`));
  }
  return found;
}

/** The events that a client was shown earlier are still the first ones now. */
function judgeToldEvents({ exchanges, events }: OrderFile): Finding[] {
  const now = events.map((event) => JSON.stringify(event));
  return exchanges
    .filter(({ method, path, status }) => method === 'GET' && path.endsWith('/events') && status === 200)
    .flatMap(({ n, text }): Finding[] => {
      const told = bodyOf(text).data;
      const same = Array.isArray(told) && told.every((event, index) => JSON.stringify(event) === now[index]);
      return same
        ? []
        : [{ kind: 'false_history', what: 'events that were told have changed', exchanges: [n] }];
    });
}

function wrong(what: string): Finding {
  return { kind: 'false_history', what };
}
