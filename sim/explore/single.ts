/** One world of one charge, or of one refund, as something to be searched. */
import { PAYMENT_STATUSES, type PaymentStatus } from '../../src/domain/payment.ts';
import { EXPLORED } from './effects.ts';
import { encode } from './encode.ts';
import { createJudge } from './invariants.ts';
import { isWished, type State, type Step, type World } from './model.ts';
import type { Model } from './search.ts';
import { initialStates, stepsFrom } from './steps.ts';
import { describe } from './story.ts';

export function single(world: World): Model<State> {
  return {
    name: world.name,
    maxFaults: world.maxFaults,
    initial: () => initialStates(world),
    steps: (state, budget) => stepsFrom(state, world, budget),
    encode: (state) => encode(state, world),
    judge() {
      const judge = createJudge(world);
      return { ...judge, step: (before, step) => judge.step(before, step as Step) };
    },
    hasEnded: (state) => hasEnded(state, world),
    moves: ({ row: before }, { row: after }) => moved(before.operation.status, after.operation.status),
    describe,
  };
}

/** Nothing is left to do: settled, nobody at work, no evidence to check; or a person must decide. */
export function hasEnded({ row, workers, books }: State, { kind }: World): boolean {
  if (row.wish === 'stands') return true;
  if (isWished(row)) return false;
  if (workers.some(({ stage }) => stage.at !== 'idle')) return false;
  const { status } = row.operation;
  if (status === 'REVIEW') return true;
  if ((status !== 'COMPLETED' && status !== 'FAILED') || row.evidence > 0) return false;
  // What is watched may rest as long as what it says is true.
  const isTrue =
    EXPLORED[kind].mayFail && books[0].charges.every(({ status: booked }) => booked !== 'undone');
  return row.due === null || (status === 'COMPLETED' && isTrue);
}

export function moved(from: Name, to: Name): readonly string[] {
  return from === to ? NONE : [MOVE_NAMES[from][to]];
}

const NONE: readonly string[] = [];
type Name = PaymentStatus;
/** Made once: marks are noted at every step. */
const MOVE_NAMES = Object.fromEntries(
  PAYMENT_STATUSES.map((from) => [
    from,
    Object.fromEntries(PAYMENT_STATUSES.map((to) => [to, `${from} -> ${to}`])),
  ]),
) as Readonly<Record<Name, Readonly<Record<Name, string>>>>;
