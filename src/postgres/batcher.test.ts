import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StoreError } from '../ports/store.ts';
import { type BatcherOptions, createBatcher } from './batcher.ts';

/** A statement under way, to be ended by the test. */
interface Statement {
  readonly items: readonly string[];
  /** Each item's result is its own name in upper case. */
  succeed(): void;
  fail(error: unknown): void;
}

/** A batcher over items whose keys are their letters, and the statements that it sent. */
function batcher(options: Partial<BatcherOptions<string, string>> = {}) {
  const statements: Statement[] = [];
  const add = createBatcher<string, string>({
    keysOf: (item) => item.split(''),
    run: (items) =>
      new Promise((resolve, reject) => {
        const succeed = () => resolve(items.map((item) => item.toUpperCase()));
        statements.push({ items, succeed, fail: reject });
      }),
    ...options,
  });
  return { add, statements, sent: () => statements.map(({ items }) => items) };
}

/** A server's error, as the driver gives it and the session wraps it. */
function refusal(code: string): StoreError {
  const cause = Object.assign(new Error(`error ${code}`), { code, severity: 'ERROR' });
  return new StoreError('unavailable', 'refused', { cause });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A batch is sent at the end of a turn. If it is halved, its parts follow each other. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await turn();
}

describe('when a batch is sent', () => {
  it('an item is sent at the end of the turn if nothing is under way, alone or with others', async () => {
    const { add, sent } = batcher();
    void add('a');
    await turn();
    expect(sent()).toEqual([['a']]);
  });

  it('items of the same turn of the event loop are sent together, also from another socket', async () => {
    const { add, sent } = batcher();
    void add('a');
    await Promise.resolve();
    process.nextTick(() => void add('b'));
    await turn();
    expect(sent()).toEqual([['a', 'b']]);
  });

  it('items added together are sent together', async () => {
    const { add, sent } = batcher();
    for (const item of ['a', 'b', 'c']) void add(item);
    await settled();
    expect(sent()).toEqual([['a', 'b', 'c']]);
  });

  it('items that come while a statement is under way are sent in one, when it has ended', async () => {
    const { add, statements, sent } = batcher();
    for (const item of ['a', 'b', 'c']) {
      void add(item);
      await settled();
    }
    expect(sent()).toEqual([['a']]);
    statements[0]?.succeed();
    await settled();
    expect(sent()).toEqual([['a'], ['b', 'c']]);
  });

  it('a statement that hangs is overtaken, but two are under way at most', async () => {
    const { add, statements, sent } = batcher({ overtakeAfterMs: 0 });
    for (const item of ['a', 'b', 'c', 'd']) {
      void add(item);
      await settled();
    }
    expect(sent()).toEqual([['a'], ['b']]);
    statements[1]?.succeed();
    await settled();
    expect(sent()).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  it('a statement that overtakes a hanging one is followed as usual', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { add, statements, sent } = batcher({ overtakeAfterMs: 50 });
    for (const item of ['a', 'b']) void add(item);
    await settled();
    vi.advanceTimersByTime(50);
    for (const item of ['c', 'd']) {
      void add(item);
      await settled();
      statements.at(-1)?.succeed();
      await settled();
    }
    expect(sent()).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  describe('an item that came while a statement hangs', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
    afterEach(() => void vi.useRealTimers());

    it('overtakes it, whether or not another comes', async () => {
      const { add, sent } = batcher({ overtakeAfterMs: 50 });
      for (const item of ['a', 'b']) {
        void add(item);
        await settled();
      }
      vi.advanceTimersByTime(49);
      await settled();
      expect(sent()).toEqual([['a']]);
      vi.advanceTimersByTime(1);
      await settled();
      expect(sent()).toEqual([['a'], ['b']]);
    });

    it('does not, where it had ended', async () => {
      const { add, statements, sent } = batcher({ overtakeAfterMs: 50 });
      for (const item of ['a', 'b']) {
        void add(item);
        await settled();
      }
      statements[0]?.succeed();
      await settled();
      void add('c');
      vi.advanceTimersByTime(49);
      await settled();
      expect(sent()).toEqual([['a'], ['b']]);
    });
  });

  it('a batch is no longer than allowed', async () => {
    const { add, sent } = batcher({ maxItems: 2, overtakeAfterMs: 0 });
    for (const item of ['a', 'b', 'c', 'd', 'e']) void add(item);
    await settled();
    expect(sent()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('a failed statement makes room too', async () => {
    const { add, statements, sent } = batcher({ maxInFlight: 1 });
    const first = add('a');
    await settled();
    void add('b');
    statements[0]?.fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await settled();
    expect(sent()).toEqual([['a'], ['b']]);
  });
});

describe('behind a database that hangs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('an item that has waited too long is refused and never sent', async () => {
    const { add, statements, sent } = batcher({ maxInFlight: 1, maxWaitMs: 1000 });
    const results = Promise.allSettled(['a', 'b'].map(add));
    await settled();
    const old = Promise.allSettled(['c', 'd'].map(add));
    vi.advanceTimersByTime(1001);
    const young = add('e');
    statements[0]?.fail(new StoreError('outcome_unknown', 'too slow'));
    await results;
    const refused = { status: 'rejected', reason: { name: 'StoreError', kind: 'unavailable' } };
    expect(await old).toMatchObject([refused, refused]);
    expect(sent()).toEqual([['a', 'b'], ['e']]);
    statements[1]?.succeed();
    expect(await young).toBe('E');
  });
});

describe('what may share a batch', () => {
  it('items that share a key never do, and the later one is sent next', async () => {
    const { add, sent } = batcher({ overtakeAfterMs: 0 });
    for (const item of ['ax', 'bx', 'c', 'ay']) void add(item);
    await settled();
    expect(sent()).toEqual([
      ['ax', 'c'],
      ['ay', 'bx'],
    ]);
  });

  it('items without keys always may', async () => {
    const { add, sent } = batcher({ keysOf: () => [] });
    for (const item of ['b', 'a', 'b']) void add(item);
    await settled();
    expect(sent()).toEqual([['b', 'a', 'b']]);
  });

  it('a batch is sorted by first key, whatever the order of arrival', async () => {
    const { add, sent } = batcher();
    for (const item of ['c', 'a', 'd', 'b']) void add(item);
    await settled();
    expect(sent()).toEqual([['a', 'b', 'c', 'd']]);
  });
});

describe('results', () => {
  it('each item gets its own', async () => {
    const { add, statements } = batcher();
    const results = Promise.all(['b', 'a'].map(add));
    await settled();
    statements[0]?.succeed();
    expect(await results).toEqual(['B', 'A']);
  });

  it('an error of no particular row is the error of all items', async () => {
    const { add, statements } = batcher();
    const results = Promise.allSettled(['a', 'b'].map(add));
    await settled();
    const error = new StoreError('outcome_unknown', 'lost');
    statements[0]?.fail(error);
    expect(await results).toEqual([
      { status: 'rejected', reason: error },
      { status: 'rejected', reason: error },
    ]);
    expect(statements).toHaveLength(1);
  });

  it('a bad row is alone in the end, and the others succeed', async () => {
    const sizes: number[] = [];
    const add = createBatcher<string, string>({
      keysOf: (item) => [item],
      run: async (items) => {
        sizes.push(items.length);
        if (items.some((item) => item.endsWith('!'))) throw refusal('23514');
        return items;
      },
    });
    const items = ['h!', 'b', 'a', 'c!', 'd', 'g', 'e', 'f'];
    const results = await Promise.allSettled(items.map(add));
    expect(results.map(({ status }) => status)).toEqual(
      items.map((item) => (item.endsWith('!') ? 'rejected' : 'fulfilled')),
    );
    // Halved, never tried one by one: two bad rows of eight.
    expect(sizes).toEqual([8, 4, 2, 2, 1, 1, 4, 2, 2, 1, 1]);
  });

  it.each(['40001', '40P01'])('%s is repeated with the same items', async (code) => {
    const { add, statements, sent } = batcher();
    const results = Promise.all(['a', 'b'].map(add));
    await settled();
    statements[0]?.fail(refusal(code));
    await settled();
    statements[1]?.succeed();
    expect(await results).toEqual(['A', 'B']);
    expect(sent()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('nothing is repeated for ever', async () => {
    let tries = 0;
    const add = createBatcher<string, string>({
      keysOf: (item) => [item],
      run: async () => {
        tries += 1;
        throw refusal('40001');
      },
    });
    await expect(add('a')).rejects.toThrow('refused');
    expect(tries).toBe(9);
  });

  it('an error that may have been written is never repeated', async () => {
    const { add, statements } = batcher();
    const result = add('a');
    await settled();
    statements[0]?.fail(new StoreError('outcome_unknown', 'lost'));
    await expect(result).rejects.toMatchObject({ kind: 'outcome_unknown' });
    await settled();
    expect(statements).toHaveLength(1);
  });

  it('a statement that cannot even be built fails its own items only', async () => {
    const add = createBatcher<string, string>({
      keysOf: (item) => [item],
      run: (items) => {
        if (items.includes('broken')) throw new TypeError('cannot be built');
        return Promise.resolve(items);
      },
    });
    await expect(add('broken')).rejects.toThrow('cannot be built');
    await expect(add('whole')).resolves.toBe('whole');
  });
});

describe('whatever is added', () => {
  it('every item gets its own result, no key is twice in a batch, and at most two are under way', async () => {
    const item = fc.stringMatching(/^[a-e]{1,3}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(item, { maxLength: 8 }), { maxLength: 6 }), async (waves) => {
        let underWay = 0;
        const add = createBatcher<string, string>({
          maxItems: 4,
          keysOf: (text) => [...new Set(text)],
          run: async (items) => {
            underWay += 1;
            const keys = items.flatMap((text) => [...new Set(text)]);
            expect(new Set(keys).size).toBe(keys.length);
            expect(items.length).toBeLessThanOrEqual(4);
            expect(underWay).toBeLessThanOrEqual(2);
            await settled();
            underWay -= 1;
            return items.map((text) => text.toUpperCase());
          },
        });
        const verdicts: Promise<string[]>[] = [];
        for (const wave of waves) {
          verdicts.push(Promise.all(wave.map(add)));
          await Promise.resolve();
        }
        expect(await Promise.all(verdicts)).toEqual(
          waves.map((wave) => wave.map((text) => text.toUpperCase())),
        );
      }),
    );
  });
});
