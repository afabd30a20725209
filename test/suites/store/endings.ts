/**
 * How a write may end when its statement does not simply succeed: committed but not acknowledged, never arrived,
 * arrived too late, or rolled back so that it may be repeated. After each of them the caller does what callers do: it
 * reads, and it makes the same write again. The effect must be there exactly once.
 */
import { describe, expect, test } from 'vitest';
import type { Environment } from './environment.ts';
import { everythingAbout } from './fixtures.ts';
import { FOLLOW_UP_WRITES } from './follow-up-writes.ts';
import { KEY, type Kind, ORDER, WRITES, type Write } from './writes.ts';

export const UNKNOWN = { name: 'StoreError', kind: 'outcome_unknown' };
const NOTHING_WRITTEN = { name: 'StoreError', kind: 'unavailable' };

export function endingTests(env: Environment): void {
  async function applies(call: Promise<unknown>, { applied }: Write): Promise<void> {
    expect(await call).toEqual(applied);
  }

  /** The write has been made, once. When it is made again, by any caller, it is known as made. */
  async function expectMade(write: Write, look: () => Promise<unknown>): Promise<void> {
    const made = await look();
    expect(made).toMatchObject(write.seen as object);
    expect(await write.call(env.frail)).toEqual(write.again);
    expect(await look()).toMatchObject((write.seenAgain ?? write.seen) as object);
    if (write.seenAgain === undefined) expect(await look()).toEqual(made);
    expect(await write.call(env.store)).toEqual(write.again);
    if (write.seenAgain === undefined) expect(await look()).toEqual(made);
  }

  const kinds = [...WRITES, ...FOLLOW_UP_WRITES];
  describe.each(kinds)('the ending of $name', (kind: Kind) => {
    const look = (): Promise<unknown> =>
      kind.look?.(env.other) ?? everythingAbout(env.other, ORDER, KEY.hash);
    test('acknowledged: it is made', async () => {
      const write = await kind.prepare(env);
      await applies(write.call(env.frail), write);
      await expectMade(write, look);
      expect(await env.failures()).toBe(0);
    });

    test('committed but not acknowledged: it is made, and not twice when it is repeated', async () => {
      const write = await kind.prepare(env);
      await env.failNext('lost_committed');
      await expect(write.call(env.frail)).rejects.toMatchObject(UNKNOWN);
      await expectMade(write, look);
      expect(await env.failures()).toBe(1);
    });

    test('lost on its way: nothing is written, and it is made when it is repeated', async () => {
      const write = await kind.prepare(env);
      const before = await look();
      await env.failNext('lost');
      await expect(write.call(env.frail)).rejects.toMatchObject(UNKNOWN);
      expect(await look()).toEqual(before);
      await applies(write.call(env.frail), write);
      await expectMade(write, look);
      expect(await env.failures()).toBe(1);
    });

    test('lost again and again: made once in the end', async () => {
      const write = await kind.prepare(env);
      for (const ending of ['lost', 'lost', 'lost_committed'] as const) {
        await env.failNext(ending);
        await expect(write.call(env.frail)).rejects.toMatchObject(UNKNOWN);
      }
      await expectMade(write, look);
      expect(await env.failures()).toBe(3);
    });

    test('late, and nobody was faster: it is made when it arrives', async () => {
      const write = await kind.prepare(env);
      const before = await look();
      await env.failNext('late');
      await expect(write.call(env.frail)).rejects.toMatchObject(UNKNOWN);
      expect(await look()).toEqual(before);
      await env.arrive();
      await expectMade(write, look);
      expect(await env.failures()).toBe(1);
    });

    test('late, and repeated meanwhile: made once', async () => {
      const write = await kind.prepare(env);
      await env.failNext('late');
      await expect(write.call(env.frail)).rejects.toMatchObject(UNKNOWN);
      await applies(write.call(env.store), write);
      const made = await look();
      expect(made).toMatchObject(write.seen as object);
      await env.arrive();
      if (write.seenAgain === undefined) expect(await look()).toEqual(made);
      else expect(await look()).toMatchObject(write.seenAgain as object);
      expect(await env.failures()).toBe(1);
    });

    test('rolled back and repeatable: the verdict is true, and it is made once', async () => {
      const write = await kind.prepare(env);
      const before = await look();
      await env.failNext('serialization');
      const verdict = await write.call(env.frail).catch((error: unknown) => error);
      expect(await env.failures()).toBe(1);
      if (kind.repeated) {
        expect(verdict).toEqual(write.applied);
      } else {
        // Either is the port's word for: nothing was written, it may be made again.
        expect([expect.objectContaining(NOTHING_WRITTEN), { kind: 'lost' }]).toContainEqual(verdict);
        expect(await look()).toEqual(before);
        await applies(write.call(env.frail), write);
      }
      await expectMade(write, look);
    });
  });
}
