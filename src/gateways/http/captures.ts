/** Captures and voids in the protocol: each is made under the charge that it ends, and looked up by its own key, then by the charge. */
import { type CaptureRequest, judgeChargeBehind } from '../../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import type { CaptureEffect, Captures } from '../../ports/gateway.ts';
import { judgeExchange } from './answers.ts';
import { EXCLUSIVES, parseCharge } from './effects.ts';
import type { Answer } from './exchange.ts';
import { jsonObject } from './json.ts';
import { flawOf, judgeLookupExchange, judgeQuestion, type LookupJudging, unavailable } from './lookups.ts';
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

/** Judges the end of the question about the charge. */
export function judgeBehind(
  kind: ExclusiveKind,
  request: CaptureRequest,
  exchange: Parameters<typeof judgeQuestion>[0],
  judging: LookupJudging,
): LookupOutcome | NotSent {
  return judgeQuestion(exchange, judging, (answer) => judgeCharge(kind, request, answer, judging));
}

function judgeCharge(
  kind: ExclusiveKind,
  request: CaptureRequest,
  answer: Answer,
  { livemode, isOld }: LookupJudging,
): LookupOutcome {
  const charge = parseCharge(jsonObject(answer));
  if (charge === undefined) return unavailable('unparseable_answer');
  if ((charge.livemode ?? livemode) !== livemode) return unavailable('livemode_mismatch');
  const outcome = judgeChargeBehind(kind, request, charge);
  // What was captured or voided stays so. What an old answer does not show may have happened since.
  const flaw = outcome.kind === 'succeeded' ? null : flawOf(answer, isOld);
  return flaw === null ? outcome : unavailable(flaw);
}
