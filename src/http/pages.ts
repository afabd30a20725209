/** Pages of a list: the cursor that a client sends, and the page that it gets. */
import type { FastifyReply } from 'fastify';
import { isUuid } from '../domain/ids.ts';
import { sendJson } from './answer.ts';
import { type CursorKind, decodeCursor, encodeCursor } from './cursor.ts';
import type { FieldError } from './field-errors.ts';
import type { Problem } from './problem.ts';

type Values = ReadonlyMap<string, string>;

/** The id in the query's cursor. Absent: the query has none. */
export function readIdCursor(kind: CursorKind, values: Values, errors: FieldError[]): string | undefined {
  return readCursor(kind, isUuid, values, errors);
}

/** The largest `seq` that the database can hold: an `integer`. */
const LAST_SEQ = 2 ** 31 - 1;

/** The `seq` in the query's cursor. 0: the query has none. `last`: the largest that there can be. */
export function readSeqCursor(
  kind: CursorKind,
  values: Values,
  errors: FieldError[],
  last: number = LAST_SEQ,
): number {
  const isSeq = (text: string): boolean => /^[1-9][0-9]{0,15}$/.test(text) && Number(text) <= last;
  return Number(readCursor(kind, isSeq, values, errors) ?? 0);
}

function readCursor(
  kind: CursorKind,
  isPosition: (text: string) => boolean,
  values: Values,
  errors: FieldError[],
): string | undefined {
  const text = values.get('cursor');
  if (text === undefined) return undefined;
  const position = decodeCursor(kind, text);
  if (position !== null && isPosition(position)) return position;
  errors.push({ parameter: 'cursor', detail: 'is not the next_cursor of this kind of list' });
  return undefined;
}

export function invalidQuery(errors: readonly FieldError[]): Problem {
  return {
    code: 'invalid_request',
    detail: 'Correct what errors lists, and send the query again.',
    errors,
  };
}

/** `next`: where the next page begins. Absent or null: this is the last one. */
export function sendPage(
  reply: FastifyReply,
  kind: CursorKind,
  data: readonly unknown[],
  next: string | null | undefined,
): void {
  const cursor = next === undefined || next === null ? null : encodeCursor(kind, next);
  sendJson(reply, 200, JSON.stringify({ data, next_cursor: cursor }));
}
