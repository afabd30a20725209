/**
 * One tick. Every age stops growing when no rule can distinguish it from a greater one; only that keeps
 * the number of states finite. Each bound says whose comparison it serves.
 */
import { isSettled, type Operation } from '../../src/domain/operation.ts';
import { EXPLORED } from './effects.ts';
import {
  type Book,
  type Fault,
  isWished,
  type Late,
  NO_FAULTS,
  type State,
  type Worker,
  type World,
} from './model.ts';

/** A wait from here on is beyond the scale. */
export const ENDLESS_WAIT = 1000;

/** A key window from here on is taken as endless, so that it needs no clock. */
export const ENDLESS = 1000;

/** Ticks after which a request that was given up, and its lag, are over: the proof of absence compares with this. */
function proofTicks(world: World): number {
  return world.policy.contract.landsWithinMs + world.policy.contract.lookupLagMs;
}

/** What it takes to let a tick pass: a worker that does not do in time what it could is paused. */
export function tickFaults({ workers }: State): readonly Fault[] {
  if (!isLate(workers[0]) && !isLate(workers[1])) return NO_FAULTS;
  return workers.filter(isLate).map(() => 'worker paused');
}

/** The state a tick later. */
export function tick(state: State, world: World): State {
  const [a, b] = state.workers;
  return {
    row: agedRow(state, world),
    workers: [agedWorker(a, world), agedWorker(b, world)],
    books: [agedBook(state.books[0], world), agedBook(state.books[1], world)],
    late: agedLate(state.late, world),
    thing: state.thing,
    others: null,
  };
}

/** A worker decides and writes as soon as it knows, and has done so when its lease ends; else something held it up. */
function isLate({ stage, leaseLeft, paused }: Worker): boolean {
  switch (stage.at) {
    case 'idle':
    case 'unsure':
      return false;
    case 'heard':
    case 'prepared':
    case 'answered':
    case 'verified':
    case 'looked':
    case 'watched':
    case 'writing':
      return !paused;
    case 'claimed':
    case 'waiting':
    case 'asking':
    case 'sealing':
    case 'rereading':
    case 'verifying':
    case 'looking':
    case 'watching':
      return !paused && leaseLeft === 0;
  }
}

function agedRow(state: State, world: World): State['row'] {
  const { row } = state;
  const oldest = row.held ? -proofTicks(world) - 1 : 0;
  const due = row.due === null ? null : Math.max(row.due - 1, oldest);
  const { status } = row.operation;
  if (status === 'COMPLETED' || status === 'FAILED') return due === row.due ? row : { ...row, due };
  return { ...row, due, operation: agedCharge(row.operation, world, asker(state)) };
}

/** The worker whose lookup will be judged by the moment at which its claim was granted. */
function asker(state: State): Worker | undefined {
  return state.workers.find(({ current, stage }) => current && (ASKING.has(stage.at) || isWished(state.row)));
}

const ASKING: ReadonlySet<string> = new Set(['asking', 'sealing', 'rereading', 'answered']);

function agedCharge(operation: Operation, world: World, asking: Worker | undefined): Operation {
  const { policy } = world;
  const window = policy.contract.keyWindowMs;
  // Compared with the call deadline; before a verification with the resolution's limit.
  const opened = Math.max(policy.callDeadlineMs, operation.n > 1 ? policy.resolveForMs : 0);
  const { firstSentAtMs: first, unresolvedSinceMs: since } = operation;
  return {
    ...operation,
    openedAtMs: older(operation.openedAtMs, opened),
    firstSentAtMs: first === null ? null : Math.max(first - 1, window >= ENDLESS ? 0 : -window),
    unresolvedSinceMs: since === null ? null : older(since, policy.resolveForMs),
    doubt: agedDoubt(operation.doubt, world, asking),
  };
}

/** A tick older. No rule tells ages from `enough` on from each other, but for one that is over every limit of its kind. */
function older(atMs: number, enough: number): number {
  return atMs < -OVER ? atMs : Math.max(atMs - 1, -enough);
}

/** Older than anything in the scale. */
const OVER = 1000;

