/** Refunds in the protocol: each is made under the charge that it refunds, and looked up by its own key. */
import type { Refunds } from '../../ports/gateway.ts';
import { judgeExchange } from './answers.ts';
import type { LookUpByKey } from './by-key.ts';
import { REFUNDS } from './effects.ts';
import { unavailable } from './lookups.ts';
import { judgeRefundedExchange } from './refunded.ts';
import { chargePath, type Wire } from './wire.ts';

export function createRefunds(wire: Wire, lookUp: LookUpByKey, livemode: boolean): Refunds {
  return {
    async call(request, limits) {
      const path = chargePath(request.chargeRef);
      if (path === null) return { kind: 'refused', reason: 'charge_id_unusable' };
      // Without an amount, the gateway would refund all that is left.
      const body = JSON.stringify({ amount: request.amountMinor });
      const result = await wire.post(`${path}/refunds`, request.key, body, limits);
      return judgeExchange(REFUNDS, request, result, { wallMs: Date.now(), livemode });
    },
    lookup: (request, limits) => lookUp(REFUNDS, request, limits),
    async refunded(charge, limits) {
      const path = chargePath(charge.chargeRef);
      if (path === null) return unavailable('charge_id_unusable');
      const { result, isOld } = await wire.ask(path, limits);
      return judgeRefundedExchange(charge, result, { wallMs: Date.now(), livemode, isOld });
    },
  };
}
