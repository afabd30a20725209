/**
 * Idempotency keys. The first answer that an operation gives after it has begun is kept for 24 hours, a decline or an error 500 as well. A
 * wrong parameter is not kept, nor is a conflict.
 */
import { createHash } from 'node:crypto';
import type { Books } from '../ledger/books.ts';
import type { Command } from './command.ts';
import { StripeError } from './errors.ts';
import type { Form } from './form.ts';

/** An answer as it is kept. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface KeyNote {
  readonly fingerprint: string;
  /** The request that used the key first. */
  readonly requestId: string;
  /** Null while the operation is on its way. */
  readonly answer: Answer | null;
}

/** After this time a key is new again. */
const KEPT_MS = 24 * 3_600_000;

/** What is kept under the key; undefined: it is new. @throws StripeError if it is in use, or was used otherwise. */
export async function readKept(
  books: Books,
  key: string,
  command: Command,
  nowMs: number,
  keptMs = KEPT_MS,
): Promise<(Answer & { readonly requestId: string }) | undefined> {
  const record = await books.read('key', key);
  if (record === undefined || record.data === null || record.atMs + keptMs <= nowMs) return undefined;
  const { fingerprint, requestId, answer } = record.data as KeyNote;
  if (fingerprint !== fingerprintOf(command)) throw usedOtherwise(key);
  if (answer === null) throw inUse(key);
  return { ...answer, requestId };
}

/** @param answer null while the operation is on its way. */
export async function keep(
  books: Books,
  command: Command,
  answer: Answer | null,
  nowMs: number,
): Promise<void> {
  if (command.key === null) return;
  const note: KeyNote = { fingerprint: fingerprintOf(command), requestId: command.requestId, answer };
  await books.write({ kind: 'key', id: command.key, atMs: nowMs, labels: [], data: note });
}

/** The key can be used again. */
export async function forget(books: Books, { key }: Command, nowMs: number): Promise<void> {
  if (key !== null) await books.write({ kind: 'key', id: key, atMs: nowMs, labels: [], data: null });
}

export function inUse(key: string): StripeError {
  return new StripeError(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotency-Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  });
}

function usedOtherwise(key: string): StripeError {
  return new StripeError(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used for the same endpoint and with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}

/** The same for the same operation on the same object with the same parameters, in whatever order these come. */
function fingerprintOf({ operation, intentId, params }: Command): string {
  // A refund names its payment in its parameters.
  const object = operation === 'refund' ? null : intentId;
  return createHash('sha256')
    .update(JSON.stringify([operation, object, ordered(params)]))
    .digest('hex');
}

function ordered(value: Form): unknown {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(ordered);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, ordered(inner)]);
}
