/** Judges the requests for captures and voids that reached the gateway, and the history of each. */
import { CLOCK_MS } from './calls.ts';
import { type Ending, type Finding, groupBy, type OrderFile, type RefundEvent } from './case.ts';
import { judgeArrival, judgeClaims } from './lateness.ts';

export function judgeEndCalls(file: OrderFile): Finding[] {
  const { endCalls, endings, payments, time } = file;
  const found: Finding[] = endCalls.flatMap(judgeArrival);
  const byKey = new Map(endings.map((ending) => [ending.gateway_key, ending]));
  for (const [key, calls] of groupBy(endCalls, (call) => call.key)) {
    const ending = byKey.get(key ?? '');
    if (ending === undefined) {
      found.push(causeless(`a capture or void was sent with the key ${key}, which is none of the order's`));
      continue;
    }
    const { operation, name } = ending;
    const amount = operation === 'capture' ? ending.amount : null;
    const strange = calls.find(
      (call) =>
        call.operation !== operation || call.amount !== amount || call.chargeId !== payments[0]?.gateway_ref,
    );
    if (strange !== undefined)
      found.push(
        causeless(
          `${operation} ${name}: a ${strange.operation} of ${strange.amount} of ${strange.chargeId} was sent`,
        ),
      );
    const claims = ending.events.filter(announces);
    for (const [index, { atMs }] of calls.entries()) {
      const before = claims.filter(({ at }) => time.earliestMs(at) <= atMs + CLOCK_MS).length;
      if (before <= index)
        found.push(causeless(`call ${index + 1} of ${operation} ${name} came before its intent`));
    }
    found.push(...judgeClaims(calls, claims, file), ...judgeAlone(ending, calls[0]?.atMs ?? 0, file));
  }
  return found;
}

/** Nothing is sent while an earlier one may still be made. */
function judgeAlone({ operation, name }: Ending, firstMs: number, { endings, time }: OrderFile): Finding[] {
  return endings
    .filter((earlier) => Number(earlier.name) < Number(name))
    .filter(({ events }) => {
      const failed = events.find(({ status }) => status === 'FAILED');
      return failed === undefined || time.earliestMs(failed.at) > firstMs + CLOCK_MS;
    })
    .map((earlier) =>
      causeless(`${operation} ${name} was sent before ${earlier.operation} ${earlier.name} had FAILED`),
    );
}

function announces({ type, attempts }: RefundEvent): boolean {
  return type === 'call.started' || (type.endsWith('.created') && attempts > 0);
}

/** The events have no gaps, begin with the opening, end with the state, and do not go back. */
export function judgeEndHistory({ endings }: OrderFile): Finding[] {
  return endings.flatMap(judgeEvents);
}

function judgeEvents({ operation, name, status, events }: Ending): Finding[] {
  const found: Finding[] = [];
  const wrong = (what: string): void =>
    void found.push({ kind: 'false_history', what: `${operation} ${name}: ${what}` });
  if (events.some(({ seq }, index) => seq !== index + 1)) wrong('the events have a gap');
  if (events[0]?.type !== `${operation}.created`) wrong(`the first event is ${events[0]?.type}`);
  const last = events.at(-1);
  if (last?.status !== status) wrong(`is ${status}, and its last event says ${last?.status}`);
  // Whatever was told as its end stays so: the gateway of a run keeps its contract.
  const end = events.find((event) => event.status === 'SUCCEEDED' || event.status === 'FAILED');
  if (end !== undefined && end.status !== last?.status)
    wrong(`was ${end.status}, and became ${last?.status}`);
  return found;
}

function causeless(what: string): Finding {
  return { kind: 'causeless_call', what };
}
