/** Who sends a request: whether it needs an API key, and whose key it has. */
import { apiKeyHash, looksLikeApiKey, parseApiKey, saysLive } from '../domain/api-keys.ts';
import { DEFAULT_ACCOUNT } from '../domain/fields.ts';
import type { KeyReader } from '../ports/access.ts';
import type { Clock } from '../ports/clock.ts';
import type { Caller } from './caller.ts';
import { createKnownKeys, type Found } from './known-keys.ts';
import { createNeed } from './need.ts';

/**
 * Why a request is not admitted. `unauthorized`: it needs a key and has none that can be used. `api_key_wrong_mode`: its key is for real money
 * and the server is not, or the reverse. `api_key_not_checked`: too many unknown keys come in at the moment.
 */
export type Refusal = 'unauthorized' | 'api_key_wrong_mode' | 'api_key_not_checked';

export type Admission = Caller | Refusal;

export interface Access {
  /**
   * `authorization`: the header of that name. Answers at once if memory knows the key. Rejects with `StoreError` if the key has to be read and
   * cannot be.
   */
  admit(authorization: string | undefined): Admission | Promise<Admission>;
}

export interface AccessOptions {
  readonly reader: KeyReader;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Requests need a key, whether or not there is any. */
  readonly required: boolean;
  /** Whether keys were needed when the server started. */
  readonly needed: boolean;
  /** Called once, when that changes: from now on, each request needs a key. */
  readonly onNeeded: () => void;
  /** Whether real money moves. Null: that is not known yet, and no request can be served. */
  readonly livemode: () => boolean | null;
}

/** Whoever reaches a server that needs no keys. */
const ANYBODY: Caller = { accountId: DEFAULT_ACCOUNT, keyId: null, may: () => true, take: () => null };

export function createAccess(options: AccessOptions): Access {
  const { reader, clock, required, needed, onNeeded, livemode } = options;
  const keys = createKnownKeys(reader, clock);
  const need = createNeed({ reader, clock, needed: required || needed, onNeeded });

  function check(token: string): Admission | Promise<Admission> {
    const isLive = livemode();
    if (isLive !== null && saysLive(token) !== isLive) {
      return parseApiKey(token) === null ? 'unauthorized' : 'api_key_wrong_mode';
    }
    const found = keys.find(apiKeyHash(token), () => parseApiKey(token) !== null);
    return found instanceof Promise ? found.then(admission) : admission(found);
  }

  return {
    admit(authorization) {
      const token = authorization === undefined ? undefined : bearerToken(authorization);
      // A key counts even where none is needed: its account must not be taken for another one.
      if (token !== undefined && looksLikeApiKey(token)) return check(token);
      const isNeeded = need.isNeeded();
      if (isNeeded instanceof Promise) return isNeeded.then((is) => (is ? 'unauthorized' : ANYBODY));
      return isNeeded ? 'unauthorized' : ANYBODY;
    },
  };
}

function admission(found: Found): Admission {
  if (found === 'unknown') return 'unauthorized';
  return found === 'busy' ? 'api_key_not_checked' : found;
}

const USUAL = 'Bearer ';
const BEARER = /^bearer +(?<token>\S+) *$/i;

function bearerToken(header: string): string | undefined {
  const isUsual = header.startsWith(USUAL) && !header.includes(' ', USUAL.length);
  return isUsual ? header.slice(USUAL.length) : BEARER.exec(header)?.groups?.token;
}
