/** Accounts and API keys as the command reads and writes them. Each change is one statement. */
import { isScope } from '../../domain/scopes.ts';
import type { Account, KeyBooks, StoredKey } from '../../ports/access.ts';
import { millisecondsOf } from '../columns.ts';
import type { Session } from '../session.ts';

const IS_ACTIVE = 'k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())';

const ACCOUNT = `
a.account_id AS "accountId", ${millisecondsOf('a.created_at')} AS "createdAtMs", ${millisecondsOf('a.disabled_at')} AS "disabledAtMs",
(SELECT count(*)::int FROM payonce.api_keys k WHERE k.account_id = a.account_id AND ${IS_ACTIVE}) AS keys`;

const KEY = `
k.key_id AS "keyId", k.account_id AS "accountId", k.name, k.livemode, k.last_four AS "lastFour", array_to_string(k.scopes, ' ') AS scopes,
k.per_second AS "perSecond", ${millisecondsOf('k.created_at')} AS "createdAtMs", ${millisecondsOf('k.expires_at')} AS "expiresAtMs",
${millisecondsOf('k.revoked_at')} AS "revokedAtMs", k.replaced_by AS "replacedBy",
CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END AS state`;

const CREATE_ACCOUNT = `
INSERT INTO payonce.accounts (account_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true`;

const SET_DISABLED = `
UPDATE payonce.accounts a SET disabled_at = CASE WHEN $2::boolean THEN coalesce(disabled_at, now()) END
WHERE account_id = $1 RETURNING ${ACCOUNT}`;

const CREATE_KEY = `
INSERT INTO payonce.api_keys AS k (account_id, key_id, key_hash, last_four, name, livemode, scopes, per_second, expires_at)
SELECT account_id, $2::uuid, $3, $4, $5, $6::boolean, string_to_array($7, ' '), $8::integer, now() + $9::float8 * interval '1 ms'
FROM payonce.accounts WHERE account_id = $1
RETURNING ${KEY}`;

/** Of two rotations at once, the second one waits for the row, and then finds that it was replaced. */
const ROTATE = `
WITH old AS (
  UPDATE payonce.api_keys k SET replaced_by = $2, expires_at = least(expires_at, now() + $5::float8 * interval '1 ms')
  FROM (SELECT account_id, key_id, expires_at - created_at AS lifetime FROM payonce.api_keys WHERE key_id = $1) before
  WHERE k.account_id = before.account_id AND k.key_id = before.key_id AND ${IS_ACTIVE} AND replaced_by IS NULL
  RETURNING k.*, before.lifetime
)
INSERT INTO payonce.api_keys AS k (account_id, key_id, key_hash, last_four, name, livemode, scopes, per_second, expires_at)
SELECT account_id, $2::uuid, $3::text, $4::text, name, livemode, scopes, per_second, now() + lifetime FROM old
RETURNING ${KEY}`;

const REVOKE = `
UPDATE payonce.api_keys k SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = $1 RETURNING ${KEY}`;

type KeyRow = Omit<StoredKey, 'scopes'> & { readonly scopes: string };

export function keyBooks({ query }: Pick<Session, 'query'>): KeyBooks {
  const keyOf = ([row]: readonly KeyRow[]): StoredKey | null => (row === undefined ? null : stored(row));
  return {
    async livemode() {
      const [row] = await query<{ livemode: boolean | null }>(
        'SELECT livemode FROM payonce.installation',
        [],
      );
      return row?.livemode ?? null;
    },
    async createAccount(accountId) {
      return (await query<object>(CREATE_ACCOUNT, [accountId])).length === 1 ? 'created' : 'exists';
    },
    accounts: () => query<Account>(`SELECT ${ACCOUNT} FROM payonce.accounts a ORDER BY account_id`, []),
    async account(accountId) {
      const rows = await query<Account>(`SELECT ${ACCOUNT} FROM payonce.accounts a WHERE account_id = $1`, [
        accountId,
      ]);
      return rows[0] ?? null;
    },
    async setDisabled(accountId, disabled) {
      return (await query<Account>(SET_DISABLED, [accountId, disabled]))[0] ?? null;
    },
    async createKey({ accountId, keyId, hash, lastFour, name, livemode, scopes, perSecond, lifetimeMs }) {
      const values = [
        accountId,
        keyId,
        hash,
        lastFour,
        name,
        livemode,
        scopes.join(' '),
        perSecond,
        lifetimeMs,
      ];
      return keyOf(await query<KeyRow>(CREATE_KEY, values));
    },
    async keys(accountId) {
      const rows = await query<KeyRow>(
        `SELECT ${KEY} FROM payonce.api_keys k WHERE $1::text IS NULL OR account_id = $1 ORDER BY account_id, key_id`,
        [accountId],
      );
      return rows.map(stored);
    },
    async key(keyId) {
      return keyOf(await query<KeyRow>(`SELECT ${KEY} FROM payonce.api_keys k WHERE key_id = $1`, [keyId]));
    },
    async rotateKey({ oldKeyId, keyId, hash, lastFour, overlapMs }) {
      return keyOf(await query<KeyRow>(ROTATE, [oldKeyId, keyId, hash, lastFour, overlapMs]));
    },
    async revokeKey(keyId) {
      return keyOf(await query<KeyRow>(REVOKE, [keyId]));
    },
  };
}

function stored(row: KeyRow): StoredKey {
  return { ...row, scopes: row.scopes.split(' ').filter(isScope) };
}
