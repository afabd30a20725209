/** Everything that may happen next: time passes, the gateway acts, the customer tries again, a worker goes on. */

import { toVerify } from './claims.ts';
import { opened, overtaken } from './database.ts';
import { EXPLORED } from './effects.ts';
import { arrivals, decided, EMPTY_BOOKS, undone } from './gateway.ts';
import {
  bookOf,
  type Fault,
  holding,
  IDLE,
  type Late,
  NO_FAULTS,
  OTHER,
  type Row,
  type Stage,
  type State,
  type Step,
  type Thing,
  type World,
  withBook,
  withWorker,
} from './model.ts';
import { muchLater, tick, tickFaults } from './time.ts';
import { confirmations, decidedThings, NO_THING, sealed } from './two-steps.ts';
import { workerSteps } from './workers.ts';

/** The order, or the refund, was accepted under a claim of the first worker, or is to be started a tick later. `verifyFirst`: the other refund is looked up first. */
export function initialStates(world: World, { verifyFirst = false } = {}): State[] {
  const { leaseMs } = world.policy;
  return [true, false].map((calling) => {
    const operation = world.decisions.openOperation({
      kind: world.kind,
      n: 1,
      openedAtMs: 0,
      calling,
      verifyFirst,
    });
    const due = calling ? leaseMs : 1;
    const row: Row = {
      operation,
      held: calling,
      due,
      evidence: 0,
      absences: 0,
      named: [null, null],
      absent: 0,
      failedBefore: false,
      wish: null,
    };
    const empty: State = {
      row,
      workers: [IDLE, IDLE],
      books: EMPTY_BOOKS,
      late: [],
      thing: thingOf(world),
      others: null,
    };
    const stage: Stage = verifyFirst
      ? { at: 'verifying', left: [{ n: OTHER, own: false }] }
      : { at: 'claimed' };
    const worker = holding(stage, 1, leaseMs, 0);
    return calling ? withWorker(empty, 0, worker) : empty;
  });
}

function thingOf({ policy, kind }: World): State['thing'] {
  return policy.contract.steps === 'two' && kind === 'charge' ? NO_THING : null;
}

/** All steps that cost at most `budget` faults. */
export function stepsFrom(state: State, world: World, budget: number): Step[] {
  if (state.row.wish === 'stands') return [];
  const steps = deeds(state, world, budget);
  const faults = tickFaults(state);
  if (faults.length <= budget) {
    steps.push({ who: 'time', what: tickWord(faults), faults, next: tick(state, world) });
  }
  const later = muchLater(state, world);
  if (later !== null) steps.push({ who: 'time', what: MUCH_TIME, faults: NO_FAULTS, next: later });
  return steps;
}

export const MUCH_TIME = 'much time passes';

export function tickWord(faults: readonly Fault[]): string {
  return faults.length > 0 ? 'a tick passes while a worker is paused' : 'a tick passes';
}

/** All of them but the passing of time. */
export function deeds(state: State, world: World, budget: number): Step[] {
  const steps = workerSteps(state, 0, world, budget);
  if (world.workers === 2) steps.push(...workerSteps(state, 1, world, budget));
  steps.push(...gatewaySteps(state, world, budget));
  steps.push(...customerSteps(state, world), ...operatorSteps(state, world));
  return steps.every((step) => step.faults.length <= budget)
    ? steps
    : steps.filter((step) => step.faults.length <= budget);
}

