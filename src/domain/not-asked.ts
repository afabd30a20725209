/** Reasons of a lookup with which nobody has asked the gateway. So it says nothing about the gateway either. */

/** The engine's own. An adapter that could send nothing has words of its own: see `notSent`. */
const NOT_ASKED: ReadonlySet<string> = new Set(['no_free_slot', 'lease_too_short', 'store_unavailable']);
const NOT_SENT = 'not_sent_';

/** The reason of a lookup that the adapter could not send. `word`: what was missing, in the adapter's word. */
export function notSent(word: string): string {
  return `${NOT_SENT}${word}`;
}

/** Whether a lookup with this reason was never sent. */
export function isNotAsked(reason: string): boolean {
  return NOT_ASKED.has(reason) || reason.startsWith(NOT_SENT);
}
