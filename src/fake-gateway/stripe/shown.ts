import type { Work } from './command.ts';
import type { Json } from './json.ts';
import { intentObject } from './objects.ts';
import { readPayment } from './records.ts';

/** The PaymentIntent as it is after the operation. */
export async function shown(
  { books, nowMs }: Work,
  intentId: string,
  expand: readonly string[],
): Promise<Json> {
  const payment = await readPayment(books, intentId);
  if (payment === undefined) throw new Error(`The PaymentIntent ${intentId} is gone. Report this as a bug.`);
  return intentObject(payment, nowMs, expand);
}
