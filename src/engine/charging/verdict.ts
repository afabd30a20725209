import { decideAnswer, type Verdict } from '../../domain/acceptance.ts';
import type { Situation } from '../../ports/store.ts';
import { frozenOf } from './answers.ts';
import type { ClientRequest } from './request.ts';

/** Asks the answers table what this request gets. */
export function verdictOf(request: ClientRequest, { key, payment }: Situation): Verdict {
  return decideAnswer(
    {
      amountMinor: request.order.amountMinor,
      currency: request.order.currency,
      captureMethod: request.order.captureMethod ?? 'automatic',
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
      captureMethod: payment.order.captureMethod ?? 'automatic',
      status: payment.operation.status,
      chargeN: payment.operation.n,
      inDoubt: payment.evidence > 0,
      failedBefore: payment.problem !== null,
      answered: frozenOf(payment) !== null,
    },
  );
}
