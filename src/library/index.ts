/** The methods of the library: each checks its arguments and calls the engine. */
import type { OperatorAnswer } from '../engine/api.ts';
import type { RunningEngine } from '../engine/engine.ts';
import type { Payonce } from './api.ts';
import { toCaptureResult, toVoidResult } from './capture-result.ts';
import type { OperatorResult } from './operator-api.ts';
import { readCapture } from './read-capture.ts';
import { readCharge } from './read-charge.ts';
import {
  readAccount,
  readEventsFilter,
  readLookOptions,
  readPaymentId,
  readPaymentsFilter,
  readRefundId,
  readRefundsFilter,
  readStopMs,
} from './read-filters.ts';
import { readRefundCall } from './read-refund.ts';
import { readResolve } from './read-resolution.ts';
import { readWebhook } from './read-webhook.ts';
import { toRefundResult } from './refund-result.ts';
import { toResult } from './result.ts';

/** All methods are async, so that a wrong argument is a rejection, never a throw. */
export function createFrontDoor(engine: RunningEngine, livemode: boolean): Payonce {
  return {
    async charge(input, options) {
      const { order, giveUpAfterS, key, waitMs, signal } = readCharge(input, options);
      const answer = await unlessAborted(signal, () =>
        engine.charge(order, {
          waitMs,
          ...(key === null ? {} : { key }),
          ...(giveUpAfterS === null ? {} : { giveUpAfterS }),
        }),
      );
      return toResult(answer, { accountId: order.accountId, livemode });
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
    async refund(input, options) {
      const { refund, key, waitMs, signal } = readRefundCall(input, options);
      const answer = await unlessAborted(signal, () =>
        engine.refund(refund, { waitMs, ...(key === null ? {} : { key }) }),
      );
      return toRefundResult(answer, refund.accountId);
    },
    async capture(input, options) {
      const { wanted, key, waitMs, signal } = readCapture('capture', input, options);
      const answer = await unlessAborted(signal, () =>
        engine.capture(wanted, { waitMs, ...(key === null ? {} : { key }) }),
      );
      return toCaptureResult(answer, wanted.accountId);
    },
    async void(input, options) {
      const { wanted, key, waitMs, signal } = readCapture('void', input, options);
      const answer = await unlessAborted(signal, () =>
        engine.void(wanted, { waitMs, ...(key === null ? {} : { key }) }),
      );
      return toVoidResult(answer, wanted.accountId);
    },
    async findCapture(paymentId, options) {
      return engine.findExclusive(readAccount(options), readPaymentId(paymentId), 'capture');
    },
    async findVoid(paymentId, options) {
      return engine.findExclusive(readAccount(options), readPaymentId(paymentId), 'void');
    },
    async captureEvents(paymentId, options) {
      const { accountId, filter } = readEventsFilter(options);
      return engine.exclusiveEvents(accountId, readPaymentId(paymentId), 'capture', filter);
    },
    async voidEvents(paymentId, options) {
      const { accountId, filter } = readEventsFilter(options);
      return engine.exclusiveEvents(accountId, readPaymentId(paymentId), 'void', filter);
    },
    async findRefund(paymentId, refundId, options) {
      return engine.findRefund(readAccount(options), readPaymentId(paymentId), readRefundId(refundId));
    },
    async refunds(paymentId, options) {
      const { accountId, filter } = readRefundsFilter(options);
      return engine.refunds(accountId, readPaymentId(paymentId), filter);
    },
    async refundEvents(paymentId, refundId, options) {
      const { accountId, filter } = readEventsFilter(options);
      return engine.refundEvents(accountId, readPaymentId(paymentId), readRefundId(refundId), filter);
    },
    async lookNow(paymentId, options) {
      const target = { ...readLookOptions(options), paymentId: readPaymentId(paymentId) };
      return toOperatorResult(await engine.lookNow(target));
    },
    async resolve(input) {
      return toOperatorResult(await engine.resolve(readResolve(input)));
    },
    async gatewayWebhook(event) {
      const answer = await engine.gatewayWebhook(readWebhook(event));
      if (answer.kind === 'taken') return { outcome: 'taken' };
      const { kind: _problem, ...refused } = answer;
      return { outcome: 'refused', ...refused };
    },
    ready: () => engine.ready(),
    async stop(withinMs) {
      return engine.stop(readStopMs(withinMs));
    },
  };
}

/** Rejects with the signal's reason if that comes first. What was started goes on. If the signal came before, nothing is started. */
async function unlessAborted<T>(signal: AbortSignal | null, start: () => Promise<T>): Promise<T> {
  if (signal === null) return start();
  if (signal.aborted) throw signal.reason;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([start(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function toOperatorResult(answer: OperatorAnswer): OperatorResult {
  switch (answer.kind) {
    case 'payment':
      return { outcome: 'accepted', payment: answer.payment, refund: null };
    case 'refund':
      return { outcome: 'accepted', payment: null, refund: answer.refund };
    case 'exclusive':
      return { outcome: 'accepted', payment: null, refund: null, operation: answer.exclusive };
    case 'problem': {
      const { kind: _problem, ...refused } = answer;
      return { outcome: 'refused', ...refused };
    }
  }
}
