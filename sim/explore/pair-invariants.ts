/** What must hold of two refunds of one payment, beside what must hold of each. Written here once more, independently of the domain. */
import { createJudge, isOver } from './invariants.ts';
import type { State } from './model.ts';
import type { Pair, PairStep, PairWorld } from './pair.ts';
import type { Judge } from './search.ts';

const PAIR_INVARIANTS = [
  'the sums say what the statuses say',
  'no more is admitted than was captured',
  'no more is given back than was captured',
  'a reservation ends with the money back, or with proof that it stays',
  'what failed by absence is looked up before the next refund is sent, and leaves room for it',
] as const;
type PairInvariant = (typeof PAIR_INVARIANTS)[number];

/** What nobody can promise over a gateway that breaks its contract. */
const UNDER_CONTRACT: ReadonlySet<PairInvariant> = new Set([
  'no more is given back than was captured',
  'a reservation ends with the money back, or with proof that it stays',
]);

export function createPairJudge({ world, capturedMinor, amountsMinor }: PairWorld): Judge<Pair> {
  const single = createJudge(world);
  const checks = new Map<string, number>();
  const holds = (name: PairInvariant, ok: () => boolean): boolean => {
    if (world.breaksContract && UNDER_CONTRACT.has(name)) return true;
    checks.set(name, (checks.get(name) ?? 0) + 1);
    return ok();
  };
  const firstBroken = (rules: readonly (readonly [PairInvariant, () => boolean])[]): PairInvariant | null =>
    rules.find(([name, ok]) => !holds(name, ok))?.[0] ?? null;

  function ofState(state: Pair): string | null {
    const [first, second] = state.refunds;
    const ofOne = single.state(first) ?? (second === null ? null : single.state(second));
    return (
      ofOne ??
      firstBroken([
        [PAIR_INVARIANTS[0], () => isSummedUp(state, amountsMinor)],
        [PAIR_INVARIANTS[2], () => atGateway(state, amountsMinor) <= capturedMinor],
      ])
    );
  }

  function ofStep(before: Pair, move: PairStep): string | null {
    const { of, step, next } = move;
    if (of === null) {
      const isOpened = before.refunds[1] === null && next.refunds[1] !== null;
      if (!isOpened) return null;
      const { refundingMinor, refundedMinor } = next.sums;
      return firstBroken([[PAIR_INVARIANTS[1], () => refundingMinor + refundedMinor <= capturedMinor]]);
    }
    const was = before.refunds[of];
    const is = next.refunds[of];
    if (was === null || is === null || step === null) return null;
    const ofOne = single.step(was, step);
    if (ofOne !== null) return ofOne;
    const isReleased = next.sums.refundingMinor < before.sums.refundingMinor;
    return firstBroken([
      ...(isReleased ? [[PAIR_INVARIANTS[3], () => isProved(is)] as const] : []),
      ...(of === 1 && isSent(was, is)
        ? [[PAIR_INVARIANTS[4], () => before.asks !== 'must' && before.asks !== 'exceeds'] as const]
        : []),
    ]);
  }

  /** Made, or impossible from now on. */
  function isProved(refund: State): boolean {
    const isMade = refund.books[0].charges.some(({ status }) => status === 'live' || status === 'undone');
    return isMade || isOver(refund, 1, world);
  }

  return {
    state: ofState,
    step: (before, step) => ofStep(before, step as PairStep),
    get checks() {
      return new Map([...single.checks, ...checks]);
    },
  };
}

function isSummedUp({ refunds, sums }: Pair, amountsMinor: readonly [number, number]): boolean {
  let refundingMinor = 0;
  let refundedMinor = 0;
  for (const [index, refund] of refunds.entries()) {
    if (refund === null) continue;
    const { status } = refund.row.operation;
    const amountMinor = amountsMinor[index] ?? 0;
    if (status === 'COMPLETED') refundedMinor += amountMinor;
    else if (status !== 'FAILED') refundingMinor += amountMinor;
  }
  return sums.refundingMinor === refundingMinor && sums.refundedMinor === refundedMinor;
}

/** What the gateway has given back, or may yet, of the amounts that were asked for. */
function atGateway({ refunds }: Pair, amountsMinor: readonly [number, number]): number {
  return refunds.reduce((sum, refund, index) => {
    const isThere = refund?.books[0].charges.some(
      ({ status }) => status !== 'declined' && status !== 'undone',
    );
    return sum + (isThere === true ? (amountsMinor[index] ?? 0) : 0);
  }, 0);
}

function isSent(was: State, is: State): boolean {
  return was.workers.some(
    ({ stage }, index) => stage.at === 'claimed' && is.workers[index]?.stage.at === 'waiting',
  );
}
