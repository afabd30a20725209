/**
 * What happened, in order: always as a running hash, by which two runs are compared, and as lines where a story is
 * wanted.
 */
export interface Trace {
  add(atMs: number, line: string): void;
  hash(): string;
  readonly lines: readonly string[];
}

export function createTrace({ keepLines }: { readonly keepLines: boolean }): Trace {
  // Two FNV-1a sums with different primes: 64 bits without BigInt.
  let a = 0x811c9dc5;
  let b = 0x01000193;
  const lines: string[] = [];
  return {
    add(atMs, line) {
      const text = `${atMs} ${line}`;
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        a = Math.imul(a ^ code, 0x01000193);
        b = Math.imul(b ^ code, 0x85ebca6b);
      }
      if (keepLines) lines.push(`${(atMs / 1000).toFixed(3).padStart(10)} s  ${line}`);
    },
    hash: () => (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0'),
    lines,
  };
}
