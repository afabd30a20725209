/**
 * What a worker may do next at each stage, as the engine's driver does it: act under its claim, decide with the
 * functions under test, and write under the fence. Its crash is a step like any other.
 */

import { isSettled, type Operation } from '../../src/domain/operation.ts';
import type { LookupOutcome } from '../../src/domain/outcomes.ts';
import {
  type Context,
  type Decision,
  NO_EVIDENCE,
  type OwnEvidence,
  type ReleasedOutcome,
  type VerifyOutcome,
} from '../../src/domain/transition/index.ts';
import { shownBy } from '../../src/domain/transition/wished.ts';
import type { Wish } from '../../src/domain/wish.ts';
import { claims } from './claims.ts';
import { isEvidence } from './database.ts';
import { EXPLORED } from './effects.ts';
import { decisionsOf, type Ending, ends, finish } from './finish.ts';
import { arrivals, ERROR, findings, SILENCE } from './gateway.ts';
import {
  bookOf,
  type Fault,
  IDLE,
  isWished,
  type Late,
  NO_FAULTS,
  OTHER,
  type Stage,
  type State,
  type Step,
  type VerifyItem,
  type Worker,
  type World,
  withBook,
  withWorker,
} from './model.ts';
import {
  confirmations,
  firstReads,
  isPayable,
  lastReads,
  prepares,
  reads,
  sealed,
  seals,
  storesHandle,
} from './two-steps.ts';

/** Everything that worker `who` may do in this state. */
export function workerSteps(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const worker = state.workers[who];
  const { stage } = worker;
  if (stage.at === 'idle') return claims(state, who, world);
  const steps = stageSteps(state, who, world, budget);
  if (budget > 0) steps.push(crash(state, who, world));
  return steps;
}

function stageSteps(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const worker = state.workers[who];
  const { stage } = worker;
  const { decisions } = world;
  const { operation } = state.row;
  switch (stage.at) {
    case 'idle':
      return [];
    case 'claimed':
      return claimed(state, who, world, budget);
    case 'waiting':
      return waiting(state, who, world, { landsLeft: stage.landsLeft, budget });
    case 'heard': {
      const { outcome } = stage;
      const decide = (context: Context): Decision => decisions.onCallEnded(operation, outcome, context);
      return ends(state, who, world, {
        budget,
        decide,
        outcome,
        evidenceSeen: 0,
        mark: `call ${outcome.kind}`,
      });
    }
    case 'prepared':
      return storesHandle(state, who, world, budget);
    case 'sealing':
      return seals(state, who, world, budget);
    case 'rereading':
      return lastReads(state, who, budget);
    case 'asking':
      if (state.thing !== null) return firstReads(state, who, world, budget);
      return lookups(state, worker, world, { n: worker.n, budget }).map(({ outcome, faults, what }) =>
        moved(state, who, { at: 'answered', outcome }, what, faults),
      );
    case 'answered': {
      const { outcome } = stage;
      const askedAt = worker.leaseLeft - world.policy.leaseMs;
      const decide = (context: Context): Decision =>
        decisions.onLookupEnded(operation, outcome, askedAt, context);
      return ends(state, who, world, {
        budget,
        decide,
        outcome: null,
        evidenceSeen: 0,
        mark: `lookup ${outcome.kind}`,
      });
    }
    case 'verifying':
      return verifying(state, who, world, { left: stage.left, budget });
    case 'verified': {
      const { outcome } = stage;
      if (isWished(state.row)) return lookingOnceMore(state, who, world, outcome);
      const decide = (context: Context): Decision => afterVerifying(world, operation, outcome, context);
      const evidenceSeen = outcome.kind === 'unavailable' ? 0 : worker.evidence;
      return ends(state, who, world, {
        budget,
        decide,
        outcome: null,
        evidenceSeen,
        mark: `verify ${outcome.kind}`,
      });
    }
    case 'looking':
      return lookups(state, worker, world, { n: worker.n, budget }).map(({ outcome, faults, what }) =>
        moved(state, who, { at: 'looked', checked: stage.checked, own: outcome }, what, faults),
      );
    case 'looked':
      return resolved(state, who, world, stage, budget);
    case 'watching':
      return watching(state, who, world, budget);
    case 'watched':
      return ends(state, who, world, {
        budget,
        ...judged(state, worker, world, stage.outcome),
        outcome: null,
      });
    case 'writing':
      return finish(state, who, world, { ...stage, budget, mark: 'a decision from before a pause' });
    case 'unsure':
      return finish(state, who, world, {
        budget,
        decision: null,
        outcome: stage.outcome,
        evidenceSeen: 0,
        mark: '',
      });
  }
}

