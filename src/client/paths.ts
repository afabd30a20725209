/** Addresses under `/v1`. */

/** A path under one payment. */
export function paymentPath(paymentId: string, ...parts: readonly string[]): string {
  return pathOf('/v1/payments', paymentId, ...parts);
}

/** A path; each part after the root is encoded. */
export function pathOf(root: string, ...parts: readonly string[]): string {
  return [root, ...parts.map(encodePart)].join('/');
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
