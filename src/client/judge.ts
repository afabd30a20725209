/** What all judges of answers share. */
import type { Answer, Heard, Problem } from './exchange.ts';
import { NotBelieved } from './fields.ts';
import type { NothingSent } from './outcomes.ts';
import type { Verdict } from './persist.ts';
import { isKnown } from './problem-codes.ts';

/** How the answers to one kind of request are read. Both may throw `NotBelieved`. */
export interface Reading<Result> {
  answer(answer: Answer): Verdict<Result>;
  /** Null: the problem is about this request only, and says nothing about an outcome. */
  problem(problem: Problem): Verdict<Result> | null;
}

/** Judges an answer. One that is about something else, or has another form, counts as none. */
export function judgeBy<Result>(reading: Reading<Result>): (heard: Heard) => Verdict<Result> {
  return (heard) => {
    if (heard.kind === 'silence') return { kind: 'silence', silence: heard };
    try {
      if (heard.kind === 'answer') return reading.answer(heard);
      return reading.problem(heard) ?? { kind: 'problem', problem: known(heard) };
    } catch (error) {
      if (!(error instanceof NotBelieved)) throw error;
      const detail = `an answer came that cannot be believed: ${error.message}`;
      return {
        kind: 'silence',
        silence: { code: 'not_believed', detail, status: heard.status, retryAfterMs: null },
      };
    }
  };
}

/** A newer server's problem about something that was done may not be a refusal. */
function known(problem: Problem): Problem {
  const isAboutSomething = STATES.some((name) => problem.body[name] !== undefined);
  if (isAboutSomething && !isKnown(problem.code))
    throw new NotBelieved(`this release does not know ${problem.code}`);
  return problem;
}

/** Where a problem says the state of what it is about. */
const STATES = ['payment_status', 'refund_status', 'operation_status'];

/** What every result of a refusal says. */
export function nothingSent({ code, detail, fields, retryAfterMs, replayed }: Problem): NothingSent {
  return { outcome: 'refused', code, detail, fields, retryAfterMs, replayed };
}

/** The code of a failure, if it is one of these. */
export function failureCodeOf<Code extends string>(code: string, failures: readonly Code[]): Code | null {
  return failures.find((each) => each === code) ?? null;
}
