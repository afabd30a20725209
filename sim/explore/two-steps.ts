/**
 * The world's own rules for a gateway of two steps, written without using the domain, and what a worker does there beside its calls.
 *
 * There is one object for each charge: `prepare` repeats its result under its key, and only one handle is ever stored. That a worker confirms
 * the stored one is taken for granted here; the simulation and the store's suite hold the engine to it.
 */
import type { CallOutcome, LookupOutcome, NextAction } from '../../src/domain/outcomes.ts';
import type { CallEnd, Context, Decision } from '../../src/domain/transition/index.ts';
import { ends } from './finish.ts';
import {
  type Fault,
  type Late,
  NO_FAULTS,
  type Stage,
  type State,
  type Step,
  type Thing,
  type World,
  withWorker,
} from './model.ts';

const ID = 'pi';
const ACTION: NextAction = { type: 'redirect_to_url' };
const ERROR: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
const SILENCE: CallOutcome = { kind: 'unknown', answered: false, reason: 'no_answer' };

export const NO_THING: Thing = { status: 'none', stored: false, reached: false, bound: null };

/** Whether the object, if it is there, could still take money. */
export function isPayable({ status }: Thing): boolean {
  return status === 'open' || status === 'declined' || status === 'acting';
}

/** Whether it took money, or may yet without another request. */
export function isBooked({ status }: Thing): boolean {
  return status === 'live' || status === 'wrong' || status === 'pending';
}

interface Confirmed {
  readonly thing: Thing;
  readonly outcome: CallOutcome;
  readonly faults: readonly Fault[];
  readonly what: string;
}

const ANSWERS: Readonly<Record<Exclude<Thing['bound'], null>, CallOutcome>> = {
  approved: { kind: 'approved', ref: ID },
  declined: { kind: 'declined', code: 'no', ref: ID },
  pending: { kind: 'pending', ref: ID },
  mismatch: { kind: 'mismatch', ref: ID, reason: 'amount_mismatch' },
  requires_action: { kind: 'requires_action', ref: ID, action: ACTION },
  error: ERROR,
};

/** Every way in which a confirm may be handled when it arrives. What is no healthy answer is a fault. */
export function confirmations(
  before: Thing,
  {
    cachesErrors,
    rival,
    budget,
  }: { readonly cachesErrors: boolean; readonly rival: boolean; readonly budget: number },
): Confirmed[] {
  const ways: Confirmed[] = [];
  const add = (what: string, thing: Thing, outcome: CallOutcome, ...faults: Fault[]): void => {
    if (faults.length <= budget) ways.push({ thing, outcome, faults, what });
  };
  const told = (what: string, thing: Thing, ...faults: Fault[]): void => {
    add(what, thing, thing.bound === null ? ERROR : ANSWERS[thing.bound], ...faults);
    add(`${what}, and the answer is lost`, thing, SILENCE, ...faults, 'answer lost');
  };
  const reached: Thing = { ...before, reached: true };
  if (before.bound !== null) told('repeats the result of this key', reached);
  else if (!isPayable(before)) told('says that it cannot be confirmed', { ...reached, bound: 'error' });
  else {
    told('charges and says yes', { ...reached, status: 'live', bound: 'approved' });
    told('says no', { ...reached, status: 'declined', bound: 'declined' });
    told(
      'lets the customer act',
      { ...reached, status: 'acting', bound: 'requires_action' },
      'customer must act',
    );
    told('accepts it as pending', { ...reached, status: 'pending', bound: 'pending' }, 'pending');
    told('charges a wrong amount', { ...reached, status: 'wrong', bound: 'mismatch' }, 'wrong amount');
    const charged: Thing = { ...reached, status: 'live', bound: cachesErrors ? 'error' : 'approved' };
    add('charges and answers 500', charged, ERROR, 'error after the charge');
    if (cachesErrors)
      told('answers 500 uncharged, kept', { ...reached, bound: 'error' }, 'error kept under the key');
    if (rival) add('is busy with this key', reached, { kind: 'busy' });
  }
  add('answers 500 and does nothing', reached, ERROR, 'error before the charge');
  add('drops the connection and does nothing', before, SILENCE, 'connection reset, not executed');
  add('refuses the call', before, { kind: 'refused', reason: 'rate_limited' }, 'refused');
  add('refuses the credentials', before, { kind: 'forbidden', reason: 'http_401' }, 'forbidden');
  return ways;
}

/** What the gateway and the customer may do with an object that waits for one of them. */
export function decidedThings({ thing }: State): { readonly thing: Thing; readonly what: string }[] {
  if (thing === null || (thing.status !== 'pending' && thing.status !== 'acting')) return [];
  const who = thing.status === 'pending' ? 'pending charge' : 'charge that the customer acted on';
  return [
    { thing: { ...thing, status: 'live' }, what: `lets the ${who} succeed` },
    { thing: { ...thing, status: 'declined' }, what: `declines the ${who}` },
  ];
}

/** A claimed call begins: what it is confirmed on is made first. Null: it is stored already. */
export function prepares(state: State, who: 0 | 1, budget: number): Step[] | null {
  const { thing } = state;
  if (thing === null || thing.stored) return null;
  const made: Thing = thing.status === 'none' ? { ...thing, status: 'open' } : thing;
  const step = (what: string, to: Thing, stage: Stage, ...faults: Fault[]): Step => {
    const worker = state.workers[who];
    return { who, what, faults, next: withWorker({ ...state, thing: to }, who, { ...worker, stage }) };
  };
  const heard = (outcome: CallEnd): Stage => ({ at: 'heard', outcome });
  const steps = [step('prepares the charge', made, { at: 'prepared' })];
  if (budget === 0) return steps;
  const failed = heard({ kind: 'refused', reason: 'prepare_failed' });
  steps.push(
    step('cannot prepare the charge', thing, failed, 'prepare fails'),
    step('prepares the charge, and the answer is lost', made, failed, 'prepare fails'),
    step('may not prepare the charge', thing, heard({ kind: 'forbidden', reason: 'http_401' }), 'forbidden'),
  );
  // What was made once is not declined later.
  if (thing.status === 'none')
    steps.push(step('is told no', thing, heard({ kind: 'unprepared', code: 'no' }), 'prepare declined'));
  return steps;
}