function claimed(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const worker = state.workers[who];
  const steps: Step[] = [];
  const first = worker.leaseLeft > 0 ? prepares(state, who, budget) : null;
  if (first !== null) steps.push(...first);
  else if (state.thing?.stored !== false && (worker.leaseLeft > 0 || !world.guards.leaseAtSend)) {
    steps.push(moved(state, who, { at: 'waiting', landsLeft: null }, `sends charge ${worker.n}`, NO_FAULTS));
  }
  const decide = (): Decision => world.decisions.onNotSent(state.row.operation, 'no_free_slot', 0);
  steps.push(
    ...ends(state, who, world, { budget, decide, outcome: null, evidenceSeen: 0, mark: 'call not sent' }),
  );
  return steps;
}

function waiting(
  state: State,
  who: 0 | 1,
  world: World,
  { landsLeft, budget }: { readonly landsLeft: number | null; readonly budget: number },
): Step[] {
  const worker = state.workers[who];
  const { breaksContract, keepsDeclines } = world;
  const { contract } = world.policy;
  const gone = landsLeft !== null && landsLeft < 0;
  const steps: Step[] = [];
  if (!gone && state.thing !== null) {
    const rival = isOnItsWay(state, worker.n, who);
    const { cachesErrors } = contract;
    for (const way of confirmations(state.thing, { cachesErrors, rival, budget })) {
      const next = { ...withStage(state, who, { at: 'heard', outcome: way.outcome }), thing: way.thing };
      steps.push({ who, what: `gets an answer: the gateway ${way.what}`, faults: way.faults, next });
    }
  } else if (!gone) {
    const rival = isOnItsWay(state, worker.n, who);
    const book = bookOf(state, worker.n);
    for (const way of arrivals(book, contract, {
      ...{ rival, breaksContract, keepsDeclines, budget },
      impossible: state.others?.ended === true,
    })) {
      const stage: Stage = { at: 'heard', outcome: way.outcome };
      const next = withBook(withStage(state, who, stage), worker.n, way.book);
      steps.push({ who, what: `gets an answer: the gateway ${way.what}`, faults: way.faults, next });
    }
  }
  // The pause was the fault; a worker that wakes from it may find the connection closed.
  if (budget === 0 && !worker.paused) return steps;
  const faults: readonly Fault[] = worker.paused ? NO_FAULTS : ['lands later'];
  const next = withStage(state, who, { at: 'heard', outcome: SILENCE });
  const left = landsLeft ?? contract.landsWithinMs;
  const abandoned = gone ? next : { ...next, late: [...next.late, { n: worker.n, left }] };
  steps.push({ who, what: 'gets no answer; the request may still arrive', faults, next: abandoned });
  const { errorsLandWithinMs = 0 } = contract;
  if (errorsLandWithinMs > 0 && !gone && state.thing === null && budget > 0) {
    const failed = withStage(state, who, { at: 'heard', outcome: ERROR });
    const late = [...failed.late, { n: worker.n, left: Math.min(left, errorsLandWithinMs) }];
    const what = 'gets an error, and what it asked for may still be done';
    steps.push({ who, what, faults: ['error, and lands later'], next: { ...failed, late } });
  }
  return steps;
}

/** Whether another request for charge `n` has not arrived yet. */
function isOnItsWay(state: State, n: number, except: 0 | 1): boolean {
  if (state.late.some((late) => late.n === n && late.seal !== true)) return true;
  const { stage, n: others } = state.workers[except === 0 ? 1 : 0];
  return stage.at === 'waiting' && others === n && (stage.landsLeft === null || stage.landsLeft >= 0);
}

