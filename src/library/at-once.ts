/** What the caller's functions give back where nobody waits for a promise. */

/** A promise is no answer to what must be answered at once. If it fails later, that must not end the process. */
export function atOnce(value: unknown): unknown {
  if (isThenable(value)) Promise.resolve(value).catch(() => {});
  return value;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
