/** What must hold. It is written here once more, independently: nothing of it is taken from the domain. */
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { hasCause, isCounted, isDoubted } from './causes.ts';
import { asCharge, EXPLORED } from './effects.ts';
import { couldBook } from './gateway.ts';
import { bookOf, type State, type Step, type Worker, type World } from './model.ts';
import { isBooked, isPayable } from './two-steps.ts';

export const INVARIANTS = [
  'at most one live or pending charge per order, or refund per key',
  'a request leaves only under a live lease of its own, counted before',
  'charge 2 exists only if charge 1 is not live and cannot become so',
  'only listed moves; COMPLETED absorbs',
  'an event with every write, of the right kind',
  'every event has its cause',
  'every call that may have left is counted, and nothing else',
  'doubt ends with an answer of the gateway, and not before',
  'a refused write changes nothing and leaves its evidence',
  'COMPLETED: captured at the gateway',
  'FAILED: nothing live, nothing able to land',
  'FAILED: all evidence has been checked',
  'an operator’s word counts only after a look that shows nothing else',
  'no more calls than allowed',
  'settled, due again, or with a person',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** What cannot be promised over a gateway that breaks its contract; such a run checks the rest. */
const UNDER_CONTRACT: ReadonlySet<Invariant> = new Set([
  'at most one live or pending charge per order, or refund per key',
  'charge 2 exists only if charge 1 is not live and cannot become so',
  'FAILED: nothing live, nothing able to land',
]);

export type Checks = Map<Invariant, number>;

/** The checks of one world; each returns the first invariant that does not hold, or null. */
export interface Judge {
  state(state: State): Invariant | null;
  step(before: State, step: Step): Invariant | null;
  readonly checks: Checks;
}

export function createJudge(world: World): Judge {
  const checks: Checks = new Map(INVARIANTS.map((name) => [name, 0]));
  const holds = (name: Invariant, ok: boolean): boolean => {
    if (world.breaksContract && UNDER_CONTRACT.has(name)) return true;
    checks.set(name, (checks.get(name) ?? 0) + 1);
    return ok;
  };

  function ofState(state: State): Invariant | null {
    const { row } = state;
    const { status, n, attempts, step } = row.operation;
    // The word is the person's.
    if (row.wish === 'stands') return null;
    if (
      !holds(
        'at most one live or pending charge per order, or refund per key',
        booked(state, 1) + booked(state, 2) <= 1,
      )
    ) {
      return 'at most one live or pending charge per order, or refund per key';
    }
    if (
      n === 2 &&
      !holds('charge 2 exists only if charge 1 is not live and cannot become so', isOver(state, 1, world))
    ) {
      return 'charge 2 exists only if charge 1 is not live and cannot become so';
    }
    if (status === 'COMPLETED' && !holds('COMPLETED: captured at the gateway', isCaptured(state, n))) {
      return 'COMPLETED: captured at the gateway';
    }
    if (
      status === 'FAILED' &&
      !holds('FAILED: nothing live, nothing able to land', isOver(state, 1, world) && isOver(state, 2, world))
    ) {
      return 'FAILED: nothing live, nothing able to land';
    }
    if (!holds('no more calls than allowed', attempts <= world.policy.maxAttempts))
      return 'no more calls than allowed';
    const settled = status === 'COMPLETED' || status === 'FAILED';
    const rests = step === 'none' && (row.evidence === 0 || row.due !== null);
    const isWatched = EXPLORED[world.kind].watched && row.due !== null;
    const waits = settled ? rests || isWatched : row.due !== null;
    // Where the gateway cannot be asked, a person is all that is left.
    const withPerson = status === 'REVIEW' && !world.policy.contract.lookup;
    if (!holds('settled, due again, or with a person', waits || withPerson))
      return 'settled, due again, or with a person';
    return null;
  }

  function ofStep(before: State, step: Step): Invariant | null {
    if (!holds('only listed moves; COMPLETED absorbs', isListed(before, step.next, world))) {
      return 'only listed moves; COMPLETED absorbs';
    }
    if (step.who !== 0 && step.who !== 1) return null;
    const was = before.workers[step.who];
    const is = step.next.workers[step.who];
    if (was.stage.at === 'claimed' && is.stage.at === 'waiting') {
      const { row } = before;
      const counted =
        row.operation.step === 'call' && row.operation.attempts > 0 && row.operation.n === was.n;
      const leased = was.current && row.held && (row.due ?? 0) > 0 && was.leaseLeft > 0;
      const name = 'a request leaves only under a live lease of its own, counted before';
      const open = row.operation.status === 'PROCESSING' || row.operation.status === 'UNRESOLVED';
      if (!holds(name, counted && leased && open)) return name;
    }
    if (step.decision?.settled !== undefined && step.decision.settled.problem !== null) {
      const name = 'FAILED: all evidence has been checked';
      // Evidence that the same step leaves behind came after the write.
      const unseen = before.row.evidence > 0 && step.next.row.evidence > 0;
      if (!holds(name, !unseen)) return name;
    }
    if (step.decision !== undefined) {
      const name = 'an event with every write, of the right kind';
      if (!holds(name, isTold(before, step, world))) return name;
      const { event } = step.decision;
      if (event.type === 'operator.settled') {
        const rule = 'an operator’s word counts only after a look that shows nothing else';
        if (!holds(rule, mayStand(before, was, world))) return rule;
      }
      for (const [rule, isKept] of RULES) if (!holds(rule, isKept(before, step, world))) return rule;
    }
    if (step.mark === 'refused' || step.mark === 'refused with evidence') {
      const name = 'a refused write changes nothing and leaves its evidence';
      if (!holds(name, isUntouched(before, step, was))) return name;
    }
    return null;
  }

  return { state: ofState, step: ofStep, checks };
}

/** What must hold of every write. */
const RULES: readonly (readonly [Invariant, (before: State, step: Step, world: World) => boolean])[] = [
  ['every event has its cause', hasCause],
  ['every call that may have left is counted, and nothing else', isCounted],
  ['doubt ends with an answer of the gateway, and not before', isDoubted],
];

/** Charges that took money or may yet: live for whatever amount, or pending. */
function booked(state: State, n: number): number {
  if (state.thing !== null) return n === 1 && isBooked(state.thing) ? 1 : 0;
  return bookOf(state, n).charges.filter(({ status }) => status !== 'declined' && status !== 'undone').length;
}

/** Also if it has failed since: then a lookup will show it. */
function isCaptured(state: State, n: number): boolean {
  if (state.thing !== null) return state.thing.status === 'live';
  return bookOf(state, n).charges.some(({ status }) => status === 'live' || status === 'undone');
}

/** Nothing of the charge is live, and no request for it is left that could charge anything. */
export function isOver(state: State, n: number, world: World): boolean {
  if (booked(state, n) > 0) return false;
  const { contract } = world.policy;
  const { thing } = state;
  // Whoever knows of it may pay it until it is sealed.
  if (thing !== null && isPayable(thing) && thing.reached) return false;
  const harmless = (ticks: number): boolean =>
    thing === null ? !couldBook(bookOf(state, n), contract, ticks) : !isPayable(thing);
  if (state.late.some((late) => late.n === n && late.seal !== true && !harmless(late.left))) return false;
  return state.workers.every((worker) => {
    const { stage } = worker;
    if (worker.n !== n) return true;
    if (stage.at === 'claimed') return state.row.operation.n === n ? !worker.current : true;
    if (stage.at !== 'waiting') return true;
    const left = stage.landsLeft ?? worker.leaseLeft + contract.landsWithinMs;
    return left < 0 || harmless(left);
  });
}

function isListed(before: State, after: State, { kind }: World): boolean {
  const { moves, watched } = EXPLORED[kind];
  const from = before.row.operation;
  const to = after.row.operation;
  if (from === to) return true;
  const steps = to.n - from.n;
  if (steps !== 0 && !(steps === 1 && from.status === 'FAILED' && to.status === 'PROCESSING')) return false;
  if (from.status === to.status) return true;
  if (from.status === 'FAILED' && to.status === 'PROCESSING' && !watched && steps !== 1) return false;
  return moves.has(`${from.status} ${to.status}`);
}

/** The event's type agrees with the change of the row, and an operation is settled exactly once. */
function isTold(before: State, { decision, next }: Step, { kind }: World): boolean {
  if (decision === undefined) return false;
  const was = before.row.operation.status;
  const is = next.row.operation.status;
  const ends = (status: PaymentStatus): boolean => status === 'COMPLETED' || status === 'FAILED';
  const type = asCharge(kind, decision.event.type);
  const ofOperator = type === 'operator.settled' || type === 'operator.refuted';
  if (ofOperator) return (decision.settled !== undefined) === (ends(is) && is !== was);
  if ((type === 'payment.completed') !== (is === 'COMPLETED' && was !== 'COMPLETED')) return false;
  if ((type === 'payment.failed') !== (is === 'FAILED' && was !== 'FAILED')) return false;
  if (type === 'payment.review' && is !== 'REVIEW') return false;
  return (decision.settled !== undefined) === (ends(is) && is !== was);
}

/** Whether nothing that the worker was shown is stronger than the word. */
function mayStand({ row }: State, { stage }: Worker, { policy }: World): boolean {
  if (stage.at !== 'looked') return false;
  const { own, checked } = stage;
  if (own === null) return !policy.contract.lookup;
  if (own.kind === 'mismatch' || own.kind === 'succeeded') return false;
  if (row.wish === 'failed')
    return own.kind !== 'duplicated' && own.kind !== 'pending' && !isLiveMoney(checked);
  // Without keys, a decline is about one call.
  const isFinal = own.kind === 'declined' && policy.contract.keys === 'kept';
  return !isFinal || checked.kind === 'found' || (row.operation.failureCode ?? '').startsWith('late_');
}

function isLiveMoney(checked: Extract<Worker['stage'], { at: 'looked' }>['checked']): boolean {
  return checked.kind === 'found' && checked.reason === 'late_success';
}

function isUntouched(before: State, { next }: Step, { stage }: Worker): boolean {
  if (before.row.operation !== next.row.operation) return false;
  if (stage.at !== 'heard' && stage.at !== 'unsure' && stage.at !== 'writing') return true;
  const { outcome } = stage;
  const money = outcome?.kind === 'approved' || outcome?.kind === 'mismatch' || outcome?.kind === 'pending';
  return !money || (next.row.evidence === before.row.evidence + 1 && next.row.due !== null);
}
