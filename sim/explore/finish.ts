/** The end of a worker's turn: the decision, its write under the fence, and the ways in which that can go wrong. */
import type { CallEnd, Context, Decision } from '../../src/domain/transition/index.ts';
import { addEvidence, isEvidence, isOverUnseen, release } from './database.ts';
import { IDLE, NO_FAULTS, type Stage, type State, type Step, type World, withWorker } from './model.ts';

/** The ends of the range from which the jitter is drawn. */
const ROLLS = [0, 0.999] as const;

/** The decisions that chance allows; those that do not differ are one. */
export function decisionsOf<T extends Decision>(world: World, decide: (context: Context) => T): T[] {
  const [low, high] = ROLLS.map((roll) => decide({ policy: world.policy, nowMs: 0, roll }));
  if (low === undefined || high === undefined) return [];
  const same =
    low.waitMs === high.waitMs &&
    low.event.type === high.event.type &&
    low.next.status === high.next.status &&
    low.next.step === high.next.step;
  return same ? [low] : [low, high];
}

export interface Ending {
  /** Faults left. */
  readonly budget: number;
  readonly decide: (context: Context) => Decision;
  /** What a call brought to light; null: it was no call. */
  readonly outcome: CallEnd | null;
  readonly evidenceSeen: number;
  readonly mark: string;
}

/** The worker decides and writes; it may also be paused between the two. */
export function ends(state: State, who: 0 | 1, world: World, ending: Ending): Step[] {
  const worker = state.workers[who];
  if (!worker.current) return refused(state, who, world, ending.outcome);
  const { budget, outcome, evidenceSeen, mark } = ending;
  return decisionsOf(world, ending.decide).flatMap((decision) => {
    const steps = finish(state, who, world, { budget, decision, outcome, evidenceSeen, mark });
    if (!worker.paused && budget > 0) {
      const stage: Stage = { at: 'writing', decision, outcome, evidenceSeen };
      const next = withWorker(state, who, { ...worker, stage, paused: true });
      steps.push({ who, what: 'decides, and is paused before the write', faults: ['worker paused'], next });
    }
    return steps;
  });
}

export interface Finish {
  /** Faults left. */
  readonly budget: number;
  /** Null: it is written already, and the worker does not know. */
  readonly decision: Decision | null;
  readonly outcome: CallEnd | null;
  readonly evidenceSeen: number;
  readonly mark: string;
}

/** The write and its endings. Those that leave nothing behind but the lease look like a crash, and are left to it. */
export function finish(state: State, who: 0 | 1, world: World, options: Finish): Step[] {
  const worker = state.workers[who];
  const { decision } = options;
  if (decision !== null && worker.current && isOverUnseen(state, world, decision, options.evidenceSeen)) {
    const { operation } = state.row;
    return decisionsOf(world, (context) => world.decisions.onUnseen(operation, decision, context)).flatMap(
      (instead) => written(state, who, world, { ...options, decision: instead, evidenceSeen: 0 }),
    );
  }
  return written(state, who, world, options);
}

function written(state: State, who: 0 | 1, world: World, options: Finish): Step[] {
  const worker = state.workers[who];
  const { budget, decision, outcome, evidenceSeen, mark } = options;
  if (!worker.current && (world.guards.fence || decision === null))
    return refused(state, who, world, outcome);
  if (decision === null) {
    const next = withWorker(state, who, IDLE);
    return [
      {
        who,
        what: 'recognises its own write in the row',
        faults: NO_FAULTS,
        next,
        mark: 'own write recognised',
      },
    ];
  }
  const released = release(state, who, world, { decision, evidenceSeen });
  const steps: Step[] = [
    { who, what: `writes ${decision.event.type}`, faults: NO_FAULTS, next: released, decision, mark },
  ];
  if (budget === 0 || outcome === null || !isEvidence(outcome)) return steps;
  const unsure = withWorker(released, who, {
    ...worker,
    stage: { at: 'unsure', outcome },
    leaseLeft: 0,
    evidence: 0,
  });
  const keep = (to: State): State => (world.guards.evidence ? addEvidence(to, worker.n, outcome.ref) : to);
  const lost = `writes ${decision.event.type}`;
  steps.push(
    {
      who,
      what: `${lost} and gets no acknowledgement`,
      faults: ['acknowledgement of a write lost'],
      next: unsure,
      decision,
    },
    {
      who,
      what: `${lost}, gives the store up and leaves evidence`,
      faults: ['store unreachable, written'],
      next: keep(released),
      decision,
    },
    {
      who,
      what: 'cannot reach the store with its write, but leaves evidence',
      faults: ['store unreachable, not written'],
      next: keep(withWorker(state, who, IDLE)),
    },
  );
  return steps;
}

/** The row belongs to somebody else. What is known about money is kept, the rest is dropped. */
function refused(state: State, who: 0 | 1, world: World, outcome: CallEnd | null): Step[] {
  const idle = withWorker(state, who, IDLE);
  const keep = outcome !== null && isEvidence(outcome) && world.guards.evidence;
  const next = keep ? addEvidence(idle, state.workers[who].n, outcome.ref) : idle;
  const what = keep ? 'is refused by the fence and leaves its evidence' : 'is refused by the fence';
  return [{ who, what, faults: NO_FAULTS, next, mark: keep ? 'refused with evidence' : 'refused' }];
}
