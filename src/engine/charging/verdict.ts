import { decideAnswer, type Verdict } from '../../domain/acceptance.ts';
import type { Order } from '../../domain/payment.ts';
import type { Situation } from '../../ports/store.ts';
import { frozenOf } from './answers.ts';
import type { ClientRequest } from './request.ts';

/** Asks the answers table what this request gets. */
export function verdictOf(request: ClientRequest, { key, payment }: Situation): Verdict {
  return decideAnswer(
    {
      amountMinor: request.order.amountMinor,
      currency: request.order.currency,
      ...methodOf(request.order),
      fingerprint: request.key?.fingerprint ?? null,
    },
    key && {
      fingerprint: key.fingerprint,
      chargeN: key.chargeN,
      answered: key.answer !== null,
      expired: key.expired,
    },
    payment && {
      amountMinor: payment.order.amountMinor,
      currency: payment.order.currency,
      ...methodOf(payment.order),
      status: payment.operation.status,
      chargeN: payment.operation.n,
      inDoubt: payment.evidence > 0,
      failedBefore: payment.problem !== null,
      answered: frozenOf(payment) !== null,
    },
  );
}

function methodOf({ captureMethod }: Order): Pick<Order, 'captureMethod'> {
  return captureMethod === undefined ? {} : { captureMethod };
}
