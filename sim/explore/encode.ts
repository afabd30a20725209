/**
 * A state as a short string: one character per small number. Two states with one string are the same to every
 * rule; workers and abandoned requests are sorted, because their names mean nothing.
 */
import type { Operation } from '../../src/domain/operation.ts';
import type { LookupOutcome } from '../../src/domain/outcomes.ts';
import type { CallEnd, ReleasedOutcome, VerifyOutcome } from '../../src/domain/transition/index.ts';
import type { Book, Booked, Row, State, Worker, World } from './model.ts';

const STATUSES: Readonly<Record<Operation['status'], string>> = {
  PROCESSING: 'P',
  COMPLETED: 'C',
  FAILED: 'F',
  UNRESOLVED: 'U',
  REVIEW: 'R',
  AUTHORIZED: 'A',
  VOIDED: 'V',
};
const STEPS: Readonly<Record<Operation['step'], string>> = { call: 'c', lookup: 'l', verify: 'v', none: 'n' };
const DOUBTS: Readonly<Record<Operation['doubt']['kind'], string>> = { none: 'n', answered: 'a', open: 'o' };
const BOOKED: Readonly<Record<Booked['status'], string>> = {
  live: 'l',
  wrong: 'w',
  pending: 'p',
  declined: 'd',
  undone: 'u',
};

/** A number, or its absence, as one character; times lie between long ago (-99) and a few ticks ahead, or are beyond every limit. */
function digit(value: number | null): string {
  if (value === null) return '~';
  return value < -200 ? '!' : String.fromCharCode(300 + value);
}

export function encode(state: State, world: World): string {
  const { row, books, late } = state;
  const a = worker(state.workers[0], world);
  const b = worker(state.workers[1], world);
  const workers = a < b ? `${a}|${b}` : `${b}|${a}`;
  const requests =
    late.length === 0
      ? ''
      : late
          .map(({ n, left, seal }) => `${seal === true ? 's' : n}${digit(left)}`)
          .sort()
          .join('');
  return `${rowText(row)}|${workers}|${book(books[0], state)}|${book(books[1], state)}|${requests}${thingText(state)}`;
}

function thingText({ thing }: State): string {
  if (thing === null) return '';
  const { status, stored, reached, bound } = thing;
  return `|${status}${stored ? '!' : ''}${reached ? '?' : ''}${bound ?? ''}`;
}

function rowText(row: Row): string {
  const flags = (row.held ? 1 : 0) + (row.failedBefore ? 2 : 0);
  return `${charge(row.operation)}${flags}${digit(row.due)}${row.evidence}${row.absences}${row.named[0] ?? '-'}${row.named[1] ?? '-'}${row.absent}${row.wish ?? ''}`;
}

/** Of the failure's code only what a rule reads: whether a review is about other money. */
function charge(one: Operation): string {
  const other = one.status === 'REVIEW' && OTHER_MONEY.has(one.failureCode ?? '') ? '*' : '';
  const until = one.doubt.kind === 'none' ? '' : digit(one.doubt.untilMs);
  const ref = `${one.declineCode === null ? '' : '!'}${one.gatewayRef ?? ''}`;
  return (
    `${one.n}${STATUSES[one.status]}${other}${STEPS[one.step]}${one.attempts}${DOUBTS[one.doubt.kind]}${until}` +
    `${digit(one.openedAtMs)}${digit(one.firstSentAtMs)}${ref};${one.lookups}${digit(one.unresolvedSinceMs)}`
  );
}

const OTHER_MONEY: ReadonlySet<string> = new Set(['late_success', 'late_evidence', 'other_gateway']);

function worker(one: Worker, world: World): string {
  if (one.stage.at === 'idle') return '';
  const kind = (one.current ? 1 : 0) + (one.paused ? 2 : 0);
  const who = `${kind}${one.n}${digit(one.leaseLeft)}`;
  return `${who}${stage(one, world)}`;
}

function stage({ stage: at, evidence, current }: Worker, world: World): string {
  switch (at.at) {
    case 'idle':
      return '';
    case 'claimed':
      return 'c';
    case 'waiting':
      return `w${digit(at.landsLeft)}`;
    case 'heard':
      return `h${outcome(at.outcome)}`;
    case 'prepared':
      return 'p';
    case 'sealing':
      return 's';
    case 'rereading':
      return 'r';
    case 'asking':
      return 'q';
    case 'answered':
      return `a${outcome(at.outcome)}`;
    case 'verifying':
      return `v${evidence}${at.left.map(({ n, own }) => (own ? 'o' : n)).join('')}`;
    case 'verified':
      return `V${evidence}${outcome(at.outcome)}`;
    case 'looking':
      return `k${evidence}${outcome(at.checked)}`;
    case 'looked':
      return `K${evidence}${outcome(at.checked)}/${at.own === null ? '' : outcome(at.own)}`;
    case 'watching':
      return `x${evidence}`;
    case 'watched':
      return `X${evidence}${outcome(at.outcome)}`;
    case 'writing': {
      const known = at.outcome === null ? '' : outcome(at.outcome);
      // What is refused need not be known.
      if (!current && world.guards.fence) return `W${known}`;
      const { next, waitMs, settled } = at.decision;
      return `W${known}${at.evidenceSeen}${charge(next)}${digit(waitMs)}${settled === undefined ? 0 : 1}${settled?.byAbsence === true ? 1 : 0}`;
    }
    case 'unsure':
      return `u${outcome(at.outcome)}`;
  }
}

function outcome(one: CallEnd | LookupOutcome | VerifyOutcome | ReleasedOutcome): string {
  if (one.kind === 'unknown') return one.answered ? 'e' : 's';
  if ('own' in one) return `${one.kind}${one.own.gatewayRef ?? ''}`;
  const code = one.kind === 'open' && one.code !== undefined ? '!' : '';
  return 'ref' in one && one.ref !== undefined ? `${one.kind}${one.ref}${code}` : one.kind;
}

function book(one: Book, state: State): string {
  let charges = '';
  for (const { status, age } of one.charges) charges += `${BOOKED[status]}${age}`;
  if (one.bound === null || isClosed(one.n, state)) return charges;
  return `${charges}=${one.bound}${digit(one.age)}`;
}

/**
 * Whether no request with this key can arrive any more, so that what is remembered of it makes no difference.
 * A charge that is settled, with a person or succeeded by another is not sent; the judge holds the decisions to that.
 */
function isClosed(n: number, { row, workers, late }: State): boolean {
  const { status } = row.operation;
  if (n >= row.operation.n && (status === 'PROCESSING' || status === 'UNRESOLVED' || n > row.operation.n))
    return false;
  if (late.some((one) => one.n === n)) return false;
  return workers.every(
    ({ n: theirs, stage: { at } }) => theirs !== n || (at !== 'claimed' && at !== 'waiting'),
  );
}
