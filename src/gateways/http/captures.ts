/** Captures and voids in the protocol: each is made under the charge that it ends, and looked up by its own key, then by the charge. */
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { CaptureEffect, Captures } from '../../ports/gateway.ts';
import { judgeExchange } from './answers.ts';
import type { LookUpByKey } from './by-key.ts';
import { judgeBehind } from './charge-behind.ts';
import { EXCLUSIVES } from './effects.ts';
import { unavailable } from './lookups.ts';
import { chargePath, type Wire } from './wire.ts';

export function createCaptures(wire: Wire, lookUp: LookUpByKey, livemode: boolean): Captures {
  const create = (kind: ExclusiveKind) => createEffect(kind, wire, lookUp, livemode);
  return { capture: create('capture'), void: create('void') };
}

function createEffect(
  kind: ExclusiveKind,
  wire: Wire,
  lookUp: LookUpByKey,
  livemode: boolean,
): CaptureEffect {
  const effect = EXCLUSIVES[kind];
  return {
    async call(request, limits) {
      const path = chargePath(request.chargeRef);
      if (path === null) return { kind: 'refused', reason: 'charge_id_unusable' };
      // Without an amount, the gateway would capture all of it. A void takes none.
      const body = kind === 'capture' ? JSON.stringify({ amount: request.amountMinor }) : '{}';
      const result = await wire.post(`${path}/${kind}`, request.key, body, limits);
      return judgeExchange(effect, request, result, { wallMs: Date.now(), livemode });
    },
    async lookup(request, { timeoutMs }) {
      const untilMs = performance.now() + timeoutMs;
      const found = await lookUp(effect, request, { timeoutMs });
      if (found.kind !== 'absent') return found;
      const path = chargePath(request.chargeRef);
      const leftMs = Math.floor(untilMs - performance.now());
      if (path === null || leftMs < 1) return unavailable(path === null ? 'charge_id_unusable' : 'timeout');
      const charge = await wire.ask(path, { timeoutMs: leftMs });
      return judgeBehind(kind, request, charge.result, {
        wallMs: Date.now(),
        livemode,
        isOld: charge.isOld,
      });
    },
  };
}
