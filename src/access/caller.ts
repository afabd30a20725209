import type { Scope } from '../domain/scopes.ts';

/** Who has sent a request that is admitted. */
export interface Caller {
  readonly accountId: string;
  /** Null: a caller without a key, on a server that needs none. */
  readonly keyId: string | null;
  /** Whether this caller may do what needs the scope. */
  may(scope: Scope): boolean;
  /** Counts a request. Null: it may go on. Else the caller has used up its limit, and this is the time until its next request, in milliseconds. */
  take(): number | null;
}
