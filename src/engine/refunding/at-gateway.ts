/** Refunds at the gateway: what is asked for, and by whose methods. */
import type { LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { RefundRequest } from '../../domain/refund-outcomes.ts';
import type { ExchangeOptions, Refunds } from '../../ports/gateway.ts';
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
    accountId: order.accountId,
    installationId: engine.installationId,
    chargeRef: followUp.chargeRef,
    amountMinor: order.amountMinor,
    currency: order.currency,
  };
}

/** Asks what became of it. If an operator has settled it with another amount, that is the one that it has at the gateway. */
export function lookUpRefund(
  engine: Engine,
  record: FollowUpRecord,
): (options: ExchangeOptions) => Promise<LookupOutcome | NotSent> {
  const { settledMinor, order } = record;
  const request = { ...refundRequest(engine, record), amountMinor: settledMinor ?? order.amountMinor };
  return (options) => refundsOf(engine).lookup(request, options);
}

/** The gateway's methods. Nothing is opened or taken up if there are none. */
export function refundsOf({ gateway }: Pick<Engine, 'gateway'>): Refunds {
  if (gateway.refunds === undefined)
    throw new Error('The adapter of this gateway makes no refunds. Nothing was sent.');
  return gateway.refunds;
}
