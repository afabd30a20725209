/** What a protocol with rules of its own may rely on: records and charges in one transaction. */
import { describe, expect, test } from 'vitest';
import type { BookRecord, Books, RecordQuery } from '../../../src/fake-gateway/ledger/books.ts';
import { type Ledgers, newCharge, newOperation, T0 } from './fixtures.ts';

export function booksTests(ledgers: Ledgers): void {
  const inBooks = <T>(work: (books: Books) => Promise<T>, awaited = 'all'): Promise<T> =>
    ledgers.ledger.transact({ awaited }, work) as Promise<T>;
  const seen = <T>(work: (books: Books) => Promise<T>): Promise<T> =>
    ledgers.other.transact({}, work) as Promise<T>;
  const record = (id: string, changes: Partial<BookRecord> = {}): BookRecord => ({
    kind: 'note',
    id,
    atMs: T0,
    labels: [],
    data: { id },
    ...changes,
  });

  describe('the books', () => {
    test('keep a record for every process, and its place when it is written again', async () => {
      await inBooks(async (books) => {
        await books.write(record('a', { data: { text: 'ü🙂', list: [1, null] }, labels: ['x', 'y'] }));
        await books.write(record('b'));
        await books.write(record('a', { data: 'new', atMs: T0 + 5, labels: ['z'] }));
      });
      const [found, ids] = await seen(async (books) => [
        await books.read('note', 'a'),
        (await books.find({ kind: 'note', order: 'oldest', limit: 9 })).map(({ id }) => id),
      ]);
      expect(found).toMatchObject({ kind: 'note', id: 'a', atMs: T0 + 5, labels: ['z'], data: 'new' });
      expect(ids).toEqual(['a', 'b']);
      expect(await seen((books) => books.read('other', 'a'))).toBeUndefined();
    });

    test.each<[query: Partial<RecordQuery>, ids: string]>([
      [{}, 'a b c d'],
      [{ order: 'newest' }, 'd c b a'],
      [{ limit: 2 }, 'a b'],
      [{ labels: ['odd'] }, 'a c'],
      [{ labels: ['odd', 'first'] }, 'a'],
      [{ fromMs: T0 + 2 }, 'c d'],
      [{ untilMs: T0 + 2 }, 'a b c'],
      [{ kind: 'nothing' }, ''],
    ])('find by %j', async (query, ids) => {
      await inBooks(async (books) => {
        const labels = [['odd', 'first'], ['even'], ['odd'], ['even']];
        for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
          await books.write(record(id, { atMs: T0 + index, labels: labels[index] ?? [] }));
        }
      });
      const found = await seen((books) => books.find({ kind: 'note', order: 'oldest', limit: 9, ...query }));
      expect(found.map(({ id }) => id).join(' ')).toBe(ids);
    });

    test('find what came after or before a record', async () => {
      await inBooks(async (books) => {
        for (const id of ['a', 'b', 'c']) await books.write(record(id));
      });
      const seq = (await seen((books) => books.read('note', 'b')))?.seq ?? 0;
      const found = (query: Partial<RecordQuery>) =>
        seen(async (books) =>
          (await books.find({ kind: 'note', order: 'oldest', limit: 9, ...query })).map(({ id }) => id),
        );
      expect(await found({ afterSeq: seq })).toEqual(['c']);
      expect(await found({ beforeSeq: seq })).toEqual(['a']);
    });

    test('hold the charges that are booked in them, and what is done to these', async () => {
      const id = await inBooks(async (books) => {
        const first = await books.book(newCharge({ key: 'k' }));
        await books.book(newCharge({ key: 'k', generation: 1, outcome: 'declined', answer: 402 }));
        const done = await books.operate(
          newOperation({ kind: 'refund', chargeId: first.id, key: 'r', asked: 1 }),
          T0,
        );
        expect(done).toMatchObject({ kind: 'done', created: true });
        expect((await books.charges('k')).map(({ generation }) => generation)).toEqual([0, 1]);
        return first.id;
      });
      expect(await ledgers.other.byId(id)).toMatchObject({ operations: [{ key: 'r', amount: 1 }] });
      expect(await seen((books) => books.charge(id))).toEqual(await ledgers.other.byId(id));
      expect(await seen((books) => books.charge('ch_nobody'))).toBeUndefined();
      await expect(inBooks((books) => books.book(newCharge({ key: 'k' })))).rejects.toThrow(/booked already/);
    });

    test('are read and written by one at a time under one name, from two processes', async () => {
      const add = (from: Ledgers['ledger']) =>
        from.transact({ awaited: 'counter' }, async (books) => {
          const count = ((await books.read('note', 'count'))?.data as number | undefined) ?? 0;
          await books.write(record('count', { data: count + 1 }));
        });
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => add(index % 2 === 0 ? ledgers.ledger : ledgers.other)),
      );
      expect((await seen((books) => books.read('note', 'count')))?.data).toBe(20);
    });

    test('give names that nobody else has', async () => {
      const ids = await seen(async (books) => Array.from({ length: 50 }, () => books.newId('pi')));
      expect(new Set(ids).size).toBe(50);
      expect(ids[0]).toMatch(/^pi_[0-9a-f]{24}$/);
    });
  });
}
