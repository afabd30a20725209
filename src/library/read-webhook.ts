/** Reads the argument of `gatewayWebhook`. Throws `PayonceInputError` with everything that is wrong. */
import { DEFAULT_ACCOUNT } from '../domain/fields.ts';
import { accountIdComplaint } from '../domain/order-rules.ts';
import type { WebhookWanted } from '../engine/api.ts';
import { fieldsOf, refuseUnknown } from './fields.ts';
import { type InputProblem, PayonceInputError } from './input-error.ts';

const NAMES = ['body', 'headers', 'accountId'];

export function readWebhook(input: unknown): WebhookWanted {
  const fields = fieldsOf(input, NAMES);
  if (fields === null)
    throw new PayonceInputError('invalid_request', [
      { field: '', detail: 'must be an object with body and headers' },
    ]);
  const errors: InputProblem[] = [];
  refuseUnknown(fields, NAMES, errors);
  const body = bytesOf(fields.get('body'));
  if (body === null)
    errors.push({ field: 'body', detail: 'must be the raw body: a Uint8Array, a Buffer or a string' });
  const headers = headersOf(fields.get('headers'));
  if (headers === null)
    errors.push({ field: 'headers', detail: 'must be an object of headers, or a Headers of fetch' });
  const accountId = fields.get('accountId') ?? DEFAULT_ACCOUNT;
  const detail = typeof accountId === 'string' ? accountIdComplaint(accountId)?.detail : 'must be a string';
  if (detail !== undefined) errors.push({ field: 'accountId', detail });
  if (body === null || headers === null || errors.length > 0)
    throw new PayonceInputError('invalid_request', errors);
  return { gateway: null, accountId: accountId as string, body, headers };
}

function bytesOf(body: unknown): Uint8Array | null {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  return body instanceof Uint8Array ? body : null;
}

/** Null: these are no headers. */
function headersOf(headers: unknown): Readonly<Record<string, string>> | null {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return null;
  const entries: Iterable<readonly [string, unknown]> =
    headers instanceof Headers ? headers : Object.entries(headers);
  const read: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of entries) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (typeof text !== 'string') return null;
    read[name.toLowerCase()] = text;
  }
  return read;
}
