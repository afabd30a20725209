/** Makes a charge or a capture if the session may still charge that much. */
import type { CaptureResult, ChargeResult } from 'payonce/client';
import type { Budget, Spending, Spent } from '../budget.ts';
import { isInputError, Refusal } from '../failure.ts';

export async function withinLimit<Result extends ChargeResult | CaptureResult>(
  budget: Budget,
  spending: Spending,
  work: () => Promise<Result>,
): Promise<Result> {
  const excess = budget.begin(spending);
  if (excess !== null) throw new Refusal('session_limit', excess);
  let spent: Spent = 'perhaps';
  try {
    const result = await work();
    spent = spentBy(result);
    return result;
  } catch (error) {
    if (isInputError(error)) spent = 'nothing_sent';
    throw error;
  } finally {
    budget.done(spending, spent);
  }
}

function spentBy({ outcome }: ChargeResult | CaptureResult): Spent {
  if (outcome === 'refused') return 'nothing_sent';
  return outcome === 'declined' || outcome === 'failed' ? 'nothing' : 'perhaps';
}
