/** Captures and voids in the protocol: each is made under the charge that it ends, and looked up by its own key, then by the charge. */
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { CaptureEffect, Captures } from '../../ports/gateway.ts';
import { judgeExchange } from './answers.ts';
import { judgeBehind } from './charge-behind.ts';
import { EXCLUSIVES } from './effects.ts';
import { judgeLookupExchange, unavailable } from './lookups.ts';
import { byKey, chargePath, type Wire } from './wire.ts';

export function createCaptures(wire: Wire, livemode: boolean): Captures {
  return { capture: createEffect('capture', wire, livemode), void: createEffect('void', wire, livemode) };
}

function createEffect(kind: ExclusiveKind, wire: Wire, livemode: boolean): CaptureEffect {
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
      const list = await wire.ask(`/${kind}s${byKey(request.key)}`, { timeoutMs });
      const judging = { wallMs: Date.now(), livemode };
      const found = judgeLookupExchange(effect, request, list.result, { ...judging, isOld: list.isOld });
      if (found.kind !== 'absent') return found;
      const path = chargePath(request.chargeRef);
      const leftMs = Math.floor(untilMs - performance.now());
      if (path === null || leftMs < 1) return unavailable(path === null ? 'charge_id_unusable' : 'timeout');
      const charge = await wire.ask(path, { timeoutMs: leftMs });
      return judgeBehind(kind, request, charge.result, { ...judging, isOld: charge.isOld });
    },
  };
}
