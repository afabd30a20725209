/** `resolve`: an operator states how something in REVIEW has ended. The wish is stored, and a worker decides about it. */
import { EFFECTS } from '../../domain/effects.ts';
import { decideWish, inWords } from '../../domain/wish.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import type { OperatorAnswer, ResolveWanted } from '../api.ts';
import { pause } from '../pause.ts';
import { amountOf, unitOf } from '../unit.ts';
import { operatorProblem } from './problem.ts';
import { answerNoted, findTarget, note, nudge, type Operating } from './target.ts';

/** How long to wait for a worker that holds it: longer than most lookups take, and shorter than a client waits. */
const WAIT_FOR_MS = 5000;
const LOOK_AGAIN_MS = 100;

function mayDiffer({ operation: { kind, failureCode } }: PaymentRecord): boolean {
  return EFFECTS[kind].maySettleOther && failureCode === 'amount_mismatch';
}

export async function resolve(operating: Operating, wanted: ResolveWanted): Promise<OperatorAnswer> {
  const { clock, store } = operating.engine;
  const { wish, evidence } = wanted;
  const untilMs = clock.monotonicMs() + WAIT_FOR_MS;
  for (;;) {
    const found = await findTarget(operating, wanted);
    if (typeof found === 'string') return operatorProblem(found);
    const { record } = found;
    const { order, operation, held } = record;
    // Read after the record: whoever makes or ends a wish changes the record, and then the write below does not apply.
    const last = await store.lastWish({ accountId: order.accountId, unitId: unitOf(record) });
    const { status, n } = operation;
    const amounts = { amountMinor: amountOf(record), mayDiffer: mayDiffer(record) };
    const verdict = decideWish(wish, { n, status, ...amounts, held }, last);
    switch (verdict.kind) {
      case 'conflict':
        return operatorProblem('resolution_conflict');
      case 'not_in_review':
      case 'amount_differs':
        return operatorProblem(verdict.kind);
      case 'join':
        if (last?.end === null) nudge(operating.driver, record);
        return found.answer(record);
      case 'make': {
        const event = { type: 'operator.wished', detail: inWords(wish, operation.kind) } as const;
        const noted = await note(operating, record, event, { kind: 'make', wish, evidence });
        if (noted !== null) return answerNoted(found, noted);
      }
    }
    if (clock.monotonicMs() >= untilMs) return operatorProblem('under_way');
    await pause(clock, LOOK_AGAIN_MS);
  }
}
