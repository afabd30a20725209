/** What the document needs of a route. */
import type { Scope } from '../../domain/scopes.ts';
import type { Operation } from './operation.ts';

export interface Described {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `:name` for each part that differs. */
  readonly path: string;
  /** Null: no API key is needed. */
  readonly scope: Scope | null;
  readonly keyed?: true;
  readonly describe: Operation;
}