interface Looked {
  readonly outcome: LookupOutcome;
  readonly faults: readonly Fault[];
  readonly what: string;
  /** What it has changed. Default: nothing. */
  readonly next?: State;
}

function lookups(
  state: State,
  worker: Worker,
  world: World,
  { n, budget }: { readonly n: number; readonly budget: number },
): Looked[] {
  const unavailable: LookupOutcome = { kind: 'unavailable', reason: 'http_503' };
  if (worker.leaseLeft <= 0) {
    return [{ outcome: unavailable, faults: NO_FAULTS, what: 'has no lease left to look the charge up' }];
  }
  if (state.thing !== null) return verifyingReads(state, worker, budget);
  const book = n === OTHER && state.others !== null ? state.others.book : bookOf(state, n);
  // The charge shows what its other end has done to it.
  const code = n !== OTHER && state.others?.ended === true ? { code: 'already_ended' } : {};
  const found = findings(book, world.policy.contract).map((outcome) => ({
    outcome: outcome.kind === 'absent' ? { ...outcome, ...code } : outcome,
    faults: NO_FAULTS,
    what: `looks charge ${n} up: ${outcome.kind}`,
  }));
  if (budget === 0) return found;
  const forbidden: LookupOutcome = { kind: 'forbidden', reason: 'http_401' };
  return [
    ...found,
    { outcome: unavailable, faults: ['lookup unavailable'], what: `cannot look charge ${n} up` },
    { outcome: forbidden, faults: ['lookup forbidden'], what: `may not look charge ${n} up` },
  ];
}

/** In two steps, what is looked up again is sealed if it is open: done at once, or in vain. */
function verifyingReads(state: State, { leaseLeft }: Worker, budget: number): Looked[] {
  const isCompleted = state.row.operation.status === 'COMPLETED';
  return reads(state, leaseLeft, budget).flatMap((read): Looked[] => {
    const { thing } = read.next;
    if (isCompleted || thing === null || !isPayable(thing) || !OPEN.has(read.outcome.kind)) return [read];
    const next = { ...read.next, thing: sealed(thing) };
    const done: Looked = { ...read, next, outcome: { kind: 'sealed', ref: 'pi' } };
    return budget === 0 ? [done] : [done, { ...read, faults: ['seal fails'] }];
  });
}

const OPEN: ReadonlySet<string> = new Set(['open', 'requires_action']);

/** Looks up one charge of the list; the first that is live, or that cannot be looked up, ends the list. */
function verifying(
  state: State,
  who: 0 | 1,
  world: World,
  { left, budget }: { readonly left: readonly VerifyItem[]; readonly budget: number },
): Step[] {
  const worker = state.workers[who];
  const [item, ...rest] = left;
  const own = ownEvidence(state, worker);
  if (item === undefined) {
    return [
      moved(state, who, { at: 'verified', outcome: { kind: 'clear', own } }, 'has looked up all', NO_FAULTS),
    ];
  }
  if (EXPLORED[world.kind].watched) return releasedSteps(state, who, world, { item, budget });
  const { status } = state.row.operation;
  const isOpen = status === 'REVIEW' || (worker.evidence > 0 && status !== 'COMPLETED');
  const contested = isOpen && namedIn(state, item.n) !== null;
  return lookups(state, worker, world, { n: item.n, budget }).map(
    ({ outcome, faults, what, next = state }) => {
      // Without keys a decline is about one call, and says no more of another than that nothing is found.
      const told: LookupOutcome =
        outcome.kind === 'declined' && world.policy.contract.keys === 'none' ? { kind: 'absent' } : outcome;
      const end = verdict(item, told, { contested, evidence: worker.evidence, own });
      const stage: Stage = end === null ? { at: 'verifying', left: rest } : { at: 'verified', outcome: end };
      return moved(next, who, stage, what, faults);
    },
  );
}

