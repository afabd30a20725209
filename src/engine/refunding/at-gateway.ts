/** Refunds at the gateway: what is asked for, and by whose methods. */
import type { RefundRequest } from '../../domain/refund-outcomes.ts';
import type { Refunds } from '../../ports/gateway.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { referenceOf } from '../names.ts';

/** Its key is the stored one. When a record is taken up, that key is compared with the derived one. */
export function refundRequest(
  engine: Pick<Engine, 'installationId'>,
  { order, gatewayKey, followUp }: Pick<FollowUpRecord, 'order' | 'gatewayKey' | 'followUp'>,
): RefundRequest {
  return {
    key: gatewayKey,
    reference: referenceOf(engine, order),
    orderId: order.orderId,
    chargeRef: followUp.chargeRef,
    amountMinor: order.amountMinor,
    currency: order.currency,
  };
}

/** The gateway's methods. A refund that was opened earlier, with another adapter, is left as it is until one can make it. */
export function refundsOf({ gateway }: Pick<Engine, 'gateway'>): Refunds {
  return gateway.refunds ?? NOT_OFFERED;
}

const NOT_OFFERED: Refunds = {
  call: () => Promise.resolve({ kind: 'forbidden', reason: 'refunds_not_offered' }),
  lookup: () => Promise.resolve({ kind: 'unavailable', reason: 'refunds_not_offered' }),
};
