import type { Payonce } from '../engine/api.ts';
import { exclusiveProblem } from '../engine/capturing/problem.ts';
import { problem } from '../engine/problem.ts';
import { refundProblem } from '../engine/refunding/problem.ts';
import { StoreError } from '../ports/store.ts';

/** Stands in for the engine until it has started: it refuses everything, as if the database were unavailable. */
export function startingUp(engine: () => Payonce | null): Payonce {
  const started = (): Payonce => {
    const running = engine();
    if (running === null)
      throw new StoreError('unavailable', 'The service is still starting. Nothing was done; try again.');
    return running;
  };
  return {
    charge: async (order, options) => engine()?.charge(order, options) ?? problem('store_unavailable', null),
    payment: async (accountId, paymentId) => started().payment(accountId, paymentId),
    payments: async (accountId, filter) => started().payments(accountId, filter),
    events: async (accountId, paymentId, filter) => started().events(accountId, paymentId, filter),
    refund: async (wanted, options) =>
      engine()?.refund(wanted, options) ?? refundProblem('store_unavailable'),
    findRefund: async (accountId, paymentId, refundId) =>
      started().findRefund(accountId, paymentId, refundId),
    refunds: async (accountId, paymentId, filter) => started().refunds(accountId, paymentId, filter),
    refundEvents: async (accountId, paymentId, refundId, filter) =>
      started().refundEvents(accountId, paymentId, refundId, filter),
    capture: async (wanted, options) =>
      engine()?.capture(wanted, options) ?? exclusiveProblem('store_unavailable'),
    void: async (wanted, options) => engine()?.void(wanted, options) ?? exclusiveProblem('store_unavailable'),
    findExclusive: async (accountId, paymentId, kind) => started().findExclusive(accountId, paymentId, kind),
    exclusiveEvents: async (accountId, paymentId, kind, filter) =>
      started().exclusiveEvents(accountId, paymentId, kind, filter),
    lookNow: async (wanted) => started().lookNow(wanted),
    resolve: async (wanted) => started().resolve(wanted),
    gatewayWebhook: async (wanted) => started().gatewayWebhook(wanted),
    ready: async () => engine()?.ready() ?? false,
    notReady: async () => {
      const running = engine();
      return running === null ? 'starting' : running.notReady();
    },
  };
}