/** Looks up the payment's other refund, which counts as failed. Found, it is reported, and this one is not sent. */
function releasedSteps(
  state: State,
  who: 0 | 1,
  world: World,
  { item, budget }: { readonly item: VerifyItem; readonly budget: number },
): Step[] {
  const { others } = state;
  if (others === null) return [];
  const worker = state.workers[who];
  const own = ownEvidence(state, worker);
  return lookups(state, worker, world, { n: item.n, budget }).map(({ outcome, faults, what }): Step => {
    const { kind } = outcome;
    if (outcome.kind === 'unavailable' || outcome.kind === 'forbidden') {
      const forbidden = kind === 'forbidden';
      const waits = { waitMs: null, contested: false, evidenceAtMs: null, forbidden } as const;
      const stage: Stage = {
        at: 'verified',
        outcome: { kind: 'unavailable', reason: outcome.reason, ...waits },
      };
      return moved(state, who, stage, what, faults);
    }
    if (kind === 'absent' || kind === 'declined' || kind === 'reversed')
      return moved(state, who, { at: 'verified', outcome: { kind: 'clear', own } }, what, faults);
    const { capturedMinor, refundingMinor, refundedMinor } = others.sums;
    const leftMinor = Math.max(0, capturedMinor - (refundingMinor - others.amountMinor) - refundedMinor);
    const fits = leftMinor - others.otherMinor >= others.amountMinor;
    const found: ReleasedOutcome = { kind: fits ? 'made' : 'exceeded', own };
    const step = moved(state, who, { at: 'verified', outcome: found }, `${what}, and reports it`, faults);
    return { ...step, evidenceOfOther: refOf(outcome) };
  });
}

function refOf(outcome: LookupOutcome): string {
  if (outcome.kind === 'duplicated') return outcome.refs[0] ?? '';
  return 'ref' in outcome ? outcome.ref : '';
}

/** Looks up what has ended. */
function watching(state: State, who: 0 | 1, world: World, budget: number): Step[] {
  const worker = state.workers[who];
  const looked: Looked[] = world.policy.contract.lookup
    ? lookups(state, worker, world, { n: worker.n, budget })
    : [
        {
          outcome: { kind: 'unavailable', reason: 'no_lookup' },
          faults: NO_FAULTS,
          what: 'cannot look it up',
        },
      ];
  return looked.map(({ outcome, faults, what }) =>
    moved(state, who, { at: 'watched', outcome }, what, faults),
  );
}

/** What follows from a lookup of what has ended. Evidence is seen only if the answer deals with it. */
function judged(
  state: State,
  { evidence, leaseLeft }: Worker,
  { decisions, policy }: World,
  outcome: LookupOutcome,
): Pick<Ending, 'decide' | 'evidenceSeen' | 'mark'> {
  const { operation } = state.row;
  const news =
    evidence > 0 ? { moneyAtMs: 0, moneyRef: namedIn(state, operation.n), sentUntilMs: null } : null;
  const told = { news, askedAtMs: leaseLeft - policy.leaseMs };
  const watched = (context: Context) => decisions.onWatched(operation, outcome, told, context);
  const { checked } = watched({ policy, nowMs: 0, roll: 0 });
  const decide = (context: Context): Decision => watched(context).decision;
  return { decide, evidenceSeen: checked ? evidence : 0, mark: `watch ${outcome.kind}` };
}

function lookingOnceMore(
  state: State,
  who: 0 | 1,
  { policy }: World,
  checked: VerifyOutcome | ReleasedOutcome,
): Step[] {
  const stage: Stage = policy.contract.lookup
    ? { at: 'looking', checked }
    : { at: 'looked', checked, own: null };
  return [moved(state, who, stage, 'has looked at everything else', NO_FAULTS)];
}

/** Decides about an operator's word. A pause before the write differs in nothing from one after any other decision. */
function resolved(
  state: State,
  who: 0 | 1,
  world: World,
  { checked, own }: Extract<Stage, { at: 'looked' }>,
  budget: number,
): Step[] {
  const worker = state.workers[who];
  const { decisions, policy } = world;
  const { operation, wish: outcome } = state.row;
  if (outcome !== 'completed' && outcome !== 'failed') return [];
  const wish: Wish =
    outcome === 'failed'
      ? { outcome, actor: 'somebody' }
      : { outcome, actor: 'somebody', gatewayRef: 'seen', amountMinor: 1 };
  const askedAtMs = worker.leaseLeft - policy.leaseMs;
  return decisionsOf(world, (context) => {
    const looks = {
      checked: afterVerifying(world, operation, checked, context),
      others: shownBy(checked),
      own,
      otherMinor: null,
      askedAtMs,
    };
    const { decision, end } = decisions.onWished({ wish, refutedBefore: false }, looks, context);
    return { ...decision, end };
  }).flatMap(({ end, ...decision }) => {
    const isSeen = end === 'carried_out' || checked.kind !== 'unavailable';
    return finish(state, who, world, {
      ...{ budget, decision, outcome: null, mark: `wish ${end ?? 'open'}` },
      evidenceSeen: isSeen ? worker.evidence : 0,
    });
  });
}

