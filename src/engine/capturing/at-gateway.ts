/** Captures and voids at the gateway: what is asked for, and by whose methods. */
import type { CaptureRequest } from '../../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { CaptureEffect, ExchangeOptions } from '../../ports/gateway.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { referenceOf } from '../names.ts';

/** Its key is the stored one. When a record is taken up, that key is compared with the derived one. */
export function captureRequest(
  engine: Pick<Engine, 'installationId'>,
  { order, gatewayKey, followUp }: Pick<FollowUpRecord, 'order' | 'gatewayKey' | 'followUp'>,
): CaptureRequest {
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
export function lookUpExclusive(
  engine: Engine,
  record: FollowUpRecord,
): (options: ExchangeOptions) => Promise<LookupOutcome | NotSent> {
  const { settledMinor, order, operation } = record;
  const request = { ...captureRequest(engine, record), amountMinor: settledMinor ?? order.amountMinor };
  return (options) => effectOf(engine, operation.kind as ExclusiveKind).lookup(request, options);
}

/** The gateway's methods. Nothing is opened or taken up if there are none. */
export function effectOf({ gateway }: Pick<Engine, 'gateway'>, kind: ExclusiveKind): CaptureEffect {
  if (gateway.captures === undefined)
    throw new Error('The adapter of this gateway captures and voids nothing. Nothing was sent.');
  return gateway.captures[kind];
}
