/** Reads one of Stripe's lists, page by page. A list proves what it does not hold only if all of it was read. */
import type { NotSent } from '../../domain/outcomes.ts';
import type { ExchangeOptions } from '../../ports/gateway.ts';
import { dateOf } from '../http/dates.ts';
import { flawOf } from '../http/lookups.ts';
import { read } from './answer.ts';
import { type NoAnswer, readFailed } from './errors.ts';
import { isStripeId } from './objects.ts';
import type { Write } from './one-request.ts';
import type { Wire } from './wire.ts';

export interface ListOptions<Entry> {
  /** The page after this id; null: the first one. */
  readonly page: (after: string | null) => Write;
  /** `undefined`: it cannot be read, and then the whole list proves nothing. */
  readonly parse: (value: unknown) => Entry | undefined;
  /** Whether nothing that matters comes after this entry. `nowMs`: when the first page was made, by Stripe's clock; null: unknown. */
  readonly isLast: (entry: Entry, nowMs: number | null) => boolean;
}

export interface Listed<Entry> {
  readonly kind: 'list';
  readonly entries: readonly Entry[];
  /** Why the list may lack something. Null: it lacks nothing. */
  readonly flaw: string | null;
}

/** A thousand entries. A lookup must not take longer than a lease, nor use up the reads that Stripe allows. */
const MAX_PAGES = 10;

/** Never rejects, and ends within `timeoutMs`, all pages together. */
export async function readList<Entry extends { readonly id: string }>(
  wire: Wire,
  { page, parse, isLast }: ListOptions<Entry>,
  { timeoutMs }: ExchangeOptions,
): Promise<Listed<Entry> | NoAnswer | NotSent> {
  const untilMs = performance.now() + timeoutMs;
  const entries: Entry[] = [];
  let after: string | null = null;
  let nowMs: number | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const leftMs = pages === 0 ? timeoutMs : untilMs - performance.now();
    const asked = await wire.ask(page(after), { timeoutMs: leftMs });
    const reading = read(asked.result, null, Date.now());
    if (reading.kind !== 'object') return readFailed(reading);
    const { object, data, has_more: hasMore } = reading.object;
    if (object !== 'list' || !Array.isArray(data) || typeof hasMore !== 'boolean')
      return { kind: 'unavailable', reason: 'unparseable_answer' };
    for (const value of data) {
      const entry = parse(value);
      if (entry === undefined) return { kind: 'unavailable', reason: 'unparseable_answer' };
      entries.push(entry);
    }
    if (asked.result.kind === 'answer') {
      const flaw = flawOf(asked.result, asked.isOld);
      if (flaw !== null) return { kind: 'list', entries, flaw };
      if (pages === 0) nowMs = dateOf(asked.result.headers) ?? null;
    }
    const last: Entry | undefined = entries.at(-1);
    if (!hasMore || (last !== undefined && isLast(last, nowMs))) return { kind: 'list', entries, flaw: null };
    if (last === undefined || last.id === after || !isStripeId(last.id))
      return { kind: 'list', entries, flaw: 'incomplete_list' };
    after = last.id;
  }
  return { kind: 'list', entries, flaw: 'list_too_long' };
}
