/** Lists: read page by page while somebody iterates over them. */
import { PayonceReadError } from './errors.ts';
import type { Line } from './exchange.ts';
import type { Fields } from './fields.ts';
import { mustBeWhole, refuseUnknown } from './input.ts';
import type { Listing, ListOptions } from './list-types.ts';
import { queryOf } from './paths.ts';
import { readPage } from './read.ts';

export interface List<Thing> {
  readonly path: string;
  readonly filter?: Readonly<Record<string, string | undefined>>;
  read(fields: Fields): Thing;
}

/** Reads nothing before the first step, and no page that nobody asks for. Each iteration begins from the start. */
export function listOf<Thing>(
  line: Line,
  { path, filter = {}, read }: List<Thing>,
  { pageSize = 100, ...options }: ListOptions = {},
): Listing<Thing> {
  refuseUnknown('The options', options, ['deadlineMs', 'signal']);
  const limit = mustBeWhole('pageSize', pageSize, 1, 100);
  const page = (cursor?: string) =>
    readPage(line, path + queryOf({ ...filter, limit, cursor }), read, options);
  return {
    page,
    async *[Symbol.asyncIterator]() {
      const seen = new Set<string>();
      for (let cursor: string | undefined, isLast = false; !isLast; ) {
        const { things, next } = await page(cursor);
        // A list that leads back to a page would never end.
        if (next !== null && seen.has(next))
          throw new PayonceReadError({
            code: 'not_believed',
            detail: 'A page names itself, or one before it, as the next one.',
          });
        if (next !== null) seen.add(next);
        yield* things;
        isLast = next === null;
        cursor = next ?? undefined;
      }
    },
  };
}
