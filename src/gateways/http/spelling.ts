/**
 * Some caches ignore what a request forbids them, and their answers look new. They find what they have by its address. So what a question
 * asks for is spelled in another way each time, which means the same (RFC 3986, section 6.2.2.2).
 */
import { randomInt } from 'node:crypto';

/** One letter or digit in so many is written as its code. So a UUID has about 2^32 spellings. */
const ONE_IN = 2;

/** A query, or a part of one, in a spelling that nobody has used before. `encoded`: as it may stand in a query. */
export function respelled(encoded: string): string {
  return encoded.replace(/%..|[a-z0-9]/gi, (sign) => {
    if (sign.length > 1 || randomInt(ONE_IN) > 0) return sign;
    return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
