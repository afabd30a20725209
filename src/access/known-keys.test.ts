/** Keys in memory, on a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import type { UsableKey } from '../ports/access.ts';
import { createKnownKeys, type Found } from './known-keys.ts';

const KEY: UsableKey = {
  keyId: 'k1',
  accountId: 'a1',
  scopes: ['admin'],
  perSecond: null,
  expiresInMs: null,
};

/** A database that answers as the test says, at once unless it is held. */
function world(first: UsableKey | null | Error = KEY) {
  const clock = createVirtualClock();
  const reads: string[] = [];
  const database = { answer: first, held: [] as (() => void)[], hold: false };
  const keys = createKnownKeys(
    {
      async usableKey(hash) {
        reads.push(hash);
        const { answer } = database;
        if (database.hold) await new Promise<void>((resolve) => database.held.push(resolve));
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    clock,
  );
  const find = (hash: string, isPlausible = true) => keys.find(hash, () => isPlausible);
  return { clock, reads, database, keys: { find } };
}

const idOf = (found: Found): string | null => (typeof found === 'string' ? found : found.keyId);

/** Lets a read in the background end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await null;
}

describe('a key that is used', () => {
  it('is read once, and then answers at once', async () => {
    const { keys, reads } = world();
    expect(idOf(await keys.find('h'))).toBe('k1');
    const again = keys.find('h');
    expect(again).not.toBeInstanceOf(Promise);
    expect(idOf(again as Found)).toBe('k1');
    expect(reads).toEqual(['h']);
  });

  it('is read once for many requests at the same time', async () => {
    const { keys, reads } = world();
    const all = await Promise.all(Array.from({ length: 50 }, () => keys.find('h')));
    expect(new Set(all.map(idOf))).toEqual(new Set(['k1']));
    expect(reads).toEqual(['h']);
  });

  it('is read again in the background, and nobody waits', async () => {
    const { keys, reads, clock } = world();
    await keys.find('h');
    clock.advance(2500);
    expect(keys.find('h')).not.toBeInstanceOf(Promise);
    await settle();
    expect(reads).toEqual(['h', 'h']);
    clock.advance(2499);
    expect(keys.find('h')).not.toBeInstanceOf(Promise);
    expect(reads).toHaveLength(2);
  });

  it('ends within five seconds after it was revoked, even if it is used all the time', async () => {
    const { keys, clock, database } = world();
    await keys.find('h');
    database.answer = null;
    const seen: (string | null)[] = [];
    for (let ms = 0; ms <= 5000; ms += 250) {
      seen.push(idOf(await keys.find('h')));
      clock.advance(250);
      await settle();
    }
    expect(seen.at(-1)).toBe('unknown');
    expect(seen.lastIndexOf('k1') * 250).toBeLessThan(5000);
  });

  it('ends within five seconds also if a read hangs: then its requests wait', async () => {
    const { keys, clock, database } = world();
    await keys.find('h');
    database.hold = true;
    database.answer = null;
    clock.advance(5000);
    const waiting = keys.find('h');
    expect(waiting).toBeInstanceOf(Promise);
    database.held.pop()?.();
    expect(await waiting).toBe('unknown');
  });

  it('ends to the millisecond when it expires', async () => {
    const { keys, clock } = world({ ...KEY, expiresInMs: 1000 });
    await keys.find('h');
    clock.advance(999);
    expect(idOf(keys.find('h') as Found)).toBe('k1');
    clock.advance(1);
    expect(keys.find('h')).toBe('unknown');
  });
});

describe('while the database cannot be read', () => {
  it('a known key goes on for a minute, and then its requests fail', async () => {
    const { keys, clock, database, reads } = world();
    await keys.find('h');
    database.answer = new Error('away');
    clock.advance(5000);
    expect(idOf(await keys.find('h'))).toBe('k1');
    clock.advance(999);
    // From now on nobody waits, and a read is tried once a second.
    expect(idOf(keys.find('h') as Found)).toBe('k1');
    expect(reads).toHaveLength(2);
    clock.advance(53_000);
    expect(idOf(keys.find('h') as Found)).toBe('k1');
    await settle();
    clock.advance(2000);
    await expect(keys.find('h')).rejects.toThrow('away');
  });

  it('an expired key does not go on', async () => {
    const { keys, clock, database } = world({ ...KEY, expiresInMs: 7000 });
    await keys.find('h');
    database.answer = new Error('away');
    clock.advance(5000);
    await keys.find('h');
    clock.advance(2000);
    expect(keys.find('h')).toBe('unknown');
  });

  it('a key that was never read fails, and is not taken for a wrong one', async () => {
    const { keys, database } = world(new Error('away'));
    await expect(keys.find('h')).rejects.toThrow('away');
    database.answer = KEY;
    expect(idOf(await keys.find('h'))).toBe('k1');
  });

  it('after it has come back, what was revoked meanwhile ends', async () => {
    const { keys, clock, database } = world();
    await keys.find('h');
    database.answer = new Error('away');
    clock.advance(5000);
    await keys.find('h');
    database.answer = null;
    clock.advance(1000);
    keys.find('h');
    await settle();
    expect(keys.find('h')).toBe('unknown');
  });
});

describe('a key that does not exist', () => {
  it('is not read if it cannot be one', async () => {
    const { keys, reads } = world();
    expect([keys.find('h', false), reads]).toEqual(['unknown', []]);
    expect(idOf(await keys.find('h'))).toBe('k1');
  });

  it('is read again after five seconds only, so that a new key works by then', async () => {
    const { keys, clock, database, reads } = world(null);
    expect(await keys.find('h')).toBe('unknown');
    database.answer = KEY;
    clock.advance(4999);
    expect(keys.find('h')).toBe('unknown');
    expect(reads).toHaveLength(1);
    clock.advance(1);
    expect(idOf(await keys.find('h'))).toBe('k1');
  });

  it('in a flood costs 200 reads a second, and the known keys go on', async () => {
    const { keys, clock, reads } = world();
    await keys.find('mine');
    let busy = 0;
    for (let n = 0; n < 1000; n += 1) {
      const found = keys.find(`forged ${n}`);
      if (found === 'busy') busy += 1;
      else await found;
    }
    expect([busy, reads.length]).toEqual([801, 200]);
    expect(idOf(keys.find('mine') as Found)).toBe('k1');
    clock.advance(1000);
    for (let n = 1000; n < 2000; n += 1) await keys.find(`forged ${n}`);
    expect(reads).toHaveLength(400);
  });

  it('in a flood that the database answers slowly has 100 reads under way', () => {
    const { keys, database, reads } = world();
    database.hold = true;
    const found = Array.from({ length: 150 }, (_, n) => keys.find(`forged ${n}`));
    expect([reads.length, found.filter((each) => each === 'busy').length]).toEqual([100, 50]);
  });

  it('does not push out a known key, however many there are', async () => {
    const { keys, clock, database, reads } = world();
    await keys.find('mine');
    database.answer = null;
    for (let n = 0; n < 12_000; n += 1) {
      await keys.find(`forged ${n}`);
      // Often enough that the key is not read again, and slow enough for the limit.
      if (n % 100 === 0) clock.advance(20);
    }
    const before = reads.length;
    expect(idOf(await keys.find('mine'))).toBe('k1');
    expect(reads.length).toBe(before);
  });
});

describe('the limit of a key', () => {
  it('lets so many requests through in a second, and says when the next one may come', async () => {
    const { keys, clock } = world({ ...KEY, perSecond: 2 });
    const found = await keys.find('h');
    if (typeof found === 'string') throw new Error('the key is known');
    expect([found.take(), found.take(), found.take(), found.take()]).toEqual([null, null, 500, 500]);
    clock.advance(500);
    expect([found.take(), found.take()]).toEqual([null, 500]);
  });

  it('is not forgotten when the key is read again', async () => {
    const { keys, clock } = world({ ...KEY, perSecond: 1 });
    const take = async () => {
      const found = await keys.find('h');
      return typeof found === 'string' ? found : found.take();
    };
    await take();
    clock.advance(2500);
    expect(await take()).toBeNull();
    await settle();
    expect(await take()).toBe(1000);
  });

  it('is none by default', async () => {
    const { keys } = world();
    const found = await keys.find('h');
    if (typeof found === 'string') throw new Error('the key is known');
    for (let n = 0; n < 10_000; n += 1) expect(found.take()).toBeNull();
  });
});
