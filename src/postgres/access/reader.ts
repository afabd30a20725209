/** What the service reads about API keys. */
import { DEFAULT_ACCOUNT } from '../../domain/fields.ts';
import { isScope } from '../../domain/scopes.ts';
import type { KeyReader } from '../../ports/access.ts';
import { millisecondsOf } from '../columns.ts';
import type { Session } from '../session.ts';

/** One round trip by the unique index on the hash. The comparison of two hashes gives away nothing about a key. */
const USABLE = `
SELECT k.account_id, k.key_id, array_to_string(k.scopes, ' ') AS scopes, k.per_second, ${millisecondsOf('(k.expires_at - now())')} AS expires_in
FROM payonce.api_keys k JOIN payonce.accounts a USING (account_id)
WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND a.disabled_at IS NULL`;

const NEEDED = `
SELECT EXISTS (SELECT FROM payonce.api_keys)
  OR EXISTS (SELECT FROM payonce.accounts WHERE account_id = $1 AND disabled_at IS NOT NULL) AS needed`;

interface UsableRow {
  readonly account_id: string;
  readonly key_id: string;
  readonly scopes: string;
  readonly per_second: number | null;
  readonly expires_in: number | null;
}

export function keyReader(session: Pick<Session, 'query'>): KeyReader {
  return {
    async usableKey(hash) {
      const [row] = await session.query<UsableRow>(USABLE, [hash]);
      if (row === undefined) return null;
      return {
        keyId: row.key_id,
        accountId: row.account_id,
        // A newer release may have given scopes that this one does not know.
        scopes: row.scopes.split(' ').filter(isScope),
        perSecond: row.per_second,
        expiresInMs: row.expires_in,
      };
    },
    async keysNeeded() {
      const [row] = await session.query<{ needed: boolean }>(NEEDED, [DEFAULT_ACCOUNT]);
      return row?.needed !== false;
    },
  };
}
