/**
 * A capture and a void of one payment, side by side. Each has a row, a worker and a key of its own. What they share is the mark in the payment's
 * row of sums, which names the one that is open or has succeeded, and the charge, which the gateway lets end once.
 *
 * Bounded as two refunds are (`pair.ts`): one worker for each. The capture is there from the beginning. The void is opened as soon as the mark
 * is empty and the payment is still AUTHORIZED: both are compared in the row that the opening changes.
 */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { encode } from './encode.ts';
import { createEndsJudge } from './ends-invariants.ts';
import { isAtGateway } from './gateway.ts';
import { NO_FAULTS, type Others, type State, type Step, type World } from './model.ts';
import { toldOf } from './pair.ts';
import type { Model, Move } from './search.ts';
import { hasEnded, moved } from './single.ts';
import { deeds, initialStates, tickWord } from './steps.ts';
import { describe } from './story.ts';
import { tick, tickFaults } from './time.ts';

/** The world of the capture, and that of the void. */
export type EndsWorld = readonly [World, World];

export interface Ends {
  /** The void: null until it is opened. */
  readonly ends: readonly [State, State | null];
  /** Which of the two the row of sums names. */
  readonly mark: 0 | 1 | null;
  readonly payment: PaymentStatus;
}

export interface EndsStep extends Move<Ends> {
  /** Whose step it is. Null: of time, or of the customer. */
  readonly of: 0 | 1 | null;
  readonly step: Step | null;
}

export function endsPair(worlds: EndsWorld): Model<Ends> {
  const [world, other] = worlds;
  return {
    name: world.name,
    maxFaults: world.maxFaults,
    initial: () =>
      initialStates(world).map((first): Ends => ({ ends: [first, null], mark: 0, payment: 'AUTHORIZED' })),
    steps: (state, budget) => [
      ...stepsOfOne(state, 0, worlds, budget),
      ...stepsOfOne(state, 1, worlds, budget),
      ...opening(state, worlds),
      ...timeSteps(state, worlds, budget),
    ],
    encode: ({ ends: [first, second], mark, payment }) =>
      `${encode(first, world)}/${second === null ? '' : encode(second, other)}/${mark}${payment}`,
    judge: () => createEndsJudge(worlds),
    hasEnded: ({ ends: [first, second] }) =>
      hasEnded(first, world) && (second === null || hasEnded(second, other)),
    moves: ({ ends: [a, b] }, { ends: [c, d] }) => [...movesOf(a, c), ...movesOf(b, d)],
    describe: ({ ends: [first, second], mark, payment }) =>
      `${payment}, the mark names ${mark === null ? 'none' : NAMES[mark]}\n       ${describe(first)}` +
      (second === null ? '' : `\n       ${describe(second)}`),
  };
}

const NAMES = ['the capture', 'the void'] as const;

function movesOf(before: State | null, after: State | null): readonly string[] {
  return before === null || after === null
    ? []
    : moved(before.row.operation.status, after.row.operation.status);
}

function stepsOfOne(state: Ends, of: 0 | 1, worlds: EndsWorld, budget: number): EndsStep[] {
  const own = state.ends[of];
  if (own === null) return [];
  const world = worlds[of];
  const seeing: State = { ...own, others: othersOf(state, of) };
  return deeds(seeing, world, budget).map((step): EndsStep => {
    const { who, faults, mark, decision, evidenceOfOther } = step;
    const next: State = { ...step.next, others: null };
    const other = state.ends[of === 0 ? 1 : 0];
    const told = other === null ? null : toldOf(other, evidenceOfOther ?? null);
    const change = world.decisions.markChange(own.row.operation.status, next.row.operation.status);
    return {
      ...{ of, step, who, faults, what: `${step.what} (${NAMES[of]})` },
      next: {
        ends: of === 0 ? [next, told] : [told ?? state.ends[0], next],
        ...markedBy(state, of, change),
      },
      ...(mark === undefined ? {} : { mark }),
      ...(decision === undefined ? {} : { decision }),
    };
  });
}

/** What the statement does with the mark, and with the payment. */
function markedBy(
  { mark, payment }: Ends,
  of: 0 | 1,
  change: 'open' | 'succeeded' | 'failed' | undefined,
): Pick<Ends, 'mark' | 'payment'> {
  switch (change) {
    case undefined:
      return { mark, payment };
    case 'open':
      return { mark: mark ?? of, payment };
    case 'failed':
      return { mark: mark === of ? null : mark, payment };
    case 'succeeded': {
      const isEnded = payment === 'AUTHORIZED' || (payment === 'VOIDED' && of === 0);
      return { mark: of, payment: isEnded ? (of === 0 ? 'COMPLETED' : 'VOIDED') : payment };
    }
  }
}

/** If an earlier one was made after all, nothing is left for the next one. */
function othersOf({ ends }: Ends, of: 0 | 1): Others | null {
  const other = ends[of === 0 ? 1 : 0];
  if (other === null) return null;
  const { row, books } = other;
  const released = row.operation.status === 'FAILED' && row.absent !== 0;
  const sums = { capturedMinor: 1, refundingMinor: 1, refundedMinor: 0, elsewhereMinor: 0 };
  return { amountMinor: 1, released, otherMinor: 1, book: books[0], sums, ended: isAtGateway(books[0]) };
}

/** A client opens the void, if nothing keeps it out. One that comes second looks at the first one before it is sent. */
function opening(state: Ends, [, world]: EndsWorld): EndsStep[] {
  const { ends, mark, payment } = state;
  const told = { of: null, step: null, who: 'customer', faults: NO_FAULTS } as const;
  if (ends[1] !== null) return [];
  if (mark !== null || payment !== 'AUTHORIZED')
    return [
      { ...told, what: 'is told that a void is not possible', mark: 'a void is kept out', next: state },
    ];
  const verifyFirst = world.policy.contract.lookup;
  return initialStates(world, { verifyFirst }).map(
    (second): EndsStep => ({
      ...told,
      what: 'opens the void',
      mark: 'a void is opened',
      next: { ...state, ends: [ends[0], second], mark: 1 },
    }),
  );
}

function timeSteps({ ends, ...state }: Ends, [world, other]: EndsWorld, budget: number): EndsStep[] {
  const [first, second] = ends;
  const faults = second === null ? tickFaults(first) : [...tickFaults(first), ...tickFaults(second)];
  if (faults.length > budget) return [];
  const next: Ends = { ...state, ends: [tick(first, world), second === null ? null : tick(second, other)] };
  return [{ of: null, step: null, who: 'time', what: tickWord(faults), faults, next }];
}
