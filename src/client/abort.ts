/** Waiting that the caller's signal can end. */
import type { Environment } from './environment.ts';

/** Settles as the promise does. If the signal is aborted first, it rejects with the signal's reason. */
export function unlessAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Waits. If the signal is aborted first, it rejects with the signal's reason. */
export async function pause(
  { after }: Environment,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let cancel = (): void => {};
  const over = new Promise<void>((resolve) => {
    cancel = after(delayMs, resolve);
  });
  try {
    await unlessAborted(signal, over);
  } finally {
    cancel();
  }
}
