/** Pages of charges, by time of effect and number. */
import { type BadRequest, bad, isText } from './requests.ts';

export interface Page {
  readonly limit: number;
  readonly after?: { readonly createdMs: number; readonly seq: number };
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function cursorOf(
  last: { readonly createdMs: number; readonly seq: number } | undefined,
): string | null {
  return last === undefined ? null : Buffer.from(`${last.createdMs}.${last.seq}`).toString('base64url');
}

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Refuses parameters that are not in `known`, and any that is given twice. */
export function checkQuery(
  query: Query,
  known: readonly string[],
): Readonly<Record<string, string>> | BadRequest {
  for (const [name, value] of Object.entries(query)) {
    if (!known.includes(name))
      return bad('parameter_unknown', `There is no parameter "${name.slice(0, 64)}" here.`);
    if (typeof value !== 'string') return bad('parameter_invalid', `${name} must be given only once.`);
  }
  return query as Readonly<Record<string, string>>;
}

export function parsePage(query: Readonly<Record<string, string>>): Page | BadRequest {
  const { limit: limitText = String(DEFAULT_LIMIT), cursor } = query;
  const limit = Number(limitText);
  if (!/^\d{1,4}$/.test(limitText) || limit < 1 || limit > MAX_LIMIT) {
    return bad('parameter_invalid', `limit is an integer from 1 to ${MAX_LIMIT}.`);
  }
  if (cursor === undefined) return { limit };
  const place = /^(-?\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (place === null) return bad('parameter_invalid', 'cursor is the next_cursor of an earlier answer.');
  return { limit, after: { createdMs: Number(place[1]), seq: Number(place[2]) } };
}

/** `created_after` in milliseconds. */
export function parseInstant(text: string | undefined): number | undefined | BadRequest {
  if (text === undefined) return undefined;
  const isIso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const ms = Date.parse(text);
  return isIso && !Number.isNaN(ms)
    ? ms
    : bad('parameter_invalid', 'created_after is an instant such as 2030-01-31T12:00:00Z.');
}

/** `reference` and `order_id` as restrictions. */
export function parseFilter(query: Readonly<Record<string, string>>) {
  const { reference, order_id: orderId } = query;
  for (const value of [reference, orderId]) {
    if (value !== undefined && !isText(value)) {
      return bad('parameter_invalid', 'reference and order_id are strings of 1 to 255 characters.');
    }
  }
  return { ...(reference === undefined ? {} : { reference }), ...(orderId === undefined ? {} : { orderId }) };
}
