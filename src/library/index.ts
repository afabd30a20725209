/** The methods of the library: each checks its arguments and calls the engine. */
import type { RunningEngine } from '../engine/engine.ts';
import type { Payonce } from './api.ts';
import { readCharge } from './read-charge.ts';
import {
  readAccount,
  readEventsFilter,
  readPaymentId,
  readPaymentsFilter,
  readStopMs,
} from './read-filters.ts';
import { toResult } from './result.ts';

/** All methods are async, so that a wrong argument is a rejection, never a throw. */
export function createFrontDoor(engine: RunningEngine, livemode: boolean): Payonce {
  return {
    async charge(input, options) {
      const { order, giveUpAfterS, key, waitMs, signal } = readCharge(input, options);
      if (signal?.aborted) throw signal.reason;
      const answer = engine.charge(order, {
        waitMs,
        ...(key === null ? {} : { key }),
        ...(giveUpAfterS === null ? {} : { giveUpAfterS }),
      });
      return toResult(await (signal === null ? answer : unlessAborted(answer, signal)), {
        accountId: order.accountId,
        livemode,
      });
    },
    async payment(paymentId, options) {
      return engine.payment(readAccount(options), readPaymentId(paymentId));
    },
    async payments(options) {
      const { accountId, filter } = readPaymentsFilter(options);
      return engine.payments(accountId, filter);
    },
    async events(paymentId, options) {
      const { accountId, filter } = readEventsFilter(options);
      return engine.events(accountId, readPaymentId(paymentId), filter);
    },
    ready: () => engine.ready(),
    async stop(withinMs) {
      return engine.stop(readStopMs(withinMs));
    },
  };
}

/** Rejects with the signal's reason if that comes first. The work behind the promise goes on. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
