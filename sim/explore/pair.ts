/**
 * Two refunds of one payment, side by side. Each has a row, a worker and a key of its own. All that they share is the payment's sums,
 * and what one looks up of the other before it is sent. The second is opened whenever it fits.
 *
 * Bounded: one worker for each refund, and one call where the gateway keeps its contract. The first refund is there from the beginning. The sums are read and
 * compared in one step, because the statement that opens a refund compares them in the row that it changes. The list of released refunds is
 * read with the claim.
 */
import type { Sums } from '../../src/domain/sums.ts';
import { addEvidence } from './database.ts';
import { encode } from './encode.ts';
import { NO_FAULTS, type Others, type State, type Step, type World } from './model.ts';
import { createPairJudge } from './pair-invariants.ts';
import type { Model, Move } from './search.ts';
import { hasEnded, moved } from './single.ts';
import { deeds, initialStates, MUCH_TIME, tickWord } from './steps.ts';
import { describe } from './story.ts';
import { muchLater, tick, tickFaults } from './time.ts';

export interface PairWorld {
  /** The world of each of the two. */
  readonly world: World;
  readonly capturedMinor: number;
  readonly amountsMinor: readonly [number, number];
}

export interface Pair {
  /** The second one: null until it is opened. */
  readonly refunds: readonly [State, State | null];
  readonly sums: Sums;
  /** Refunds that failed without the gateway's word, as the sums count them. */
  readonly absences: number;
  /** What the second one must ask before it is sent, and whether it has: for the judge alone. */
  readonly asks: 'nothing' | 'must' | 'has' | 'exceeds';
}

export interface PairStep extends Move<Pair> {
  /** Whose step it is. Null: of time, or of the customer. */
  readonly of: 0 | 1 | null;
  readonly step: Step | null;
}

export function pair(pairWorld: PairWorld): Model<Pair> {
  const { world } = pairWorld;
  return {
    name: world.name,
    maxFaults: world.maxFaults,
    initial: () => initialStates(world).map((first) => opened(pairWorld, first)),
    steps: (state, budget) => stepsOf(state, pairWorld, budget),
    encode: ({ refunds: [first, second], sums, absences, asks }) =>
      `${encode(first, world)}/${second === null ? '' : encode(second, world)}/${sums.refundingMinor},${sums.refundedMinor},${absences}${asks[0]}`,
    judge: () => createPairJudge(pairWorld),
    hasEnded: ({ refunds: [first, second] }) =>
      hasEnded(first, world) && (second === null || hasEnded(second, world)),
    moves: ({ refunds: [a, b] }, { refunds: [c, d] }) => [...movesOf(a, c), ...movesOf(b, d)],
    describe: ({ refunds: [first, second], sums }) =>
      `refunding ${sums.refundingMinor}, refunded ${sums.refundedMinor} of ${sums.capturedMinor}\n       ${describe(first)}` +
      (second === null ? '' : `\n       ${describe(second)}`),
  };
}

function opened({ capturedMinor, amountsMinor: [amountMinor] }: PairWorld, first: State): Pair {
  const sums = { capturedMinor, refundingMinor: amountMinor, refundedMinor: 0, elsewhereMinor: 0 };
  return { refunds: [first, null], sums, absences: 0, asks: 'nothing' };
}

function movesOf(before: State | null, after: State | null): readonly string[] {
  return before === null || after === null
    ? []
    : moved(before.row.operation.status, after.row.operation.status);
}

function stepsOf(state: Pair, pairWorld: PairWorld, budget: number): readonly PairStep[] {
  return [
    ...stepsOfOne(state, 0, pairWorld, budget),
    ...stepsOfOne(state, 1, pairWorld, budget),
    ...opening(state, pairWorld),
    ...timeSteps(state, pairWorld, budget),
  ];
}

function stepsOfOne(state: Pair, of: 0 | 1, pairWorld: PairWorld, budget: number): PairStep[] {
  const own = state.refunds[of];
  if (own === null) return [];
  const { world, amountsMinor } = pairWorld;
  const seeing: State = { ...own, others: othersOf(state, of, pairWorld) };
  return deeds(seeing, world, budget).map((step): PairStep => {
    const { who, faults, mark, decision, evidenceOfOther } = step;
    const refunds = withOne(state, of, { ...step.next, others: null }, evidenceOfOther ?? null);
    const before = own.row.operation.status;
    const after = step.next.row.operation.status;
    const change = world.decisions.sumChange(before, after, amountsMinor[of]);
    const { sums } = state;
    const next: Pair = {
      refunds,
      sums: {
        ...sums,
        refundingMinor: sums.refundingMinor + change.refundingMinor,
        refundedMinor: sums.refundedMinor + change.refundedMinor,
      },
      absences: state.absences + (decision?.settled?.byAbsence === true ? 1 : 0),
      asks: of === 1 ? (askedBy(own, step) ?? state.asks) : state.asks,
    };
    const what = `${step.what} (refund ${of + 1})`;
    return {
      ...{ of, step, who, what, faults, next },
      ...(mark === undefined ? {} : { mark }),
      ...(decision === undefined ? {} : { decision }),
    };
  });
}

