/** What a list is, and how it is read. */
import type { CallOptions } from './charge-types.ts';

/** How a list is read. `deadlineMs` counts for each page. */
export interface ListOptions extends CallOptions {
  /** How many to read with one request: 1 to 100. Default 100. */
  readonly pageSize?: number | undefined;
}

/** A part of a list. */
export interface Page<Thing> {
  /** What it holds, in the order of the list. */
  readonly things: readonly Thing[];
  /** Where the next page begins; null if this is the last one. */
  readonly next: string | null;
}

/** A list that is read page by page: while somebody iterates over it, or one page when somebody asks for it. */
export interface Listing<Thing> extends AsyncIterable<Thing> {
  /**
   * Reads one page. Rejects with `PayonceReadError` if it cannot be read.
   *
   * @param cursor the `next` of the page before. Default: the first page.
   */
  page(cursor?: string): Promise<Page<Thing>>;
}
