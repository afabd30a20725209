/** Reads: `GET`, again and again until an answer can be believed, or the call's time is over. */
import { pause } from './abort.ts';
import { backoffMs } from './backoff.ts';
import type { CallOptions } from './charge-types.ts';
import { PayonceReadError, type ReadFailure } from './errors.ts';
import { exchange, type Heard, type Line } from './exchange.ts';
import { type Fields, isFields, NotBelieved } from './fields.ts';
import type { Page } from './list-types.ts';
import type { Patience } from './persist.ts';
import { meaningOf } from './problem-codes.ts';
import { patienceOf } from './try.ts';

/** Reads one thing. Null: the server has none. Rejects with `PayonceReadError`, or with the reason of the caller's signal. */
export async function readOne<Thing>(
  line: Line,
  path: string,
  read: (fields: Fields) => Thing,
  options: CallOptions = {},
): Promise<Thing | null> {
  try {
    return await get(line, path, read, patienceOf(line, options));
  } catch (error) {
    if (error instanceof PayonceReadError && MISSING.has(error.code)) return null;
    throw error;
  }
}

const MISSING: ReadonlySet<string> = new Set([
  'payment_not_found',
  'refund_not_found',
  'operation_not_found',
]);

export function readPage<Thing>(
  line: Line,
  path: string,
  read: (fields: Fields) => Thing,
  options: CallOptions,
): Promise<Page<Thing>> {
  return get(line, path, (fields) => pageOf(fields, read), patienceOf(line, options));
}

function pageOf<Thing>({ data, next_cursor: next }: Fields, read: (fields: Fields) => Thing): Page<Thing> {
  if (!Array.isArray(data) || (next !== null && typeof next !== 'string'))
    throw new NotBelieved('it is no page of a list');
  const things = data.map((each: unknown) => {
    if (!isFields(each)) throw new NotBelieved('it is no page of a list');
    return read(each);
  });
  return { things, next };
}

async function get<Thing>(
  line: Line,
  path: string,
  read: (fields: Fields) => Thing,
  { deadlineMs, signal }: Patience,
): Promise<Thing> {
  const { settings, environment } = line;
  const endMs = environment.nowMs() + deadlineMs;
  for (let failures = 1; ; failures += 1) {
    const leftMs = endMs - environment.nowMs();
    const timeoutMs = Math.max(1, Math.min(settings.timeoutMs, leftMs));
    const heard = await exchange(line, { method: 'GET', path }, { timeoutMs, signal });
    const outcome = judge(heard, read);
    if ('thing' in outcome) return outcome.thing;
    const { failure, mayRepeat } = outcome;
    const delayMs = backoffMs(failures, environment.random(), failure.retryAfterMs ?? null);
    if (!mayRepeat || failures > settings.maxRetries || delayMs >= endMs - environment.nowMs())
      throw new PayonceReadError(failure);
    await pause(environment, delayMs, signal);
  }
}

type Outcome<Thing> =
  | { readonly thing: Thing }
  | { readonly failure: ReadFailure; readonly mayRepeat: boolean };

function judge<Thing>(heard: Heard, read: (fields: Fields) => Thing): Outcome<Thing> {
  if (heard.kind === 'answer') {
    try {
      return { thing: read(heard.body) };
    } catch (error) {
      if (!(error instanceof NotBelieved)) throw error;
      const detail = `The answer cannot be believed: ${error.message}.`;
      return { failure: { code: 'not_believed', detail, status: heard.status }, mayRepeat: true };
    }
  }
  const { code, detail, status, retryAfterMs } = heard;
  const failure: ReadFailure = {
    code,
    detail: heard.kind === 'problem' ? detail : `Nothing was read: ${detail}.`,
    ...(status === undefined ? {} : { status }),
    ...(heard.kind === 'problem' ? { fields: heard.fields } : {}),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
  const mayRepeat = heard.kind === 'problem' ? meaningOf(heard) !== 'refused' : heard.isHopeless !== true;
  return { failure, mayRepeat };
}
