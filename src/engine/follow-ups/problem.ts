import type { FollowUpProblemAnswer } from '../api.ts';

interface ProblemOptions<Shown> {
  /** What it is about, as it is now. */
  readonly shown?: Shown | null;
  /** Default: the usual text. */
  readonly detail?: string | undefined;
  readonly replayed?: boolean;
}

/** The answer that nothing was sent for a request, and why. `traits`: with the usual texts, by code. */
export function problem<Shown, Code extends string>(
  { details }: { readonly details: Readonly<Record<Code, string>> },
  code: Code,
  { shown = null, detail = details[code], replayed = false }: ProblemOptions<Shown> = {},
): FollowUpProblemAnswer<Shown, Code> {
  return { kind: 'problem', code, detail, ...(shown === null ? {} : { shown }), replayed };
}
