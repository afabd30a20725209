/** One request, again and again until an answer can be believed, or the call's time is over. It is for what moves no money. */
import { pause } from './abort.ts';
import { backoffMs } from './backoff.ts';
import type { RequestFailure } from './errors.ts';
import { exchange, type Heard, type Line, type Request } from './exchange.ts';
import { type Fields, NotBelieved } from './fields.ts';
import type { Patience } from './persist.ts';
import { meaningOf } from './problem-codes.ts';

export interface Ask<Thing> {
  readonly request: Request;
  /** Throws `NotBelieved`. */
  read(fields: Fields): Thing;
  /** Whether it may be sent again although an earlier request may have been carried out. */
  readonly isRepeatable: boolean;
  /** What the call rejects with. */
  fail(failure: RequestFailure, mayBeDone: boolean): Error;
}

/** Rejects with what `fail` makes, or with the reason of the caller's signal. */
export async function ask<Thing>(
  line: Line,
  { request, read, isRepeatable, fail }: Ask<Thing>,
  { deadlineMs, signal }: Patience,
): Promise<Thing> {
  const { settings, environment } = line;
  const endMs = environment.nowMs() + deadlineMs;
  let mayBeDone = false;
  for (let failures = 1; ; failures += 1) {
    const leftMs = endMs - environment.nowMs();
    const timeoutMs = Math.max(1, Math.min(settings.timeoutMs, leftMs));
    const heard = await exchange(line, request, { timeoutMs, signal });
    const outcome = judge(heard, read);
    if ('thing' in outcome) return outcome.thing;
    const { failure, canBeDone, mayPass } = outcome;
    mayBeDone ||= canBeDone;
    const delayMs = backoffMs(failures, environment.random(), failure.retryAfterMs ?? null);
    const mayRepeat = mayPass && (isRepeatable || !mayBeDone);
    if (!mayRepeat || failures > settings.maxRetries || delayMs >= endMs - environment.nowMs())
      throw fail(failure, mayBeDone);
    await pause(environment, delayMs, signal);
  }
}

type Outcome<Thing> =
  | { readonly thing: Thing }
  | {
      readonly failure: RequestFailure;
      /** Whether this request can have been carried out, or can still be. */
      readonly canBeDone: boolean;
      /** Whether another request may get another answer. */
      readonly mayPass: boolean;
    };

function judge<Thing>(heard: Heard, read: (fields: Fields) => Thing): Outcome<Thing> {
  if (heard.kind === 'answer') {
    try {
      return { thing: read(heard.body) };
    } catch (error) {
      if (!(error instanceof NotBelieved)) throw error;
      const detail = `The answer cannot be believed: ${error.message}.`;
      const failure = { code: 'not_believed', detail, status: heard.status };
      return { failure, canBeDone: true, mayPass: true };
    }
  }
  const { code, detail, status, retryAfterMs } = heard;
  const failure: RequestFailure = {
    code,
    detail: heard.kind === 'problem' ? detail : `No answer of Payonce came: ${detail}.`,
    ...(status === undefined ? {} : { status }),
    ...(heard.kind === 'problem' ? { fields: heard.fields } : {}),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
  if (heard.kind === 'silence') return { failure, canBeDone: true, mayPass: heard.isHopeless !== true };
  const meaning = meaningOf(heard);
  return { failure, canBeDone: meaning === 'unknown', mayPass: meaning !== 'refused' };
}
