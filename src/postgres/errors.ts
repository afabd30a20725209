import type { ClientBase } from 'pg';
import { StoreError } from '../ports/store.ts';
import { withAdvice } from './advice.ts';

/** The SQLSTATE of a server's error (PostgreSQL appendix A); null if the error does not come from the server. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  // A SQLSTATE has five characters. Node's codes (ECONNRESET) have other lengths, or no severity.
  return /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error ? error.code : null;
}

/**
 * How the SQLSTATE of an error begins that says that the connection or the server was going away. A pooler between says 58 or XX when it
 * has lost its server (PgCat, pgpool).
 */
const GOING_AWAY: readonly string[] = ['08', '40003', '57P', '58', 'XX'];

/** Whether the server's answer was lost, so that nobody knows whether the statement was written. */
export function losesAnswer(error: unknown): boolean {
  const state = sqlState(error);
  if (state === null) return true;
  // After these the connection ends, whatever the state is. A server in another language may use other words: see `send`.
  const isLast = error instanceof Error && 'severity' in error && /^(FATAL|PANIC)$/.test(`${error.severity}`);
  return isLast || GOING_AWAY.some((start) => state.startsWith(start));
}

/** Rolled back by a race or a deadlock: the same statement may be repeated at once. */
export function isRetryable(error: unknown): boolean {
  const state = rolledBackState(error);
  return state === '40001' || state === '40P01';
}

/** More often than this is no coincidence. */
const MAX_REPEATS = 8;
/** The repeated statement sees the other transaction's rows. If it fails again, it was no race, and the bad row is searched for. */
const MAX_LOST_RACES = 2;

/**
 * How often the statement may be repeated after this error. A unique violation is a race, too: every statement leaves out the rows that
 * it sees, so another transaction was faster, and the repeated statement sees its rows.
 */
export function repeatsOf(error: unknown): number {
  if (isRetryable(error)) return MAX_REPEATS;
  return rolledBackState(error) === '23505' ? MAX_LOST_RACES : 0;
}

/**
 * “cached plan must not change result type”: a newer release has changed a column. Nothing was executed. It means this only for a
 * statement that was sent by name; for others it means that the server does not support it.
 */
export function hasStalePlans(error: unknown): boolean {
  return sqlState(error) === '0A000';
}

/** The server is not the primary, or no longer. Nothing was written, and another connection may reach the primary. */
export class ReadOnlyError extends StoreError {}

export function isReadOnly(error: unknown): boolean {
  return error instanceof ReadOnlyError || sqlState(error) === '25006';
}

/**
 * Errors that only a person at the database can fix: not supported (0A), no access (28), no such database or schema (3D, 3F), no such
 * table or column or no right to it (42), against the rule of a view (44).
 */
const LASTING: readonly string[] = ['0A', '28', '3D', '3F', '42', '44'];

/** Together with class 22: errors about values, which repeating does not change. */
const UNFIT_ROWS: readonly string[] = ['23502', '23514'];

function refusalKind(state: string): 'unavailable' | 'refused' | 'unfit' {
  if (LASTING.includes(state.slice(0, 2))) return 'refused';
  return state.startsWith('22') || UNFIT_ROWS.includes(state) ? 'unfit' : 'unavailable';
}

/** Refused because of one row's data (classes 22 and 23): the other rows of the batch are innocent. */
export function isRowError(error: unknown): boolean {
  const state = rolledBackState(error);
  return state !== null && (state.startsWith('22') || state.startsWith('23'));
}

/** Says nothing about the statement: the connection or the server went away, or something was locked or in use. */
export function isPassing(error: unknown): boolean {
  const state = rolledBackState(error);
  return state === null || /^(40|53|55|57)/.test(state);
}

/** The SQLSTATE of a server that has rolled back; null if that is not known. */
function rolledBackState(error: unknown): string | null {
  if (error instanceof StoreError)
    return error.kind === 'outcome_unknown' ? null : rolledBackState(error.cause);
  return losesAnswer(error) ? null : sqlState(error);
}

/** The statement may have been written or not. */
export function lostAnswer(error: unknown): StoreError {
  forgetRow(error);
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(
    'outcome_unknown',
    `The connection to the database was lost during a statement, which may have been written or not: ${message}`,
    { cause: error },
  );
}

/**
 * What a failed statement means. A server that answered with an error has rolled back. But if the connection broke, or the error says that
 * the connection or the server was going away, it may have committed.
 */
export function statementError(error: unknown): StoreError {
  const state = rolledBackState(error);
  if (state === null) return lostAnswer(error);
  forgetRow(error);
  const message = error instanceof Error ? error.message : String(error);
  if (state === '57014') {
    return new StoreError(
      'unavailable',
      `The statement took too long, so the database ended it and wrote nothing: ${message}`,
      {
        cause: error,
      },
    );
  }
  return new StoreError(
    refusalKind(state),
    `The database refused the statement and wrote nothing: ${message}`,
    {
      cause: error,
    },
  );
}

/** These fields hold the row that failed. A program that prints the error, or its cause, would print the order's id. */
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

/** The tables are not all there. Each migration is applied whole or not at all, so the next start goes on from there. */
export function migrationError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const state = sqlState(error);
  forgetRow(error);
  const kind = state !== null && LASTING.includes(state.slice(0, 2)) ? 'refused' : 'unavailable';
  return new StoreError(kind, withAdvice(error, state), { cause: error });
}

/** What went wrong and what to do, for the person who starts the process. */
export function inWords(error: unknown): string {
  return error instanceof StoreError ? error.message : withAdvice(error, sqlState(error));
}

function ignore(): void {}

/**
 * When a connection in use breaks, its query fails, and it also emits an `error` event. The pool listens only to idle connections, and
 * an `error` event without a listener ends the process.
 */
export function surviveErrors(client: ClientBase): void {
  if (!client.listeners('error').includes(ignore)) client.on('error', ignore);
}
