/** API keys for tests, in a real database. */
import type pg from 'pg';
import { type Access, createAccess } from '../../src/access/access.ts';
import { apiKeyHash, lastFourOf, makeApiKey } from '../../src/domain/api-keys.ts';
import { uuidV7 } from '../../src/domain/ids.ts';
import type { KeyBooks, KeyTerms } from '../../src/ports/access.ts';
import { createKeyReader } from '../../src/postgres/access/index.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';

/** Of a server that needs a key for each request and moves no real money. */
export function keyedAccess(pool: pg.Pool): Access {
  return createAccess({
    reader: createKeyReader({ pool, timeoutMs: 60_000 }),
    clock: systemClock,
    required: true,
    needed: true,
    onNeeded: () => {},
    livemode: () => false,
  });
}

/** The text of a new key of a server that moves no real money. */
export async function createTestKey(
  books: KeyBooks,
  terms: Pick<KeyTerms, 'accountId' | 'scopes'> & Partial<Pick<KeyTerms, 'livemode' | 'perSecond'>>,
): Promise<string> {
  const { livemode = false } = terms;
  const key = makeApiKey(livemode, systemRandom.hex128());
  const stored = await books.createKey({
    keyId: uuidV7(Date.now(), systemRandom.hex128()),
    hash: apiKeyHash(key.text),
    lastFour: lastFourOf(key),
    name: null,
    perSecond: null,
    lifetimeMs: null,
    ...terms,
    livemode,
  });
  if (stored === null) throw new Error(`There is no account ${terms.accountId}.`);
  return key.text;
}