/** The handle is stored, whoever holds the claim by now: the first one that is stored counts. */
export function storesHandle(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const { thing } = state;
  if (thing === null) return [];
  const worker = state.workers[who];
  const stored = { ...state, thing: { ...thing, stored: true } };
  const next = withWorker(stored, who, { ...worker, stage: { at: 'claimed' } });
  const steps: Step[] = [{ who, what: 'stores the handle', faults: NO_FAULTS, next }];
  if (budget === 0) return steps;
  const decide = (): Decision => world.decisions.onNotSent(state.row.operation, 'store_unavailable', 0);
  const ending = { budget: budget - 1, decide, outcome: null, evidenceSeen: 0, mark: 'call not sent' };
  for (const [from, fault] of [
    [state, 'store unreachable, not written'],
    [stored, 'store unreachable, written'],
  ] as const) {
    const given = ends(from, who, world, ending).filter(({ faults }) => faults.length === 0);
    steps.push(
      ...given.map((one) => ({ ...one, what: `${one.what}, for want of the store`, faults: [fault] })),
    );
  }
  return steps;
}

export interface Read {
  readonly outcome: LookupOutcome;
  readonly faults: readonly Fault[];
  readonly what: string;
  /** With the handle, if the read has stored it. */
  readonly next: State;
}

/** Every way in which a read of the object, or a list by the key where none is stored, may end. */
export function reads(state: State, leaseLeft: number, budget: number): Read[] {
  const { thing } = state;
  if (thing === null) return [];
  // Without a handle our own word is enough.
  const silent: LookupOutcome = thing.stored
    ? { kind: 'unavailable', reason: 'http_503' }
    : { kind: 'absent' };
  if (leaseLeft <= 0)
    return [{ outcome: silent, faults: NO_FAULTS, what: 'has no lease left to read', next: state }];
  const outcome = outcomeOf(thing);
  const keeps = !thing.stored && (outcome.kind === 'open' || outcome.kind === 'requires_action');
  const next = keeps ? { ...state, thing: { ...thing, stored: true } } : state;
  const found: Read[] = [{ outcome, faults: NO_FAULTS, what: `reads: ${outcome.kind}`, next }];
  if (budget === 0) return found;
  const forbidden: LookupOutcome = { kind: 'forbidden', reason: 'http_401' };
  return [
    ...found,
    { outcome: silent, faults: ['lookup unavailable'], what: 'cannot read', next: state },
    { outcome: forbidden, faults: ['lookup forbidden'], what: 'may not read', next: state },
  ];
}

function outcomeOf({ status }: Thing): LookupOutcome {
  switch (status) {
    case 'none':
      return { kind: 'absent' };
    case 'open':
      return { kind: 'open', ref: ID };
    case 'declined':
      return { kind: 'open', ref: ID, code: 'no' };
    case 'acting':
      return { kind: 'requires_action', ref: ID, action: ACTION };
    case 'pending':
      return { kind: 'pending', ref: ID };
    case 'live':
      return { kind: 'succeeded', ref: ID };
    case 'wrong':
      return { kind: 'mismatch', ref: ID, reason: 'amount_mismatch' };
    case 'sealed':
      return { kind: 'sealed', ref: ID };
  }
}

/** The first read of a lookup: what will not be called again is sealed next. */
export function firstReads(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const worker = state.workers[who];
  const { operation } = state.row;
  const context: Context = { policy: world.policy, nowMs: 0, roll: 0 };
  return reads(state, worker.leaseLeft, budget).map(({ outcome, faults, what, next }) => {
    const seals = worker.leaseLeft > 0 && world.decisions.mustSeal(operation, outcome, context);
    const stage: Stage = seals ? { at: 'sealing' } : { at: 'answered', outcome };
    return { who, what, faults, next: withWorker(next, who, { ...worker, stage }) };
  });
}

/** The seal: done, not done, or done later. Its answer means nothing, so it is not told. */
export function seals(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const worker = state.workers[who];
  if (state.thing === null) return [];
  const step = (what: string, to: State, ...faults: Fault[]): Step => ({
    ...{ who, what, faults },
    next: withWorker(to, who, { ...worker, stage: { at: 'rereading' } }),
  });
  if (worker.leaseLeft <= 0) return [step('has no lease left to seal', state)];
  const steps = [step('seals', { ...state, thing: sealed(state.thing) })];
  if (budget === 0) return steps;
  const later: Late = { n: worker.n, left: world.policy.contract.landsWithinMs, seal: true };
  steps.push(step('seals in vain', state, 'seal fails'));
  if (!state.late.some(({ seal }) => seal === true))
    steps.push(
      step('seals, which lands later', { ...state, late: [...state.late, later] }, 'seal lands later'),
    );
  return steps;
}

export function sealed(thing: Thing): Thing {
  return isPayable(thing) ? { ...thing, status: 'sealed' } : thing;
}

/** The read after a seal. */
export function lastReads(state: State, who: 0 | 1, budget: number): Step[] {
  const worker = state.workers[who];
  return reads(state, worker.leaseLeft, budget).map(({ outcome, faults, what, next }) => ({
    ...{ who, what, faults },
    next: withWorker(next, who, { ...worker, stage: { at: 'answered', outcome } }),
  }));
}
