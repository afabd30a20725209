/** Accounts and API keys in a real database. */
import { describe, expect, test } from 'vitest';
import { apiKeyHash, lastFourOf, makeApiKey } from '../../src/domain/api-keys.ts';
import { uuidV7 } from '../../src/domain/ids.ts';
import type { KeyTerms, NewKey } from '../../src/ports/access.ts';
import { createKeyBooks, createKeyReader } from '../../src/postgres/access/index.ts';
import { systemRandom } from '../../src/system/random.ts';
import { openDatabase, openStore } from './world.ts';

const DAY = 86_400_000;

async function world() {
  const { database, pool } = await openStore();
  const reader = createKeyReader({ pool });
  const books = createKeyBooks({ pool });
  const made = async (terms: Partial<KeyTerms> = {}) => {
    const fresh = newKey();
    const key = await books.createKey({ ...TERMS, ...fresh, ...terms });
    if (key === null) throw new Error('no key was made');
    return { ...key, hash: fresh.hash };
  };
  /** Moves all times of the keys back. */
  const passed = (ms: number) =>
    database.query(
      `UPDATE payonce.api_keys SET created_at = created_at - $1 * interval '1 ms', expires_at = expires_at - $1 * interval '1 ms'`,
      [ms],
    );
  return { database, pool, reader, books, made, passed };
}

function newKey(): NewKey {
  const key = makeApiKey(false, systemRandom.hex128());
  const keyId = uuidV7(Date.now(), systemRandom.hex128());
  return { keyId, hash: apiKeyHash(key.text), lastFour: lastFourOf(key) };
}

const TERMS: Omit<KeyTerms, keyof NewKey> = {
  accountId: 'default',
  name: 'shop',
  livemode: false,
  scopes: ['payments:read', 'refunds:write'],
  perSecond: 7,
  lifetimeMs: null,
};

describe('the migration', () => {
  test('gives the account default, no key, and no need of one', async () => {
    const { books, reader } = await world();
    expect(await books.accounts()).toMatchObject([{ accountId: 'default', disabledAtMs: null, keys: 0 }]);
    expect(await reader.keysNeeded()).toBe(false);
  });
});

describe('a key', () => {
  test('is found by its hash, with what it may do', async () => {
    const { made, reader } = await world();
    const { hash, keyId } = await made();
    expect(await reader.usableKey(hash)).toEqual({
      keyId,
      accountId: 'default',
      scopes: ['payments:read', 'refunds:write'],
      perSecond: 7,
      expiresInMs: null,
    });
    expect(await reader.usableKey(newKey().hash)).toBeNull();
    expect(await reader.keysNeeded()).toBe(true);
  });

  test('is not stored itself', async () => {
    const { books, database } = await world();
    const key = makeApiKey(false, systemRandom.hex128());
    await books.createKey({ ...TERMS, ...newKey(), hash: apiKeyHash(key.text), lastFour: lastFourOf(key) });
    const rows = await database.query('SELECT * FROM payonce.api_keys');
    expect(JSON.stringify(rows)).not.toContain(key.text.slice(8, 40));
  });

  test('of an account that does not exist is not made', async () => {
    const { books } = await world();
    expect(await books.createKey({ ...TERMS, ...newKey(), accountId: 'nobody' })).toBeNull();
    expect(await books.keys(null)).toEqual([]);
  });

  test('expires by the database’s clock', async () => {
    const { made, reader, books, passed } = await world();
    const { hash, keyId } = await made({ lifetimeMs: DAY });
    expect((await reader.usableKey(hash))?.expiresInMs).toBeGreaterThan(DAY - 60_000);
    await passed(DAY);
    expect(await reader.usableKey(hash)).toBeNull();
    expect(await books.key(keyId)).toMatchObject({ state: 'expired' });
    // The next request must not be served without a key because of that.
    expect(await reader.keysNeeded()).toBe(true);
  });

  test('that is revoked is found no more, and a second revocation changes nothing', async () => {
    const { made, reader, books } = await world();
    const { hash, keyId } = await made();
    const revoked = await books.revokeKey(keyId);
    expect(revoked).toMatchObject({ state: 'revoked', revokedAtMs: expect.any(Number) });
    expect(await reader.usableKey(hash)).toBeNull();
    expect(await books.revokeKey(keyId)).toEqual(revoked);
    expect(await reader.keysNeeded()).toBe(true);
    expect(await books.revokeKey(newKey().keyId)).toBeNull();
  });

  test('with a scope of a newer release has the others', async () => {
    const { made, reader, database } = await world();
    const { hash } = await made();
    await database.query(`UPDATE payonce.api_keys SET scopes = '{payments:read,teleport}'`);
    expect((await reader.usableKey(hash))?.scopes).toEqual(['payments:read']);
  });
});

