/** Tests the simulation itself: it is deterministic, and it notices what is broken. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Advance } from '../../src/ports/store.ts';
import { replayedTape, seededTape } from '../core/tape.ts';
import type { GatewayModel } from '../gateway/model.ts';
import { type RunResult, run } from './run.ts';
import { shrink } from './shrink.ts';

/** What is broken in this test, if anything. The mocks below read it. */
const broken = vi.hoisted(() => ({ part: 'nothing' as 'nothing' | 'gateway' | 'store' | 'engine' }));

vi.mock('../gateway/model.ts', async (original) => {
  const real = await original<typeof import('../gateway/model.ts')>();
  return {
    ...real,
    createGatewayModel(...args: Parameters<typeof real.createGatewayModel>): GatewayModel {
      if (broken.part !== 'gateway') return real.createGatewayModel(...args);
      // Keys are forgotten at once, although the contract says that they are kept.
      const [options] = args;
      const forgetful = { ...options, contract: { ...options.contract, keyWindowMs: -1 } };
      return real.createGatewayModel(forgetful);
    },
  };
});

vi.mock('../world/store-wire.ts', async (original) => {
  const real = await original<typeof import('../world/store-wire.ts')>();
  return {
    ...real,
    connectStore(...args: Parameters<typeof real.connectStore>) {
      const store = real.connectStore(...args);
      if (broken.part !== 'store') return store;
      const [world] = args;
      // Every writer counts as the holder of the lease.
      return {
        ...store,
        advance(write: Advance) {
          const { accountId, orderId } = write.payment;
          const row = world.database.row(accountId, orderId)?.payment ?? write.expected;
          return store.advance({ ...write, expected: { ...write.expected, ...holder(row) } });
        },
      };
    },
  };
});

vi.mock('../../src/domain/transition/index.ts', async (original) => {
  const real = await original<typeof import('../../src/domain/transition/index.ts')>();
  const onCallEnded: typeof real.onCallEnded = (operation, outcome, context) => {
    // Takes a timeout for a refusal.
    const taken =
      broken.part === 'engine' && outcome.kind === 'unknown'
        ? ({ kind: 'refused', reason: outcome.reason } as const)
        : outcome;
    return real.onCallEnded(operation, taken, context);
  };
  return { ...real, onCallEnded };
});

function holder({ seq, fence, claimId }: Omit<Advance['expected'], 'mustBeDue'>) {
  return { seq, fence, claimId };
}

afterEach(() => {
  broken.part = 'nothing';
});

test('the same seed is the same run, and another seed is another', async () => {
  const [first, again, other] = [
    await run(seededTape(7), { keepStory: true }),
    await run(seededTape(7), { keepStory: true }),
    await run(seededTape(8), { keepStory: false }),
  ];
  expect(again.story).toEqual(first.story);
  expect(again.hash).toBe(first.hash);
  expect(other.hash).not.toBe(first.hash);
});

test('what a tape recorded is what it replays, and a story costs no choice', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const recorded = await run(seededTape(seed), { keepStory: false });
    const replayed = await run(replayedTape(recorded.drawn), { keepStory: true });
    expect(replayed.hash).toBe(recorded.hash);
    expect(replayed.drawn).toEqual(recorded.drawn);
  }
});

/** A story with fewer events than this cannot shrink much. */
const LONG_STEPS = 200;

/** The first seed that fails after more than a few steps. */
async function firstFailure(): Promise<RunResult> {
  for (let seed = 1; seed <= 100; seed += 1) {
    const result = await run(seededTape(seed), { keepStory: true });
    if (result.violation !== null && result.steps > LONG_STEPS) return result;
  }
  throw new Error('Nothing was noticed in 100 seeds.');
}

/** How many choices of its tape are not the plainest one. */
function choices({ drawn }: RunResult): number {
  return drawn.filter((value) => value !== 0).length;
}

describe('what is broken is noticed within 100 seeds', () => {
  test('a store without a fence', async () => {
    broken.part = 'store';
    const { violation } = await firstFailure();
    const invariants = ['2 intent', '4 moves', '9 time', '5 lease', '5 fence', '1 charged twice', '6 truth'];
    expect([...invariants, 'causes', 'attempts', 'doubt', 'operator']).toContain(violation?.invariant);
  });

  test.each([
    ['gateway', 'a gateway that forgets its keys', ['1 charged twice', 'time']],
    [
      'engine',
      'an engine that reads a time-out as a refusal',
      ['6 truth', '3 next charge', '1 charged twice', 'causes'],
    ],
  ] as const)('%s: %s, and it gets shorter', async (part, _what, invariants) => {
    broken.part = part;
    const failed = await firstFailure();
    expect(invariants).toContain(failed.violation?.invariant);
    // Only a few tries, to be fast. A real failure is shrunk with thousands.
    const { result } = await shrink(failed, { runs: 200 });
    expect(result.violation?.invariant).toBe(failed.violation?.invariant);
    expect(result.steps).toBeLessThanOrEqual(failed.steps);
    // Fewer events, or the same with fewer choices.
    const isShorter = result.steps < failed.steps || choices(result) < choices(failed);
    expect(isShorter).toBe(true);
  });
});

test('shrinking ends after so many events, whatever is left to try', async () => {
  broken.part = 'engine';
  const failed = await firstFailure();
  expect(await shrink(failed, { steps: 0 })).toMatchObject({ result: failed, runs: 0, steps: 0 });
  expect(await shrink(failed, { steps: 1 })).toMatchObject({ runs: 1 });
  const { runs, steps } = await shrink(failed, { steps: 2 * failed.steps });
  expect(steps).toBeGreaterThanOrEqual(2 * failed.steps);
  // A changed run may last many times as long as the one that failed.
  expect(runs).toBeLessThan((await shrink(failed, { runs: 100 })).runs);
});
