/** Judges the refund requests that reached the gateway, and the history of each refund. */
import { CLOCK_MS } from './calls.ts';
import { type Finding, groupBy, nameOf, type OrderFile, type Refund, type RefundEvent } from './case.ts';
import { judgeArrival, judgeClaims } from './lateness.ts';
import { gatewayKeyOf } from './refunds.ts';

export function judgeRefundCalls(file: OrderFile): Finding[] {
  const { refundCalls, refunds, payments } = file;
  const found: Finding[] = refundCalls.flatMap(judgeArrival);
  const byKey = new Map(refunds.map((refund) => [gatewayKeyOf(file, refund), refund]));
  for (const [key, calls] of groupBy(refundCalls, (call) => call.key)) {
    const refund = byKey.get(key ?? '');
    if (refund === undefined) {
      found.push(causeless(`a refund was sent with the key ${key}, which is none of the order's refunds`));
      continue;
    }
    const strange = calls.find(
      ({ chargeId, amount }) => amount !== refund.amount || chargeId !== payments[0]?.gateway_ref,
    );
    if (strange !== undefined)
      found.push(causeless(`refund ${refund.refund_id}: ${strange.amount} of ${strange.chargeId} was sent`));
    const claims = (file.refundEvents.get(nameOf(refund)) ?? []).filter(announces);
    for (const [index, { atMs }] of calls.entries()) {
      const before = claims.filter(({ at }) => file.time.earliestMs(at) <= atMs + CLOCK_MS).length;
      if (before <= index)
        found.push(causeless(`call ${index + 1} of refund ${refund.refund_id} came before its intent`));
    }
    found.push(...judgeClaims(calls, claims, file));
  }
  return found;
}

function announces({ type, attempts }: RefundEvent): boolean {
  return type === 'call.started' || (type === 'refund.created' && attempts > 0);
}

/** The events of a refund have no gaps, begin with its opening, and end with its state. */
export function judgeRefundHistory({ refunds, refundEvents }: OrderFile): Finding[] {
  return refunds.flatMap((refund) => judgeEvents(refund, refundEvents.get(nameOf(refund)) ?? []));
}

function judgeEvents({ refund_id: id, status }: Refund, events: readonly RefundEvent[]): Finding[] {
  const found: Finding[] = [];
  const wrong = (what: string): void =>
    void found.push({ kind: 'false_history', what: `refund ${id}: ${what}` });
  if (events.some(({ seq }, index) => seq !== index + 1)) wrong('the events have a gap');
  if (events[0]?.type !== 'refund.created') wrong(`the first event is ${events[0]?.type}`);
  const last = events.at(-1);
  if (last?.status !== status) wrong(`is ${status}, and its last event says ${last?.status}`);
  return found;
}

function causeless(what: string): Finding {
  return { kind: 'causeless_call', what };
}
