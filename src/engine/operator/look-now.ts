/** `look now`: what waits for its next lookup is due at once. */
import { mayLookNow } from '../../domain/actions.ts';
import type { LookWanted, OperatorAnswer } from '../api.ts';
import { policyOf } from '../context.ts';
import { operatorProblem } from './problem.ts';
import { answerNoted, findTarget, note, type Operating } from './target.ts';

/** Others can change it between the read and the write. More often than this is a fault, not bad luck. */
const MAX_TURNS = 100;

export async function lookNow(operating: Operating, wanted: LookWanted): Promise<OperatorAnswer> {
  const event = { type: 'operator.asked_to_look', detail: wanted.actor } as const;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const found = await findTarget(operating, wanted);
    if (typeof found === 'string') return operatorProblem(found);
    const { record } = found;
    const { contract } = policyOf(operating.engine, record);
    if (!mayLookNow(record.operation, contract.lookup)) return operatorProblem('nothing_to_look_at');
    // A worker looks at this very moment. To write would take its claim away.
    if (record.held) return found.answer(record);
    const noted = await note(operating, record, event, null);
    if (noted !== null) return answerNoted(found, noted);
  }
  return operatorProblem('under_way');
}