describe('a rotation', () => {
  test('gives a key with the same rights, and lets the old one work for the overlap', async () => {
    const { made, reader, books, passed } = await world();
    const old = await made({ lifetimeMs: 30 * DAY });
    await passed(10 * DAY);
    const next = newKey();
    const key = await books.rotateKey({ ...next, oldKeyId: old.keyId, overlapMs: DAY });
    expect(key).toMatchObject({ keyId: next.keyId, accountId: 'default', name: 'shop', perSecond: 7 });
    expect(key?.scopes).toEqual(old.scopes);
    // It lives as long as the old one was meant to.
    expect(Number(key?.expiresAtMs) - Number(key?.createdAtMs)).toBe(30 * DAY);
    expect(await books.key(old.keyId)).toMatchObject({ state: 'active', replacedBy: next.keyId });
    expect(await reader.usableKey(next.hash)).not.toBeNull();
    const left = (await reader.usableKey(old.hash))?.expiresInMs;
    expect(left).toBeLessThanOrEqual(DAY);
    expect(left).toBeGreaterThan(DAY - 60_000);
    await passed(DAY);
    expect(await reader.usableKey(old.hash)).toBeNull();
    expect(await reader.usableKey(next.hash)).not.toBeNull();
  });

  test('never makes the old key live longer', async () => {
    const { made, books } = await world();
    const old = await made({ lifetimeMs: 1000 });
    await books.rotateKey({ ...newKey(), oldKeyId: old.keyId, overlapMs: DAY });
    expect((await books.key(old.keyId))?.expiresAtMs).toBe(old.expiresAtMs);
  });

  test('without an overlap ends the old key at once', async () => {
    const { made, books, reader } = await world();
    const old = await made();
    await books.rotateKey({ ...newKey(), oldKeyId: old.keyId, overlapMs: 0 });
    expect(await reader.usableKey(old.hash)).toBeNull();
  });

  test('of the same key twice at once makes one new key', async () => {
    const { made, books } = await world();
    const old = await made();
    const rotate = () => books.rotateKey({ ...newKey(), oldKeyId: old.keyId, overlapMs: DAY });
    const keys = await Promise.all([rotate(), rotate(), rotate()]);
    expect(keys.filter((key) => key !== null)).toHaveLength(1);
    expect(await books.keys(null)).toHaveLength(2);
  });

  test('of a key that is revoked, expired or unknown makes none', async () => {
    const { made, books, passed } = await world();
    const revoked = await made();
    await books.revokeKey(revoked.keyId);
    const expired = await made({ lifetimeMs: 1000 });
    await passed(1000);
    for (const oldKeyId of [revoked.keyId, expired.keyId, newKey().keyId]) {
      expect(await books.rotateKey({ ...newKey(), oldKeyId, overlapMs: DAY })).toBeNull();
    }
    expect(await books.keys(null)).toHaveLength(2);
  });
});

describe('an account', () => {
  test('that is disabled has no key that works, until it is enabled', async () => {
    const { made, books, reader } = await world();
    await books.createAccount('shop');
    const { hash } = await made({ accountId: 'shop' });
    const disabled = await books.setDisabled('shop', true);
    expect(disabled?.disabledAtMs).toEqual(expect.any(Number));
    expect(await reader.usableKey(hash)).toBeNull();
    expect(await books.setDisabled('shop', true)).toEqual(disabled);
    expect(await books.setDisabled('shop', false)).toMatchObject({ disabledAtMs: null, keys: 1 });
    expect(await reader.usableKey(hash)).not.toBeNull();
    expect(await books.setDisabled('nobody', true)).toBeNull();
  });

  test('default that is disabled ends what works without a key', async () => {
    const { books, reader } = await world();
    await books.setDisabled('default', true);
    expect(await reader.keysNeeded()).toBe(true);
  });

  test('is made once', async () => {
    const { books } = await world();
    expect(await books.createAccount('shop')).toBe('created');
    expect(await books.createAccount('shop')).toBe('exists');
    expect((await books.accounts()).map(({ accountId }) => accountId)).toEqual(['default', 'shop']);
    expect(await books.account('shop')).toMatchObject({ keys: 0 });
    expect(await books.account('nobody')).toBeNull();
  });
});

test('the mode of the database is not decided before a server has started', async () => {
  const database = await openDatabase();
  const { store, pool } = database.open();
  const books = createKeyBooks({ pool });
  expect(await books.livemode()).toBeNull();
  await store.claimMode(true);
  expect(await books.livemode()).toBe(true);
});
