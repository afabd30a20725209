/** What the options of one call say: its key, and how long it goes on. */
import type { AttemptOptions, CallOptions } from './charge-types.ts';
import { PayonceInputError } from './errors.ts';
import type { Line } from './exchange.ts';
import { mustBePrintable, mustBeSignal, mustBeWhole } from './input.ts';
import { derivedKey } from './key.ts';
import { LONGEST_DEADLINE_MS } from './options.ts';
import type { Patience } from './persist.ts';

/** More tries than any customer makes; a larger number is a mistake, such as a time. */
const MOST_ATTEMPTS = 1000;

/** The caller's key, or the one of this attempt. */
export async function keyOf(
  what: 'charge' | 'capture' | 'void',
  name: string,
  { attempt, idempotencyKey }: AttemptOptions,
): Promise<string> {
  if (idempotencyKey !== undefined) {
    if (attempt !== undefined)
      throw new PayonceInputError('Give either attempt or idempotencyKey. Nothing was sent.');
    return mustBePrintable('idempotencyKey', idempotencyKey);
  }
  return derivedKey(what, name, mustBeWhole('attempt', attempt ?? 1, 1, MOST_ATTEMPTS));
}

export function patienceOf({ settings }: Line, { deadlineMs, signal }: CallOptions): Patience {
  mustBeSignal(signal);
  const checked = mustBeWhole('deadlineMs', deadlineMs ?? settings.deadlineMs, 1, LONGEST_DEADLINE_MS);
  return { deadlineMs: checked, signal };
}
