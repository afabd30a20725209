/** What each answer to `GET /charges/<id>` says about the refunds of the charge. */
import type { NotSent } from '../../domain/outcomes.ts';
import type { RefundedCharge, RefundedOutcome } from '../../domain/refund-outcomes.ts';
import { isSum, parseCharge } from './effects.ts';
import type { Answer, Exchange } from './exchange.ts';
import { jsonObject } from './json.ts';
import { flawOf, judgeQuestion, type LookupJudging, unavailable } from './lookups.ts';

/** Judges the end of one question about a charge. */
export function judgeRefundedExchange(
  charge: RefundedCharge,
  exchange: Exchange,
  judging: LookupJudging,
): RefundedOutcome | NotSent {
  return judgeQuestion(exchange, judging, (answer) => judgeSum(charge, answer, judging));
}

function judgeSum(
  { chargeRef, reference, currency }: RefundedCharge,
  answer: Answer,
  { livemode, isOld }: LookupJudging,
): RefundedOutcome {
  const body = jsonObject(answer);
  const charge = parseCharge(body);
  if (body === undefined || charge === undefined) return unavailable('unparseable_answer');
  if (charge.id !== chargeRef || charge.reference !== reference)
    return unavailable('answer_about_another_charge');
  if (charge.currency !== currency) return unavailable('currency_mismatch');
  if ((charge.livemode ?? livemode) !== livemode) return unavailable('livemode_mismatch');
  const { refunded } = body;
  if (!isSum(refunded)) return unavailable('unparseable_charge');
  const flaw = flawOf(answer, isOld);
  return flaw === null ? { kind: 'refunded', amountMinor: refunded } : unavailable(flaw);
}
