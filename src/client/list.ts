/** Lists: read page by page while somebody iterates over them. */
import type { CallOptions } from './charge-types.ts';
import { PayonceReadError } from './errors.ts';
import type { Line } from './exchange.ts';
import type { Fields } from './fields.ts';
import { mustBeWhole, refuseUnknown } from './input.ts';
import { queryOf } from './paths.ts';
import { readPage } from './read.ts';

/** How a list is read. `deadlineMs` counts for each page. */
export interface ListOptions extends CallOptions {
  /** How many to read with one request: 1 to 100. Default 100. */
  readonly pageSize?: number | undefined;
}

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
): AsyncIterable<Thing> {
  refuseUnknown('The options', options, ['deadlineMs', 'signal']);
  const limit = mustBeWhole('pageSize', pageSize, 1, 100);
  return {
    async *[Symbol.asyncIterator]() {
      for (let cursor: string | undefined, isLast = false; !isLast; ) {
        const address = path + queryOf({ ...filter, limit, cursor });
        const { things, next } = await readPage(line, address, read, options);
        // A list that leads back to the same page would never end.
        if (next !== null && next === cursor)
          throw new PayonceReadError({
            code: 'not_believed',
            detail: 'A page names itself as the next one.',
          });
        yield* things;
        isLast = next === null;
        cursor = next ?? undefined;
      }
    },
  };
}
