/** Which errors tell that this machine itself could not open a connection. They say nothing about the gateway. */

/**
 * A name that could not be looked up just now (EAI_AGAIN) is none of them: the resolver, or the way to it, did not answer, and with
 * the gateway out of reach calls should stop.
 */
const SHORTAGES: ReadonlyMap<string, string> = new Map([
  // The limit of this process (ulimit -n), and that of the machine.
  ['EMFILE', 'no_free_file'],
  ['ENFILE', 'no_free_file'],
  ['EADDRNOTAVAIL', 'no_free_port'],
  ['ENOBUFS', 'no_memory'],
  ['ENOMEM', 'no_memory'],
  ['EAI_MEMORY', 'no_memory'],
]);

/** Null: it is none of ours. */
export function shortageOf(error: unknown): string | null {
  const tried = (error as { errors?: unknown } | null)?.errors;
  // Of several addresses one may not be to be had here at all (IPv6), and then another counts.
  const errors = Array.isArray(tried) && tried.length > 0 ? tried : [error];
  const reasons = errors.map((one) => SHORTAGES.get(errorCode(one)) ?? null);
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}

export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
