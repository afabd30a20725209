import { pino } from 'pino';
import type { Config } from '../config.ts';
import { maskCardNumbers } from '../domain/cards.ts';
import type { ServiceLog } from './start.ts';

/** How many causes are shown; deeper ones say nothing new. */
const MAX_CAUSES = 3;

/**
 * JSON lines on standard output. `worker`: this process's number, if it is one of several; each line names it. Of an error, only the type, code, message and stack frames are shown. Other fields of PostgreSQL's
 * errors hold the row that failed, and that row is the customer's.
 */
export function createLog(config: Config, worker?: number): ServiceLog {
  return pino({
    level: config.LOG_LEVEL,
    base: worker === undefined ? null : { worker },
    serializers: { err: (error: unknown) => describeError(error, MAX_CAUSES) },
  });
}

/** Exported for its test. */
export function describeError(error: unknown, causes: number): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause !== undefined && causes > 0 ? { cause: describeError(error.cause, causes - 1) } : {};
  const frames = error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.trim());
  return { type: error.name, ...code, message: safeMessage(error), frames: frames?.slice(0, 8), ...cause };
}

/**
 * PostgreSQL's data errors (class 22) quote the value; its constraint errors (class 23) name only the constraint. A gateway's client
 * may quote an answer of the gateway, which may hold a card number.
 */
function safeMessage(error: Error): string {
  const holder = error.cause instanceof Error ? error.cause : error;
  const state = 'code' in holder && typeof holder.code === 'string' ? holder.code : '';
  return /^22[0-9A-Z]{3}$/.test(state)
    ? 'a value was refused by the database'
    : maskCardNumbers(error.message);
}
