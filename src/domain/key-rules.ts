/** What an idempotency key may contain, over HTTP and in the library. */
import { holdsCardNumber } from './cards.ts';
import { CARD_NUMBER, type Complaint } from './order-rules.ts';

const MAX_KEY_LENGTH = 255;

export const NOT_PRINTABLE = 'holds characters other than printable ASCII';

export function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/**
 * What is wrong with a key. `null`: it is fine, 1 to 255 printable ASCII characters without a card number. Only a
 * hash of the key is stored, but there are so few card numbers that a hash does not hide one.
 */
export function keyComplaint(key: string): Complaint | null {
  if (!isPrintable(key)) return invalid(NOT_PRINTABLE);
  if (key === '') return invalid('is empty');
  if (key.length > MAX_KEY_LENGTH) return invalid(`is longer than ${MAX_KEY_LENGTH} characters`);
  return holdsCardNumber(key) ? CARD_NUMBER : null;
}

function invalid(detail: string): Complaint {
  return { kind: 'invalid', detail };
}