function afterVerifying(
  { kind, decisions }: World,
  operation: Operation,
  outcome: VerifyOutcome | ReleasedOutcome,
  context: Context,
): Decision {
  if (!EXPLORED[kind].watched) return decisions.onVerified(operation, outcome as VerifyOutcome, context);
  return decisions.onReleasedLookedUp(operation, outcome as ReleasedOutcome, context);
}

function namedIn({ row }: State, n: number): string | null {
  return row.named[n === 1 ? 0 : 1];
}

/** What the evidence that the worker has read says about the unsettled charge itself. */
function ownEvidence(state: State, { evidence }: Worker): OwnEvidence {
  const { operation } = state.row;
  // The evidence of a refund's review was checked when the review began, and is read again.
  const isRead = evidence > 0 || (EXPLORED[operation.kind].watched && operation.status === 'REVIEW');
  const gatewayRef = isRead && !isSettled(operation.status) ? namedIn(state, operation.n) : null;
  return { ...NO_EVIDENCE, gatewayRef };
}

function verdict(
  item: VerifyItem,
  outcome: LookupOutcome,
  told: { readonly contested: boolean; readonly evidence: number; readonly own: OwnEvidence },
): VerifyOutcome | null {
  const { contested, evidence, own } = told;
  if (outcome.kind === 'unavailable' || outcome.kind === 'forbidden') {
    const { kind, reason } = outcome;
    const forbidden = kind === 'forbidden';
    // How old evidence is changes nothing but the pace.
    const waits = { waitMs: null, contested: evidence > 0, evidenceAtMs: null };
    return { kind: 'unavailable', reason, ...waits, forbidden };
  }
  const found: VerifyOutcome = { kind: 'found', ref: 'ch', reason: 'late_success', own };
  if (item.own) return outcome.kind === 'duplicated' ? found : null;
  if (outcome.kind === 'declined' || outcome.kind === 'sealed') return null;
  if (outcome.kind === 'open' || outcome.kind === 'requires_action') {
    const waits = { waitMs: null, contested: evidence > 0, evidenceAtMs: null, forbidden: false };
    return { kind: 'unavailable', reason: 'not_sealed', ...waits };
  }
  if (outcome.kind === 'absent') return contested ? { ...found, reason: 'late_evidence' } : null;
  return found;
}

/** The process dies: what it knew is lost, what it had sent is not. */
function crash(state: State, who: 0 | 1, world: World): Step {
  const { stage, n } = state.workers[who];
  let late: readonly Late[] = state.late;
  if (stage.at === 'waiting') {
    const left = stage.landsLeft ?? world.policy.contract.landsWithinMs;
    if (left >= 0) late = [...late, { n, left }];
  }
  const next = { ...withWorker(state, who, IDLE), late };
  return { who, what: `crashes (${stage.at})`, faults: ['worker crashes'], next };
}

function withStage(state: State, who: 0 | 1, stage: Stage): State {
  const worker = state.workers[who];
  // Outdated and without news of money: its write will be refused and leaves nothing.
  const over = !worker.current && isOfNoUse(stage);
  return withWorker(state, who, over ? IDLE : { ...worker, stage });
}

function isOfNoUse(stage: Stage): boolean {
  return stage.at === 'heard' && !isEvidence(stage.outcome);
}

function moved(state: State, who: 0 | 1, stage: Stage, what: string, faults: readonly Fault[]): Step {
  return { who, what, faults, next: withStage(state, who, stage) };
}
