/** A payment as it is now, in plain words: what is known, whether money moved, and what happens next. */
import type { CaptureOrVoidNow, PaymentNow, RefundNow } from 'payonce/client';
import { moneyText, timeText } from '../tell/time.ts';

/** What is known of the charge itself. */
export function stateText(payment: PaymentNow): string {
  const { orderId, amountMinor, currency, failureCode, sums } = payment;
  const asked = moneyText(amountMinor, currency);
  const why = failureCode === null ? '' : ` The reason is "${failureCode}".`;
  switch (payment.status) {
    case 'COMPLETED':
      return `Order ${orderId} is paid: the gateway took ${moneyText(sums.capturedMinor, currency)}.`;
    case 'AUTHORIZED':
      return `The gateway holds ${asked} for order ${orderId}. Nothing is taken yet.`;
    case 'VOIDED':
      return `The money that was held for order ${orderId} is free again. Nothing was taken.${why}`;
    case 'FAILED':
      return `Order ${orderId} is not paid. It is proved that nothing was charged.${why}`;
    case 'PROCESSING':
      return `Payonce is charging order ${orderId} (${asked}). It is not known yet how that ends.`;
    case 'UNRESOLVED':
      return `It is not proved whether order ${orderId} (${asked}) is charged. No more calls are made, and Payonce goes on looking.`;
    case 'REVIEW':
      return `A person must decide about order ${orderId} (${asked}). It is not known whether money moved as it should.${why}`;
  }
}

/** What has gone back, or may be on its way. Empty: nothing. */
export function refundsText({ sums, currency }: PaymentNow): string {
  const parts = [
    [sums.refundedMinor, 'were refunded.'],
    [sums.refundingMinor, 'are being refunded, or wait for a person.'],
    [sums.elsewhereMinor, 'were refunded by somebody else at the gateway.'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, what]) => `${moneyText(amount, currency)} ${what}`)
    .join(' ');
}

export function modeText({ livemode }: PaymentNow): string {
  return livemode ? '' : 'It is test money: no real money moved.';
}

/** What happens next, and who must do something for it. */
export function nextText(payment: PaymentNow): string {
  if (payment.nextAction !== null)
    return 'The customer must act on the page where they pay. Payonce then goes on by itself.';
  const at = payment.nextAttemptAtMs;
  const when = at === null ? 'now' : `at ${timeText(at)} or later`;
  switch (payment.status) {
    case 'COMPLETED':
      return payment.actions.includes('refund')
        ? 'Nothing more is needed. What is left can be refunded.'
        : 'Nothing more is needed.';
    case 'AUTHORIZED':
      return 'Somebody must capture the money or void it. Otherwise it is let go by itself after some days.';
    case 'VOIDED':
      return 'Nothing more happens. The order is not paid.';
    case 'FAILED':
      return payment.safeToRetryWithNewKey
        ? 'Nothing more happens by itself. If the customer asks for it, the order can be charged as the next attempt.'
        : 'The order must not be charged again now.';
    case 'PROCESSING':
      return `Payonce works on it ${when}. Ask again; do not charge the order in another way.`;
    case 'UNRESOLVED':
      return `Payonce looks at the gateway ${when}. Do not charge the order in another way.`;
    case 'REVIEW':
      return `A person must look at the gateway and decide. Payonce also looks ${when}, and the review ends if the gateway shows how it ended. Do not charge or refund in another way.`;
  }
}

export function factsText(payment: PaymentNow): string {
  return [stateText(payment), modeText(payment), refundsText(payment), nextText(payment)]
    .filter((text) => text !== '')
    .join(' ');
}

const ENDS = {
  PENDING: 'is under way',
  SUCCEEDED: 'was made',
  FAILED: 'has failed: it changed nothing',
  REVIEW: 'waits for a person',
} as const;

/** One sentence about a refund, a capture or a void. */
export function followUpText(one: RefundNow | CaptureOrVoidNow): string {
  const what = 'refundId' in one ? `Refund ${one.refundId}` : `The ${one.operation}`;
  const why = one.failureCode === null ? '' : ` The reason is "${one.failureCode}".`;
  return `${what} of ${moneyText(one.amountMinor, one.currency)} ${ENDS[one.status]}.${why}`;
}
