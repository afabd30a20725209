/** Who is admitted, and why not. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import { apiKeyHash, makeApiKey } from '../domain/api-keys.ts';
import type { UsableKey } from '../ports/access.ts';
import { type Admission, createAccess } from './access.ts';

const MINE = makeApiKey(false, '1'.repeat(32)).text;
const OTHER = makeApiKey(false, '2'.repeat(32)).text;
const LIVE = makeApiKey(true, '1'.repeat(32)).text;

function world({ required = false, needed = false, livemode = false as boolean | null } = {}) {
  const clock = createVirtualClock();
  const reads: string[] = [];
  const stored = new Map<string, UsableKey>();
  stored.set(apiKeyHash(MINE), {
    keyId: 'k1',
    accountId: 'shop',
    scopes: ['payments:read'],
    perSecond: null,
    expiresInMs: null,
  });
  const database = { needed };
  let told = 0;
  const access = createAccess({
    reader: {
      async usableKey(hash) {
        reads.push(hash);
        return stored.get(hash) ?? null;
      },
      keysNeeded: async () => database.needed,
    },
    clock,
    required,
    needed,
    onNeeded: () => {
      told += 1;
    },
    livemode: () => livemode,
  });
  const bearer = (key: string): Admission | Promise<Admission> => access.admit(`Bearer ${key}`);
  return { access, bearer, clock, reads, database, told: () => told };
}

describe('where a key is needed', () => {
  it('a key is its account, with its scopes', async () => {
    const caller = await world({ required: true }).bearer(MINE);
    if (typeof caller === 'string') throw new Error(caller);
    expect([caller.accountId, caller.keyId]).toEqual(['shop', 'k1']);
    expect([caller.may('payments:read'), caller.may('payments:write'), caller.may('admin')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Basic ${MINE}`,
    MINE,
    `Bearer ${OTHER}`,
    `Bearer ${MINE} ${MINE}`,
    `Bearer x${MINE}`,
    'Bearer po_test_',
  ])('%j is nobody', async (header) => {
    expect(await world({ needed: true }).access.admit(header)).toBe('unauthorized');
  });

  it('the word Bearer is read in upper and lower case', async () => {
    expect(await world({ needed: true }).access.admit(`bEARER  ${MINE}`)).toMatchObject({ keyId: 'k1' });
  });

  it('a mistyped key costs no read', async () => {
    const { bearer, reads } = world({ required: true });
    const wrong = `${MINE.slice(0, -1)}${MINE.endsWith('0') ? '1' : '0'}`;
    expect(await bearer(wrong)).toBe('unauthorized');
    expect(reads).toEqual([]);
  });
});

describe('a key of the other mode', () => {
  it('is refused in words of its own, and is not looked up', async () => {
    const { bearer, reads } = world({ required: true });
    expect(await bearer(LIVE)).toBe('api_key_wrong_mode');
    expect(await world({ livemode: true }).bearer(MINE)).toBe('api_key_wrong_mode');
    expect(reads).toEqual([]);
  });

  it('is looked up while the mode is not known yet: then nothing can be charged anyway', async () => {
    expect(await world({ required: true, livemode: null }).bearer(LIVE)).toBe('unauthorized');
  });
});

describe('where no key is needed', () => {
  it('anybody is the account default, and may do everything', async () => {
    const caller = await world().access.admit(undefined);
    if (typeof caller === 'string') throw new Error(caller);
    expect([caller.accountId, caller.keyId, caller.may('admin'), caller.take()]).toEqual([
      'default',
      null,
      true,
      null,
    ]);
    expect(await world().access.admit('Basic x')).toMatchObject({ accountId: 'default' });
  });

  it('a key is its own account all the same, and a wrong one is nobody', async () => {
    expect(await world().bearer(MINE)).toMatchObject({ accountId: 'shop' });
    expect(await world().bearer(OTHER)).toBe('unauthorized');
  });

  it('the first key ends that within five seconds, for good', async () => {
    const { access, clock, database, told } = world();
    database.needed = true;
    expect(access.admit(undefined)).toMatchObject({ keyId: null });
    expect(told()).toBe(0);
    clock.advance(5000);
    expect(await access.admit(undefined)).toBe('unauthorized');
    database.needed = false;
    clock.advance(60_000);
    expect(await access.admit(undefined)).toBe('unauthorized');
    expect(told()).toBe(1);
  });

  it('it is asked in the background whether there is a key, while requests come', async () => {
    const { access, clock, database } = world();
    database.needed = true;
    clock.advance(2500);
    expect(access.admit(undefined)).toMatchObject({ keyId: null });
    for (let turn = 0; turn < 20; turn += 1) await null;
    expect(access.admit(undefined)).toBe('unauthorized');
  });
});
