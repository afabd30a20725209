/** The SQLSTATE of a server's error (PostgreSQL appendix A), or null where the server did not speak. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  // Node's own codes (ECONNRESET) are longer or carry no digit class; a SQLSTATE has five characters.
  return /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error ? error.code : null;
}
