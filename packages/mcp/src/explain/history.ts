/** Several audit trails as one story. */
import { z } from 'zod';
import { timeText } from '../tell/time.ts';
import { inPlainWords } from './words.ts';

/** One trail: that of the payment, or of one refund, capture or void. */
export interface Trail {
  readonly about: string;
  readonly events: readonly {
    readonly type: string;
    readonly detail: string | null;
    readonly atMs: number;
  }[];
}

export const stepSchema = z.object({
  at: z.string(),
  about: z.string(),
  says: z.string(),
  event: z.string().describe('The word of the audit trail.'),
  times: z.number().optional().describe('How often the same happened in a row. Left out: once.'),
  last_at: z.string().optional(),
});

type Step = z.infer<typeof stepSchema>;

/** Oldest first. What is repeated is told once; that a lookup began is told only while its result is missing. */
export function historyOf(trails: readonly Trail[]): Step[] {
  const told = trails.flatMap(({ about, events }) =>
    events
      .filter(({ type }, at) => !isBeginning(type) || at === events.length - 1)
      .map((event) => ({ about, ...event })),
  );
  const steps: Step[] = [];
  for (const { about, type, detail, atMs } of told.sort((a, b) => a.atMs - b.atMs)) {
    const at = timeText(atMs);
    const step: Step = { at, about, says: inPlainWords(type, detail), event: type };
    const last = steps.at(-1);
    if (last?.about === about && last.says === step.says)
      steps[steps.length - 1] = { ...last, times: (last.times ?? 1) + 1, last_at: at };
    else steps.push(step);
  }
  return steps;
}

function isBeginning(type: string): boolean {
  return type === 'lookup.started' || type === 'verify.started';
}
