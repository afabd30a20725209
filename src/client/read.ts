/** Reads: a `GET` can be repeated as often as needed. */
import { ask } from './ask.ts';
import type { CallOptions } from './charge-types.ts';
import { PayonceReadError } from './errors.ts';
import type { Line } from './exchange.ts';
import { type Fields, isFields, NotBelieved } from './fields.ts';
import type { Page } from './list-types.ts';
import { patienceOf } from './try.ts';

/** Reads one thing. Null: the server has none. Rejects with `PayonceReadError`, or with the reason of the caller's signal. */
export async function readOne<Thing>(
  line: Line,
  path: string,
  read: (fields: Fields) => Thing,
  options: CallOptions = {},
): Promise<Thing | null> {
  try {
    return await get(line, path, read, options);
  } catch (error) {
    if (error instanceof PayonceReadError && MISSING.has(error.code)) return null;
    throw error;
  }
}

const MISSING: ReadonlySet<string> = new Set([
  'payment_not_found',
  'refund_not_found',
  'operation_not_found',
  'webhook_endpoint_not_found',
  'webhook_delivery_not_found',
]);

export function readPage<Thing>(
  line: Line,
  path: string,
  read: (fields: Fields) => Thing,
  options: CallOptions,
): Promise<Page<Thing>> {
  return get(line, path, (fields) => pageOf(fields, read), options);
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
  options: CallOptions,
): Promise<Thing> {
  const fail = (failure: ConstructorParameters<typeof PayonceReadError>[0]) => new PayonceReadError(failure);
  const request = { method: 'GET', path } as const;
  return ask(line, { request, read, isRepeatable: true, fail }, patienceOf(line, options));
}
