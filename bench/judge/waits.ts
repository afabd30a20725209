/**
 * How long payments waited between their calls, from Payonce's audit trail: from the end of a call, as the database's clock
 * saw it written down, to the claim for the next one. That is the backoff, and the time until the write was acknowledged.
 */
import { sendBatch } from '../load/batch.ts';
import type { Contestant } from '../stage/contestants.ts';

interface PaymentEvent {
  readonly type: string;
  readonly at: string;
}

/** Reading is not measured; a few connections are quick enough. */
const CONNECTIONS = 16;

/** Milliseconds by payment; only of payments whose trail could be read. */
export async function readWaits(
  { target, server }: Contestant,
  paymentIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { host } = new URL(server.url);
  const waits = new Map<string, number>();
  const path = (id: string): string => `/v1/payments/${id}/events`;
  await sendBatch({
    target,
    connections: CONNECTIONS,
    requests: paymentIds.map((id) => `GET ${path(id)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    onAnswer({ status, body }, request) {
      const id = /payments\/([^/]+)\/events/.exec(request)?.[1];
      if (status !== 200 || id === undefined) return;
      waits.set(id, waitsIn((JSON.parse(body) as { data: readonly PaymentEvent[] }).data));
    },
  });
  return waits;
}

/** The time before every further call or lookup of one payment, whose first call is counted from its creation. */
export function waitsIn(events: readonly PaymentEvent[]): number {
  return events.reduce((sum, event, index) => {
    const before = events[index - 1];
    const isNext = event.type === 'call.started' || event.type === 'lookup.started';
    return isNext && before !== undefined ? sum + Date.parse(event.at) - Date.parse(before.at) : sum;
  }, 0);
}
