/** What must hold of a capture and a void of one payment, beside what must hold of each. Written here once more, independently of the domain. */
import type { Ends, EndsStep, EndsWorld } from './ends-pair.ts';
import { isAtGateway } from './gateway.ts';
import { createJudge, isOver } from './invariants.ts';
import type { State } from './model.ts';
import type { Judge } from './search.ts';

const ENDS_INVARIANTS = [
  'a payment is COMPLETED or VOIDED only as the gateway shows its charge',
  'what may have ended the charge keeps all others out',
  'nothing is sent while the other one may still end the charge',
  'one of them ends the charge',
] as const;
type EndsInvariant = (typeof ENDS_INVARIANTS)[number];

export function createEndsJudge(worlds: EndsWorld): Judge<Ends> {
  const singles = worlds.map(createJudge);
  const checks = new Map<string, number>();
  const firstBroken = (rules: readonly (readonly [EndsInvariant, () => boolean])[]): EndsInvariant | null =>
    rules.find(([name, ok]) => {
      checks.set(name, (checks.get(name) ?? 0) + 1);
      return !ok();
    })?.[0] ?? null;

  function ofState(state: Ends): string | null {
    for (const [index, one] of state.ends.entries()) {
      const broken = one === null ? null : (singles[index]?.state(one) ?? null);
      if (broken !== null) return broken;
    }
    return firstBroken([
      [ENDS_INVARIANTS[0], () => isAsShown(state)],
      [ENDS_INVARIANTS[1], () => state.mark !== null || state.ends.every((one) => isFailed(one))],
      [
        ENDS_INVARIANTS[3],
        () => state.ends.filter((one) => one !== null && isAtGateway(one.books[0])).length < 2,
      ],
    ]);
  }

  function ofStep(before: Ends, { of, step, next }: EndsStep): string | null {
    if (of === null || step === null) return null;
    const was = before.ends[of];
    const is = next.ends[of];
    if (was === null || is === null) return null;
    const broken = singles[of]?.step(was, step) ?? null;
    if (broken !== null) return broken;
    const other = before.ends[of === 0 ? 1 : 0];
    if (other === null || !isSent(was, is)) return null;
    const otherWorld = worlds[of === 0 ? 1 : 0];
    return firstBroken([[ENDS_INVARIANTS[2], () => isOver(other, 1, otherWorld)]]);
  }

  return {
    state: ofState,
    step: (before, step) => ofStep(before, step as EndsStep),
    get checks() {
      const all = singles.flatMap((one) => [...one.checks]);
      const sums = new Map<string, number>(checks);
      for (const [name, count] of all) sums.set(name, (sums.get(name) ?? 0) + count);
      return sums;
    },
  };
}

function isAsShown({ payment, ends: [capture, release] }: Ends): boolean {
  const isDone = (one: State | null): boolean =>
    one?.books[0].charges.some(({ status }) => status === 'live') === true;
  if (payment === 'COMPLETED') return isDone(capture);
  return payment !== 'VOIDED' || isDone(release);
}

function isFailed(one: State | null): boolean {
  return one === null || one.row.operation.status === 'FAILED';
}

function isSent(was: State, is: State): boolean {
  return was.workers.some(
    ({ stage }, index) => stage.at === 'claimed' && is.workers[index]?.stage.at === 'waiting',
  );
}
