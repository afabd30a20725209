/** What an idempotency key may hold, on every way in. */

const MAX_KEY_LENGTH = 255;

export const NOT_PRINTABLE = 'holds characters other than printable ASCII';

export function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** What is wrong with a key: the rest of a sentence that begins with its name. `null`: 1 to 255 printable ASCII characters. */
export function keyComplaint(key: string): string | null {
  if (!isPrintable(key)) return NOT_PRINTABLE;
  if (key === '') return 'is empty';
  return key.length > MAX_KEY_LENGTH ? `is longer than ${MAX_KEY_LENGTH} characters` : null;
}
