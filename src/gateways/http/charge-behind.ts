/** The question about the charge behind a capture or a void that the gateway does not know by its key. */
import { type CaptureRequest, judgeChargeBehind } from '../../domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import type { LookupOutcome, NotSent } from '../../domain/outcomes.ts';
import { leavesOutWhatWasTaken, parseCharge } from './effects.ts';
import type { Answer, Exchange } from './exchange.ts';
import { jsonObject } from './json.ts';
import { flawOf, judgeQuestion, type LookupJudging, unavailable } from './lookups.ts';

/** Judges the end of the question about the charge. */
export function judgeBehind(
  kind: ExclusiveKind,
  request: CaptureRequest,
  exchange: Exchange,
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
  if (charge === undefined || leavesOutWhatWasTaken(charge)) return unavailable('unparseable_answer');
  if ((charge.livemode ?? livemode) !== livemode) return unavailable('livemode_mismatch');
  const outcome = judgeChargeBehind(kind, request, charge);
  // What was captured or voided stays so. What an old answer does not show may have happened since.
  const flaw = outcome.kind === 'succeeded' ? null : flawOf(answer, isOld);
  return flaw === null ? outcome : unavailable(flaw);
}
