/**
 * Sends one request until it is known how it ended, or until the call's time is over. It is always the same request with the same key, so
 * sending it again cannot do anything twice.
 *
 * What is told is never more than what is known. Once a request of the call may have arrived, a later refusal does not say that nothing was
 * done: the earlier request may still be on its way.
 */
import { pause } from './abort.ts';
import { backoffMs } from './backoff.ts';
import { exchange, type Heard, type Line, type Problem, type Request, type Silence } from './exchange.ts';
import { meaningOf } from './problem-codes.ts';

/** What one answer means. */
export type Verdict<Result> =
  /** This is the result. */
  | { readonly kind: 'end'; readonly result: Result }
  | Open<Result>
  /** A refusal of the server. */
  | { readonly kind: 'problem'; readonly problem: Problem }
  /** Nothing that can be believed. */
  | { readonly kind: 'silence'; readonly silence: Silence };

/** The server has it, and its outcome is not known yet. */
interface Open<Result> {
  readonly kind: 'open';
  /** It counts if the time is over before more is known. */
  readonly result: Result;
  readonly retryAfterMs: number;
  /** What must be done before it can go on. This time does not count. */
  readonly act?: () => Promise<void>;
}

/** One call: what it sends, what the answers mean, and how it ends without an outcome. */
export interface Call<Result> {
  readonly request: Request;
  judge(heard: Heard): Verdict<Result>;
  /** The server refused it, and no request of the call can have been taken. */
  refused(problem: Problem): Result;
  /** It may have been taken. */
  notHeard(told: {
    readonly reason: 'no_answer' | 'store_outcome_unknown';
    readonly detail: string;
    readonly retryAfterMs: number;
  }): Result;
}

export interface Patience {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** How long to wait if the server does not say. */
export const DEFAULT_RETRY_AFTER_MS = 1000;

/** Rejects only with the reason of the caller's signal, or with what `act` rejects with. */
export async function persist<Result>(line: Line, call: Call<Result>, patience: Patience): Promise<Result> {
  const { settings, environment } = line;
  const { signal } = patience;
  let endMs = environment.nowMs() + patience.deadlineMs;
  const leftMs = (): number => endMs - environment.nowMs();
  let failures = 0;
  /** What the server said last about it, once it has it. */
  let known: Result | undefined;
  let mayHaveArrived = false;
  for (;;) {
    const timeoutMs = Math.max(1, Math.min(settings.timeoutMs, leftMs()));
    const request = { ...call.request, waitS: waitWithin(timeoutMs) };
    const verdict = call.judge(await exchange(line, request, { timeoutMs, signal }));
    if (verdict.kind === 'end') return verdict.result;
    if (verdict.kind === 'open') {
      known = verdict.result;
      const beganMs = environment.nowMs();
      await verdict.act?.();
      signal?.throwIfAborted();
      endMs += environment.nowMs() - beganMs;
      if (verdict.retryAfterMs >= leftMs()) return known;
      await pause(environment, verdict.retryAfterMs, signal);
      continue;
    }
    failures += 1;
    const { canBeTaken, mayRepeat, retryAfterMs } = failureOf(verdict);
    mayHaveArrived ||= canBeTaken;
    const delayMs = backoffMs(failures, environment.random(), retryAfterMs);
    if (mayRepeat && failures <= settings.maxRetries && delayMs < leftMs()) {
      await pause(environment, delayMs, signal);
      continue;
    }
    if (known !== undefined) return known;
    if (verdict.kind === 'problem' && !mayHaveArrived) return call.refused(verdict.problem);
    return call.notHeard(describe(verdict));
  }
}

type Failure = Extract<Verdict<unknown>, { kind: 'problem' | 'silence' }>;

function failureOf(verdict: Failure): {
  /** Whether this request can have been taken, or can still be. */
  readonly canBeTaken: boolean;
  readonly mayRepeat: boolean;
  readonly retryAfterMs: number | null;
} {
  if (verdict.kind === 'silence') {
    const { isHopeless = false, retryAfterMs } = verdict.silence;
    return { canBeTaken: true, mayRepeat: !isHopeless, retryAfterMs };
  }
  const meaning = meaningOf(verdict.problem);
  const { retryAfterMs } = verdict.problem;
  return { canBeTaken: meaning === 'unknown', mayRepeat: meaning !== 'refused', retryAfterMs };
}

function describe(verdict: Failure): Parameters<Call<unknown>['notHeard']>[0] {
  const { code, detail, retryAfterMs } = verdict.kind === 'problem' ? verdict.problem : verdict.silence;
  const last = verdict.kind === 'problem' ? `Payonce answered ${code}: ${detail}` : `At last, ${detail}.`;
  return {
    reason: code === 'store_outcome_unknown' ? code : 'no_answer',
    detail: `It is not known whether the request was taken. ${last} Ask again with the same arguments: nothing is done twice.`,
    retryAfterMs: Math.max(DEFAULT_RETRY_AFTER_MS, retryAfterMs ?? 0),
  };
}

/** The server's wait must end before ours, with time for the way. Whole seconds, as the header demands; 60 is the most that it takes. */
function waitWithin(timeoutMs: number): number {
  return Math.min(60, Math.floor((timeoutMs * 0.7) / 1000));
}
