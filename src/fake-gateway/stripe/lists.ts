/** Pages of records, newest first, as Stripe has them: complete at once, with cursors that are ids. */
import type { Books, RecordQuery, StoredRecord } from '../ledger/books.ts';
import { invalid, missing } from './errors.ts';
import type { FormFields } from './form.ts';
import type { Json } from './json.ts';
import { checkNames, groupIn, integerIn, textIn } from './params.ts';

export const PAGE_PARAMS = ['limit', 'starting_after', 'ending_before', 'created', 'expand'] as const;

/** @param what what the records are called in errors. @param show returns undefined for what is not shown. */
export async function listOf(
  books: Books,
  params: FormFields,
  { kind, labels, url, nowMs }: { kind: string; labels: readonly string[]; url: string; nowMs: number },
  show: (record: StoredRecord) => Promise<Json | undefined>,
): Promise<Json> {
  const limit = integerIn(params, 'limit') ?? 10;
  if (limit < 1 || limit > 100)
    throw invalid('limit must be from 1 to 100.', { code: 'parameter_invalid_integer', param: 'limit' });
  const after = await placeOf(books, kind, params, 'starting_after');
  const before = await placeOf(books, kind, params, 'ending_before');
  if (after !== null && before !== null) {
    throw invalid('You may only specify one of these parameters: starting_after, ending_before.', {
      code: 'parameters_exclusive',
      param: 'ending_before',
    });
  }
  const query: RecordQuery = {
    kind,
    labels,
    ...createdIn(params, nowMs),
    ...(after === null ? {} : { beforeSeq: after }),
    ...(before === null ? {} : { afterSeq: before }),
    order: before === null ? 'newest' : 'oldest',
    // One more than requested, to know whether there is a next page.
    limit: limit + 1,
  };
  const found = await books.find(query);
  const page = found.slice(0, limit);
  if (before !== null) page.reverse();
  const data: Json[] = [];
  for (const record of page) {
    const object = await show(record);
    if (object !== undefined) data.push(object);
  }
  return { object: 'list', data, has_more: found.length > limit, url };
}

async function placeOf(books: Books, kind: string, params: FormFields, name: string): Promise<number | null> {
  const id = textIn(params, name);
  if (id === null) return null;
  const record = await books.read(kind, id);
  if (record === undefined) throw missing(kind === 'intent' ? 'payment_intent' : kind, id, name);
  return record.seq;
}

/** `created` as a second, or as bounds in seconds. */
function createdIn(params: FormFields, nowMs: number): { fromMs?: number; untilMs: number } {
  const { created } = params;
  if (created === undefined || typeof created === 'string') {
    const second = integerIn(params, 'created');
    return second === null ? { untilMs: nowMs } : { fromMs: second * 1_000, untilMs: second * 1_000 + 999 };
  }
  const bounds = groupIn(params, 'created') ?? {};
  checkNames(bounds, ['gt', 'gte', 'lt', 'lte']);
  const boundIn = (name: string, otherwise: number, step = 0): number => {
    const second = integerIn(bounds, name);
    return second === null ? otherwise : second + step;
  };
  const from = Math.max(boundIn('gt', 0, 1), boundIn('gte', 0));
  const until = Math.min(boundIn('lt', LAST_SECOND, -1), boundIn('lte', LAST_SECOND));
  return { fromMs: from * 1_000, untilMs: Math.min(nowMs, until * 1_000 + 999) };
}

/** Of the year 9999. */
const LAST_SECOND = 253_402_300_799;
