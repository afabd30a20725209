/** What the results of all tools that move money have in common. */
import { z } from 'zod';
import { TOLD } from '../tool.ts';

export const MOVED = {
  ...TOLD,
  replayed: z
    .boolean()
    .optional()
    .describe('True: this is the answer to an earlier request. Nothing was done a second time.'),
  reason: z.string().optional().describe('Why it is pending or in review, as a stable word.'),
};

export const AGAIN =
  'Call the tool again with the same arguments to learn how it ends: it is never done twice.';

const REPLAYED = 'This is the answer to an earlier request: nothing was done a second time.';

/** The parts of any result of the client that an agent needs besides the thing itself. */
interface Result {
  readonly outcome: string;
  readonly replayed?: boolean;
  readonly code?: string;
  readonly reason?: string;
  readonly retryAfterMs?: number | null;
  readonly fields?: readonly { readonly at: string; readonly detail: string }[];
}

export function tellCommonly({ replayed, code, reason, retryAfterMs, fields }: Result) {
  return {
    ...(replayed === undefined ? {} : { replayed }),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(typeof retryAfterMs === 'number' ? { retry_after_ms: retryAfterMs } : {}),
    ...(fields === undefined || fields.length === 0 ? {} : { fields: fields.map((field) => ({ ...field })) }),
  };
}

/** Sentences, with the one about an earlier answer where it belongs. */
export function inWords(result: { readonly replayed?: boolean }, ...sentences: readonly string[]): string {
  return [...sentences, ...(result.replayed === true ? [REPLAYED] : [])]
    .filter((text) => text !== '')
    .join(' ');
}

const OTHER_ARGUMENTS =
  'It was asked for before with other arguments, and nothing was changed. Use the arguments of the first call, or read the payment.';

/** What the service says, without its advice about keys: an agent has none, and would look for a way to make one. */
export function withoutKeys(detail: string): string {
  const sentences = detail.split(/(?<=\.) /);
  return sentences.filter((sentence) => !/Idempotency-Key|\bkey\b/.test(sentence)).join(' ');
}

/** The sentence for a call of which nothing was sent. */
export function refusedText(refused: {
  readonly code: string;
  readonly detail: string;
  readonly retryAfterMs: number | null;
}): string {
  const { code, detail, retryAfterMs } = refused;
  const isAboutAccess = code === 'unauthorized' || code.startsWith('api_key') || code === 'scope_missing';
  const why = isAboutAccess ? detail : withoutKeys(detail);
  const again = retryAfterMs === null ? '' : ` ${AGAIN}`;
  return `Nothing was sent to the gateway for this call. ${code === 'idempotency_key_reused' ? OTHER_ARGUMENTS : why}${again}`;
}