/** What the gateway has just said about the first refund. Null: nothing. */
function askedBy({ workers }: State, { who, next }: Step): Pair['asks'] | null {
  if (who !== 0 && who !== 1) return null;
  const { stage } = workers[who];
  const is = next.workers[who].stage;
  if (stage.at !== 'verifying' || stage.left.length === 0 || is.at !== 'verified') return null;
  const { kind } = is.outcome;
  if (kind === 'unavailable') return null;
  return kind === 'exceeded' || kind === 'made' ? 'exceeds' : 'has';
}

function othersOf({ refunds, sums }: Pair, of: 0 | 1, { amountsMinor }: PairWorld): Others | null {
  const other = refunds[of === 0 ? 1 : 0];
  if (other === null) return null;
  const { row, books } = other;
  const released = row.operation.status === 'FAILED' && row.absent !== 0;
  const otherMinor = amountsMinor[of === 0 ? 1 : 0];
  return { amountMinor: amountsMinor[of], released, otherMinor, book: books[0], sums };
}

function withOne(
  { refunds: [first, second] }: Pair,
  of: 0 | 1,
  next: State,
  evidenceOfOther: string | null,
): Pair['refunds'] {
  if (of === 0) return [next, second === null ? null : toldOf(second, evidenceOfOther)];
  return [toldOf(first, evidenceOfOther), next];
}

/** What is known of the other one is written down as evidence. Bounded: a third report of the same would be one more of the same. */
export function toldOf(other: State, evidence: string | null): State {
  return evidence === null || other.row.evidence > 1 ? other : addEvidence(other, 1, evidence);
}

/** The customer opens the second refund, if it fits into what is left. */
function opening(state: Pair, { world, amountsMinor: [, amountMinor] }: PairWorld): PairStep[] {
  const { refunds, sums, absences } = state;
  if (refunds[1] !== null) return [];
  const told = { of: null, step: null, who: 'customer', faults: NO_FAULTS } as const;
  if (world.decisions.admit(sums, amountMinor, world.policy.contract.lookup).kind === 'exceeds') {
    return [{ ...told, what: 'is told that refund 2 exceeds what is left', mark: 'exceeds', next: state }];
  }
  const verifyFirst = absences > 0 && world.policy.contract.lookup;
  return initialStates(world, { verifyFirst }).map((second): PairStep => {
    const next: Pair = {
      ...state,
      refunds: [refunds[0], second],
      sums: { ...sums, refundingMinor: sums.refundingMinor + amountMinor },
      asks: verifyFirst ? 'must' : 'nothing',
    };
    const mark = verifyFirst ? 'a refund opened to verify' : 'a refund opened to call';
    return { ...told, what: 'opens refund 2', mark, next };
  });
}

function timeSteps(state: Pair, { world }: PairWorld, budget: number): PairStep[] {
  const [first, second] = state.refunds;
  const steps: PairStep[] = [];
  const told = { of: null, step: null, who: 'time' } as const;
  const faults = second === null ? tickFaults(first) : [...tickFaults(first), ...tickFaults(second)];
  if (faults.length <= budget) {
    const refunds: Pair['refunds'] = [tick(first, world), second === null ? null : tick(second, world)];
    steps.push({ ...told, what: tickWord(faults), faults, next: { ...state, refunds } });
  }
  const later = laterOrAtRest(first, world);
  const laterToo = second === null ? null : laterOrAtRest(second, world);
  const isChanged = later !== first || laterToo !== second;
  if (later !== null && (second === null || laterToo !== null) && isChanged) {
    steps.push({
      ...{ ...told, what: MUCH_TIME, faults: NO_FAULTS, next: { ...state, refunds: [later, laterToo] } },
    });
  }
  return steps;
}

/** Null: something is under way, so less time passes. */
function laterOrAtRest(state: State, world: World): State | null {
  const isAtRest = hasEnded(state, world) && state.late.length === 0;
  return muchLater(state, world) ?? (isAtRest ? state : null);
}
