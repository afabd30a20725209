/** Reads the answers about captures and voids without trusting them. */
import type { Exchange } from '../record.ts';
import type { Ending } from './case.ts';
import { type Body, bodyOf, didNothing, isPost } from './reading.ts';

/** What the request is for, or about. */
export function operationOf({ path }: Pick<Exchange, 'path'>): Ending['operation'] {
  return /\/void(\/|\?|$)/.test(path) ? 'void' : 'capture';
}

/** The state of the capture or void that an answer is about. Problems call it `operation_status`. */
export function endStatusOf(body: Body): string | null {
  const status = typeof body.status === 'string' ? body.status : body.operation_status;
  return typeof status === 'string' ? status : null;
}

/** Which of the payment's captures and voids an answer is about, unique among all. Null: it is about none. */
export function endIn(body: Body): string | null {
  if (typeof body.operation !== 'string' || typeof body.created_at !== 'string') return null;
  return `${body.operation} of ${body.created_at}`;
}

/** The same name, of one that is stored. */
export function endNameOf({ operation, created_at: createdAt }: Ending): string {
  return `${operation} of ${createdAt}`;
}

/** The payment's captures, or its voids, of which one at most is open. */
export function nameOfEnding({
  payment_id: paymentId,
  operation,
}: Pick<Ending, 'payment_id' | 'operation'>): string {
  return `${paymentId} ${operation}`;
}

/** The problems of a capture or a void that has failed. With the last two, an earlier one was made after all. */
const FAILURES = [
  'capture_declined',
  'void_declined',
  'gateway_failed',
  'payment_not_capturable',
  'payment_not_voidable',
];

/** Whether the answer says how the capture or the void that was asked for ended. It is frozen then. */
export function isEnd(ask: Exchange): boolean {
  if (!isPost(ask) || ask.status === null) return false;
  const body = bodyOf(ask.text);
  if (body.operation !== operationOf(ask)) return false;
  if (ask.status === 200 || ask.status === 201) return endStatusOf(body) === 'SUCCEEDED';
  return FAILURES.includes(String(body.code)) && endStatusOf(body) === 'FAILED';
}

/** Whether the request may have opened a capture or a void. */
export function mayHaveEnded(ask: Exchange): boolean {
  return isPost(ask) && (isEnd(ask) || !didNothing(ask));
}
