import type { Payonce } from '../engine/api.ts';
import { problem } from '../engine/problem.ts';
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
    ready: async () => engine()?.ready() ?? false,
    notReady: async () => {
      const running = engine();
      return running === null ? 'starting' : running.notReady();
    },
  };
}
