import type { ClientBase } from 'pg';
import { StoreError } from '../ports/store.ts';
import { withAdvice } from './advice.ts';

/** The SQLSTATE of a server's error (PostgreSQL appendix A), or null where the server did not speak. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  // Node's own codes (ECONNRESET) are longer or carry no digit class; a SQLSTATE has five characters.
  return /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error ? error.code : null;
}

/** Rolled back by a race or a deadlock: the same statement may be repeated at once. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(cause(error));
  return state === '40001' || state === '40P01';
}

/** More often than this is not bad luck. */
const MAX_REPEATS = 8;
/** The repetition sees who was faster; what is violated again was no race, and is looked for row by row. */
const MAX_LOST_RACES = 2;

/**
 * How often the statement may be repeated after this error. A unique violation is a race, too: every statement leaves out
 * what it sees, so another transaction was faster, and is seen by the repetition.
 */
export function repeatsOf(error: unknown): number {
  if (isRetryable(error)) return MAX_REPEATS;
  return sqlState(cause(error)) === '23505' ? MAX_LOST_RACES : 0;
}

/**
 * “cached plan must not change result type”: a newer release has changed a column. Nothing was executed. Only where a
 * statement was sent by its name; otherwise it means that the server never does this.
 */
export function hasStalePlans(error: unknown): boolean {
  return sqlState(error) === '0A000';
}

/** The server is not the primary, or not any more. Nothing was written, and another connection may reach the one that is. */
export class ReadOnlyError extends StoreError {}

export function isReadOnly(error: unknown): boolean {
  return error instanceof ReadOnlyError || sqlState(error) === '25006';
}

/**
 * What repeating never changes, only a person at the database: not supported (0A), not let in (28), no such database or
 * schema (3D, 3F), no such table or column, or no right to it (42), against a view's own rule (44).
 */
const LASTING: readonly string[] = ['0A', '28', '3D', '3F', '42', '44'];

/** Values that no repetition makes fit: of class 22, or against a rule of their own row. */
const UNFIT_ROWS: readonly string[] = ['23502', '23514'];

function refusalKind(state: string): 'unavailable' | 'refused' | 'unfit' {
  if (LASTING.includes(state.slice(0, 2))) return 'refused';
  return state.startsWith('22') || UNFIT_ROWS.includes(state) ? 'unfit' : 'unavailable';
}

/** Refused because of one row's data (classes 22 and 23): the other rows of the batch are innocent. */
export function isRowError(error: unknown): boolean {
  const state = sqlState(cause(error));
  return state !== null && (state.startsWith('22') || state.startsWith('23'));
}

/** Says nothing of the statement: the connection or the server went away, something was locked, or others were in the way. */
export function isPassing(error: unknown): boolean {
  const state = sqlState(cause(error));
  return state === null || /^(08|40|53|55|57)/.test(state);
}

function cause(error: unknown): unknown {
  return error instanceof StoreError ? error.cause : error;
}

/**
 * What a failed statement means. A server that answered with an error rolled back, except where the error says
 * that the connection or the server itself was going away: then, as with a broken connection, it may have
 * committed.
 */
export function statementError(error: unknown): StoreError {
  forgetRow(error);
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  const goingAway = state === null || state.startsWith('08') || state.startsWith('57P') || state === '40003';
  if (goingAway) {
    return new StoreError('outcome_unknown', `The connection was lost during a statement: ${message}`, {
      cause: error,
    });
  }
  if (state === '57014') {
    return new StoreError(
      'unavailable',
      `The statement took too long, so the database ended it: ${message}`,
      {
        cause: error,
      },
    );
  }
  return new StoreError(refusalKind(state), `The database refused the statement: ${message}`, {
    cause: error,
  });
}

/** The row that a statement failed with stands in these fields; whatever prints the error, or its cause, would print the order's id. */
function forgetRow(error: unknown): void {
  if (!(error instanceof Error)) return;
  for (const field of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(error, field);
}

/** No connection, so nothing was sent to the database. */
export function connectError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const state = sqlState(error);
  const message = withAdvice(error, state);
  if (state !== null && refusalKind(state) === 'refused')
    return new StoreError('refused', `The database refuses the connection: ${message}`, { cause: error });
  return new StoreError('unavailable', `The database cannot be reached: ${message}`, { cause: error });
}

/** What went wrong and what to do, for whoever reads it at the start. */
export function inWords(error: unknown): string {
  return error instanceof StoreError ? error.message : withAdvice(error, sqlState(error));
}

function heard(): void {}

/**
 * A connection in use that breaks tells its query, and emits an event besides; the pool listens to idle ones
 * only, and an `error` event that nobody listens to ends the process.
 */
export function surviveErrors(client: ClientBase): void {
  if (!client.listeners('error').includes(heard)) client.on('error', heard);
}
