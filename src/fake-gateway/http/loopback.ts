/**
 * Whether a caller is this machine itself, by the connection and nothing else: `X-Forwarded-For` says what its
 * sender likes. Behind a proxy on the same machine every caller is local; do not put one before this gateway.
 */
export function isLoopback(remoteAddress: string | undefined): boolean {
  if (remoteAddress === undefined) return false;
  const address = remoteAddress.replace(/^::ffff:/i, '');
  return address === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}
