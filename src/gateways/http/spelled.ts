/** Spellings of a query that mean the same (RFC 3986, section 6.2.2.2). A cache finds what it has by its address, as it is spelled. */
import { randomInt } from 'node:crypto';

/** One sign in so many is written as its code. At two there are the most spellings, and a UUID has 2^32. */
const ONE_IN = 2;

/**
 * A name or a value of a query, in a spelling that nobody has used before. Whoever reads a query decodes both. `encoded`: as it is
 * written in a query; signs that have a meaning there stay as they are.
 */
export function spelled(encoded: string): string {
  return encoded.replace(/%..|[a-z0-9_[\]]/gi, (sign) => {
    if (sign.length > 1 || randomInt(ONE_IN) > 0) return sign;
    return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
