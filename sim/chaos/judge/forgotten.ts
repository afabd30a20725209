/** The orders about which a restored database may have forgotten something. */
import type { Arrival } from '../proxy/witness.ts';
import type { Case, Forgotten } from './case.ts';

/** Whether a request overlaps a forgotten time, by the monotonic clock. */
export function overlaps(
  { askedMs, answeredMs }: { readonly askedMs: number; readonly answeredMs: number },
  forgotten: readonly Forgotten[],
): boolean {
  return forgotten.some(({ from, until }) => askedMs <= until.monotonicMs && answeredMs >= from.monotonicMs);
}

/** The orders that were requested, called for or charged in a forgotten time. */
export function touchedOrders({
  exchanges,
  calls,
  refundCalls,
  endCalls,
  state,
  forgotten,
}: Pick<Case, 'exchanges' | 'calls' | 'refundCalls' | 'endCalls' | 'state' | 'forgotten'>): Set<string> {
  const within = (wallMs: number): boolean =>
    forgotten.some(({ from, until }) => wallMs >= from.wallMs && wallMs <= until.wallMs);
  const sent = ({ leftMs, atMs }: Arrival): boolean => within(leftMs) || within(atMs);
  const followed = new Set([...refundCalls, ...endCalls].filter(sent).map(({ chargeId }) => chargeId));
  return new Set([
    ...exchanges.flatMap((one) => (one.orderId !== null && overlaps(one, forgotten) ? [one.orderId] : [])),
    ...calls.filter(sent).map(({ orderId }) => orderId),
    ...state.ledger.filter(({ id }) => followed.has(id)).map((one) => one.order_id),
    ...state.ledger
      .filter((one) =>
        [one, ...one.refunds, ...(one.endings ?? [])].some(({ created_at: at }) => within(Date.parse(at))),
      )
      .map((one) => one.order_id),
  ]);
}