function gatewaySteps(state: State, world: World, budget: number): Step[] {
  const steps: Step[] = [];
  for (const n of [1, 2]) {
    for (const { book, what } of decided(bookOf(state, n))) {
      steps.push({
        who: 'gateway',
        what: `${what} (charge ${n})`,
        faults: NO_FAULTS,
        next: withBook(state, n, book),
      });
    }
  }
  // A gateway promises until when a success may fail; only so long is it asked.
  const failed = EXPLORED[world.kind].mayFail && state.row.due !== null ? undone(bookOf(state, 1)) : null;
  if (failed !== null && budget > 0) {
    const what = 'lets what succeeded fail';
    steps.push({
      ...{ who: 'gateway', what, faults: ['fails after it succeeded'], next: withBook(state, 1, failed) },
    });
  }
  for (const { thing, what } of decidedThings(state))
    steps.push({ who: 'gateway', what, faults: NO_FAULTS, next: { ...state, thing } });
  state.late.forEach((late, index) => {
    if (state.thing !== null) {
      steps.push(
        ...landings({ ...state, late: state.late.toSpliced(index, 1) }, state.thing, late, world, budget),
      );
      return;
    }
    const tooLate: readonly Fault[] = late.left < 0 ? ['lands too late'] : NO_FAULTS;
    const rest = { ...state, late: state.late.filter((_one, at) => at !== index) };
    const ways = arrivals(bookOf(state, late.n), world.policy.contract, {
      rival: false,
      budget,
      breaksContract: world.breaksContract,
      keepsDeclines: world.keepsDeclines,
      impossible: state.others?.ended === true,
    });
    for (const way of ways) {
      // Nobody gets the answer, so only a charge makes a difference; what charges nothing may as well not arrive.
      if (way.book === bookOf(state, late.n) || way.faults.includes('answer lost')) continue;
      const what = `deals with an abandoned request for charge ${late.n}: it ${way.what}`;
      const faults = tooLate.length === 0 ? way.faults : [...tooLate, ...way.faults];
      steps.push({ who: 'gateway', what, faults, next: withBook(rest, late.n, way.book) });
    }
  });
  return steps;
}

/** In two steps: a request that nobody listens to any more lands. */
function landings(rest: State, thing: Thing, { seal }: Late, world: World, budget: number): Step[] {
  if (seal === true) {
    const next = { ...rest, thing: sealed(thing) };
    return [{ who: 'gateway', what: 'deals with an abandoned seal', faults: NO_FAULTS, next }];
  }
  const { cachesErrors } = world.policy.contract;
  const ways = confirmations(thing, { cachesErrors, rival: false, budget });
  return ways
    .filter((way) => way.thing !== thing && !way.faults.includes('answer lost'))
    .map(({ thing: after, what, faults }) => ({
      ...{ who: 'gateway', what: `deals with an abandoned confirm: it ${what}`, faults },
      next: { ...rest, thing: after },
    }));
}

/** A person says how what is in REVIEW has ended, right or wrong. It is due at once. */
function operatorSteps(state: State, world: World): Step[] {
  const { row } = state;
  if (!world.operated || row.wish !== null || row.held || row.operation.status !== 'REVIEW') return [];
  return (['completed', 'failed'] as const).map((wish) => ({
    who: 'operator',
    what: `says: ${wish}`,
    faults: NO_FAULTS,
    next: overtaken({ ...state, row: { ...row, wish, due: 0 } }, null, world),
    mark: `wish ${wish}`,
  }));
}

/** After a failure the customer may try another card; a free process opens the charge, under a claim or for later. */
function customerSteps(state: State, world: World): Step[] {
  const steps: Step[] = [];
  if (!world.secondCharge) return steps;
  const waiting = opened(state, world, { calling: false });
  if (waiting === null) return steps;
  const what = 'opens charge 2';
  const next = overtaken({ ...state, row: waiting }, null, world);
  steps.push({
    who: 'customer',
    what: `${what}, to be started later`,
    faults: NO_FAULTS,
    next,
    mark: 'opened waiting',
  });
  const who = state.workers.findIndex(({ stage }) => stage.at === 'idle');
  const row = opened(state, world, { calling: true });
  if ((who !== 0 && who !== 1) || row === null) return steps;
  const verifying = row.operation.step === 'verify';
  const stage: Stage = verifying ? { at: 'verifying', left: toVerify(row, 2) } : { at: 'claimed' };
  const worker = holding(stage, 2, world.policy.leaseMs, 0);
  const held = withWorker(overtaken({ ...state, row }, who, world), who, worker);
  const mark = verifying ? 'opened to verify' : 'opened to call';
  steps.push({
    who: 'customer',
    what: `${what}; worker ${'AB'[who]} holds it`,
    faults: NO_FAULTS,
    next: held,
    mark,
  });
  return steps;
}
