/** One request and what came back. What did not come from Payonce is not believed: a proxy may answer, too. */
import { unlessAborted } from './abort.ts';
import type { Environment } from './environment.ts';
import type { FieldProblem } from './errors.ts';
import { type Fields, isFields } from './fields.ts';
import type { FetchResponse, Settings } from './options.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From `/v1` on, encoded. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly key?: string;
  /** How long the server is asked to wait for the outcome, in whole seconds. */
  readonly waitS?: number;
}

/** A problem document of Payonce. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | null;
  readonly replayed: boolean;
  /** All its fields. */
  readonly body: Fields;
}

/** Something else of Payonce. */
export interface Answer {
  readonly status: number;
  readonly body: Fields;
  readonly replayed: boolean;
}

/** Nothing that can be believed. */
export interface Silence {
  readonly code: 'no_answer' | 'not_believed';
  /** What happened, as a sentence without its full stop. */
  readonly detail: string;
  /** Absent: no answer came. */
  readonly status?: number;
  /** Whoever answered would answer the same again. */
  readonly isHopeless?: true;
  readonly retryAfterMs: number | null;
}

export type Heard =
  | ({ readonly kind: 'answer' } & Answer)
  | ({ readonly kind: 'problem' } & Problem)
  | ({ readonly kind: 'silence' } & Silence);

/** What sends requests. */
export interface Line {
  readonly settings: Settings;
  readonly environment: Environment;
}

/** Rejects only with the reason of the caller's signal. */
export async function exchange(
  { settings, environment }: Line,
  request: Request,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Heard> {
  if (signal?.aborted === true) throw signal.reason;
  const controller = new AbortController();
  let cancel = (): void => {};
  const late = new Promise<Heard>((resolve) => {
    cancel = environment.after(timeoutMs, () => resolve(TOO_LATE));
  });
  try {
    // A `fetch` that does not heed its signal must not hold the caller up.
    return await unlessAborted(signal, Promise.race([send(settings, request, controller.signal), late]));
  } finally {
    cancel();
    controller.abort();
  }
}

const TOO_LATE: Heard = {
  kind: 'silence',
  code: 'no_answer',
  detail: 'the request took too long',
  retryAfterMs: null,
};

async function send(settings: Settings, request: Request, signal: AbortSignal): Promise<Heard> {
  try {
    const response = await settings.fetch(`${settings.baseUrl}${request.path}`, {
      method: request.method,
      headers: headersOf(settings, request),
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal,
    });
    return hear(request, response, await response.text());
  } catch (error) {
    const detail = `the connection failed (${messageOf(error)})`;
    return { kind: 'silence', code: 'no_answer', detail, retryAfterMs: null };
  }
}

/** `fetch` hides the reason in the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  const { code } = (error.cause ?? error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.message;
}

function headersOf({ apiKey }: Settings, { body, key, waitS }: Request): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(key === undefined ? {} : { 'idempotency-key': quoted(key) }),
    ...(waitS === undefined ? {} : { prefer: `wait=${waitS}` }),
  };
}

/** The key in quotes, so that no character of it can be misread. The service repeats it in the same way. */
function quoted(key: string): string {
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}

/** The status of a deletion. Such an answer has no body. */
const DELETED = 204;

function hear(request: Request, { status, headers }: FetchResponse, text: string): Heard {
  if (isToAnother(request, headers)) return { ...OF_ANOTHER, status };
  const retryAfterMs = retryAfterOf(headers);
  const body = parse(text);
  const type = (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const replayed = headers.get('idempotent-replayed') === 'true';
  if (body !== null && type === 'application/problem+json') {
    const problem = readProblem(status, body);
    if (problem !== null) return { kind: 'problem', ...problem, retryAfterMs, replayed, ...waitOf(body) };
  }
  if (body !== null && type === 'application/json' && status >= 200 && status < 300)
    return { kind: 'answer', status, body, replayed };
  if (request.method === 'DELETE' && status === DELETED)
    return { kind: 'answer', status, body: {}, replayed };
  const detail = `an answer with the status ${status} came that is not from Payonce`;
  const hopeless = isHopeless(status) ? { isHopeless: true as const } : {};
  return { kind: 'silence', code: 'not_believed', detail, status, retryAfterMs, ...hopeless };
}

/**
 * Whether the answer names another key than the request. A front that is one answer behind on a kept connection gives the answer to the request
 * before, and that may be about an earlier attempt. Without the name nobody knows: older servers do not say it, and a proxy may leave it out.
 */
function isToAnother({ key }: Request, headers: FetchResponse['headers']): boolean {
  const named = headers.get('idempotency-key') ?? '';
  return named !== '' && (key === undefined || named !== quoted(key));
}

/** Its wait is not ours either. */
const OF_ANOTHER = {
  kind: 'silence',
  code: 'not_believed',
  detail: 'an answer came that is to another request: it names another key',
  retryAfterMs: null,
} as const satisfies Heard;

/** A redirect (browsers show it as 0), or a proxy that wants other credentials. Anything else may pass. */
function isHopeless(status: number): boolean {
  return status === 0 || (status >= 300 && status < 400) || status === 401 || status === 403;
}

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

/** Null: somebody else's. */
function readProblem(
  status: number,
  body: Fields,
): Pick<Problem, 'code' | 'status' | 'detail' | 'fields' | 'body'> | null {
  const { code, detail, type } = body;
  if (typeof code !== 'string' || typeof detail !== 'string' || status < 400) return null;
  // Answers that an earlier release stored have the longer form for as long as they are kept.
  if (type !== `/problems/${code}` && type !== `urn:payonce:problem:${code}`) return null;
  if (body.status !== status) return null;
  return { code, status, detail, fields: fieldProblemsOf(body.errors), body };
}

function fieldProblemsOf(errors: unknown): readonly FieldProblem[] {
  if (!Array.isArray(errors)) return [];
  return errors.filter(isFields).flatMap(({ pointer, parameter, detail }) => {
    const at = pointer ?? parameter;
    return typeof at === 'string' && typeof detail === 'string' ? [{ at, detail }] : [];
  });
}

/** The body says it in milliseconds, the header in seconds only. */
function waitOf({ retry_after_ms: ms }: Fields): { readonly retryAfterMs: number } | undefined {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? { retryAfterMs: ms } : undefined;
}

/** Seconds, as Payonce sends it, or a date, as a proxy may. A date is compared with the clock of whoever sent it. */
function retryAfterOf(headers: FetchResponse['headers']): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  const ms = Date.parse(text) - Date.parse(headers.get('date') ?? '');
  return ms >= 0 ? ms : null;
}
