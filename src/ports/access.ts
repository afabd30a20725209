/** What is stored about accounts and API keys. The service only reads it; the `payonce` command writes it. Every method rejects with `StoreError`. */
import type { Scope } from '../domain/scopes.ts';

/** A key that can be used now: not expired, not revoked, and its account is not disabled. */
export interface UsableKey {
  readonly keyId: string;
  readonly accountId: string;
  readonly scopes: readonly Scope[];
  /** Requests per second in each process. Null: no limit. */
  readonly perSecond: number | null;
  /** Milliseconds until it expires, by the database's clock. Null: never. */
  readonly expiresInMs: number | null;
}

/** What the service asks. */
export interface KeyReader {
  /** The key with this hash, if it can be used now. `hash`: see `apiKeyHash`. */
  usableKey(hash: string): Promise<UsableKey | null>;
  /** Whether each request needs a key: there is one, even an old or revoked one, or the account `default` is disabled. */
  keysNeeded(): Promise<boolean>;
}

export interface Account {
  readonly accountId: string;
  readonly createdAtMs: number;
  /** Null: it is not disabled. */
  readonly disabledAtMs: number | null;
  /** How many of its keys can be used now, if the account is not disabled. */
  readonly keys: number;
}

/** A key as it is listed. The key itself is not stored. */
export interface StoredKey {
  readonly keyId: string;
  readonly accountId: string;
  /** What it is for, in the words of whoever made it. */
  readonly name: string | null;
  /** Whether it is for real money. */
  readonly livemode: boolean;
  readonly lastFour: string;
  readonly scopes: readonly Scope[];
  readonly perSecond: number | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** The key that it was rotated to. */
  readonly replacedBy: string | null;
  readonly state: 'active' | 'expired' | 'revoked';
}

/** A key to be stored. */
export interface NewKey {
  readonly keyId: string;
  readonly hash: string;
  readonly lastFour: string;
}

export interface KeyTerms extends NewKey {
  readonly accountId: string;
  readonly name: string | null;
  readonly livemode: boolean;
  readonly scopes: readonly Scope[];
  readonly perSecond: number | null;
  /** How long it can be used, in milliseconds. Null: for ever. */
  readonly lifetimeMs: number | null;
}

export interface Rotation extends NewKey {
  /** The key that is replaced. The new one gets its account, name, mode, scopes, limit and lifetime. */
  readonly oldKeyId: string;
  /** How long the old key can still be used, in milliseconds. */
  readonly overlapMs: number;
}

/** What the command asks and writes. */
export interface KeyBooks {
  /** Whether the database holds real payments. Null: that is not decided yet. */
  livemode(): Promise<boolean | null>;
  /** `exists`: nothing was written. */
  createAccount(accountId: string): Promise<'created' | 'exists'>;
  accounts(): Promise<readonly Account[]>;
  account(accountId: string): Promise<Account | null>;
  /** Null: there is no such account. */
  setDisabled(accountId: string, disabled: boolean): Promise<Account | null>;
  /** Null: there is no such account, and nothing was written. */
  createKey(terms: KeyTerms): Promise<StoredKey | null>;
  /** `accountId` null: of all accounts. */
  keys(accountId: string | null): Promise<readonly StoredKey[]>;
  key(keyId: string): Promise<StoredKey | null>;
  /** The new key. Null: there is no such key, or it is not active, or it was rotated before; nothing was written. */
  rotateKey(rotation: Rotation): Promise<StoredKey | null>;
  /** For good. A key that was revoked before keeps its time. Null: there is no such key. */
  revokeKey(keyId: string): Promise<StoredKey | null>;
}
