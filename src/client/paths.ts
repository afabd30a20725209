/** Addresses under `/v1`. */

/** A path under one payment; each part is encoded. */
export function paymentPath(paymentId: string, ...parts: readonly string[]): string {
  return ['/v1/payments', paymentId, ...parts]
    .map((part, n) => (n === 0 ? part : encodePart(part)))
    .join('/');
}

/** Two names are no parts of a path: any client would take them out of it. The server refuses them as names. */
function encodePart(part: string): string {
  return part === '.' || part === '..' ? part.replaceAll('.', '%2E') : encodeURIComponent(part);
}

/** The query of an address; what is undefined is left out. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
