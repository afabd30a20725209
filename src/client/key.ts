/** The keys that the client makes when the caller gives none. */

/** 32 letters and never a digit: digits in a row could look like a card number, and the server refuses those. */
async function lettersOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  const letter = (half: number): string => String.fromCharCode(0x61 + half);
  return [...digest.subarray(0, 16)].map((byte) => letter(byte >> 4) + letter(byte & 0xf)).join('');
}

/**
 * The key of one attempt to do one thing. It depends on nothing else, so a program that was started again makes the same key. It is stored
 * at the server for years: never change it.
 *
 * @param what `charge`, `capture` or `void`
 * @param name the order's id, or the payment's
 */
export async function derivedKey(
  what: 'charge' | 'capture' | 'void',
  name: string,
  attempt: number,
): Promise<string> {
  return `payonce-client-${await lettersOf(`1\n${what}\n${name}`)}-a${attempt}`;
}