/** Nothing is under way, and so much time passes that every limit of this kind of effect is over. Null: no rule would notice. */
export function muchLater(state: State, world: World): State | null {
  const { oldMs } = EXPLORED[world.kind];
  const { row, workers, late } = state;
  const { operation } = row;
  const isQuiet = !row.held && late.length === 0 && workers.every(({ stage }) => stage.at === 'idle');
  // Only these are compared with such a limit: what may fail later, and what the gateway has accepted.
  const counts =
    operation.status === 'COMPLETED' || (operation.gatewayRef !== null && !isSettled(operation.status));
  if (oldMs === null || row.due === null || !isQuiet || !counts) return null;
  const { openedAtMs, unresolvedSinceMs } = operation;
  const isOld = openedAtMs < -OVER && (unresolvedSinceMs === null || unresolvedSinceMs < -OVER);
  if (isOld) return null;
  let later = state;
  for (let ticks = 0; ticks < ENOUGH_TICKS; ticks += 1) later = tick(later, world);
  const aged: Operation = {
    ...later.row.operation,
    openedAtMs: -oldMs,
    unresolvedSinceMs: unresolvedSinceMs === null ? null : -oldMs,
  };
  return { ...later, row: { ...later.row, operation: aged } };
}

/** After so many ticks every age of every scale used here has stopped growing. */
const ENOUGH_TICKS = 12;

/** Compared with the moment of asking: so much older than that, but no more, is kept. */
function agedDoubt(doubt: Operation['doubt'], world: World, asking: Worker | undefined): Operation['doubt'] {
  if (doubt.kind === 'none') return doubt;
  const enough = proofTicks(world) + 1;
  if (asking === undefined) return { ...doubt, untilMs: Math.max(doubt.untilMs - 1, -enough) };
  // The asking worker's own clock has stopped growing: so must the doubt, or their distance would grow.
  if (asking.leaseLeft <= -enough) return doubt;
  const askedAgo = world.policy.leaseMs - (asking.leaseLeft - 1);
  return { ...doubt, untilMs: Math.max(doubt.untilMs - 1, -enough - askedAgo) };
}

function agedWorker(worker: Worker, world: World): Worker {
  const { stage } = worker;
  if (stage.at === 'idle' || stage.at === 'unsure') return worker;
  const paused = worker.paused || isLate(worker);
  const oldest = worker.current ? -proofTicks(world) - 1 : -1;
  const leaseLeft = Math.max(worker.leaseLeft - 1, oldest);
  if (stage.at === 'waiting' && leaseLeft < 0) {
    const landsLeft = Math.max((stage.landsLeft ?? world.policy.contract.landsWithinMs) - 1, -1);
    return { ...worker, paused, leaseLeft, stage: { at: 'waiting', landsLeft } };
  }
  if (stage.at === 'writing') {
    const next = agedCharge(stage.decision.next, world, undefined);
    return { ...worker, paused, leaseLeft, stage: { ...stage, decision: { ...stage.decision, next } } };
  }
  return paused === worker.paused && leaseLeft === worker.leaseLeft
    ? worker
    : { ...worker, paused, leaseLeft };
}

function agedBook(book: Book, world: World): Book {
  const { lookupLagMs, keyWindowMs } = world.policy.contract;
  if (book.charges.length === 0 && book.bound === null) return book;
  const charges =
    lookupLagMs === 0
      ? book.charges
      : book.charges.map((charge) => ({ ...charge, age: Math.min(charge.age + 1, lookupLagMs + 1) }));
  if (book.bound === null || keyWindowMs >= ENDLESS)
    return charges === book.charges ? book : { ...book, charges };
  const forgotten = book.age + 1 >= keyWindowMs;
  return { n: book.n, charges, bound: forgotten ? null : book.bound, age: forgotten ? 0 : book.age + 1 };
}

/** Below 0 a request is gone, unless the gateway breaks its contract. */
function agedLate(late: readonly Late[], world: World): readonly Late[] {
  if (late.length === 0) return late;
  const aged = late.map((one) => ({ ...one, left: Math.max(one.left - 1, -1) }));
  return world.breaksContract ? aged : aged.filter(({ left }) => left >= 0);
}
