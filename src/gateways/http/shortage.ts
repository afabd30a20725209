/** The errors that mean that this machine could not open a connection. They say nothing about the gateway. */

/**
 * EAI_AGAIN is not one of them: the name server, or the way to it, did not answer. The gateway is then out of reach, and calls should
 * stop.
 */
const SHORTAGES: ReadonlyMap<string, string> = new Map([
  // The limits of this process (ulimit -n) and of the machine.
  ['EMFILE', 'no_free_file'],
  ['ENFILE', 'no_free_file'],
  ['EADDRNOTAVAIL', 'no_free_port'],
  ['ENOBUFS', 'no_memory'],
  ['ENOMEM', 'no_memory'],
  ['EAI_MEMORY', 'no_memory'],
]);

/** Null: this machine lacks nothing. */
export function shortageOf(error: unknown): string | null {
  const tried = (error as { errors?: unknown } | null)?.errors;
  // With several addresses, one may never work on this machine (IPv6). So all of them must have failed for a shortage.
  const errors = Array.isArray(tried) && tried.length > 0 ? tried : [error];
  const reasons = errors.map((one) => SHORTAGES.get(errorCode(one)) ?? null);
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}

export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
