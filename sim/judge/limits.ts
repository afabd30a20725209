/**
 * What each process's limits must guarantee, however small they are. No more exchanges at once than slots. No more retries and lookups
 * than the budgets allow. No call while calls are stopped. No claim is held while waiting. No client waits for ever or is answered late.
 */
import { EFFECTS, type EffectKind } from '../../src/domain/effects.ts';
import { isSettled } from '../../src/domain/operation.ts';
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { RefundedOutcome } from '../../src/domain/refund-outcomes.ts';
import { isStoreSound, type Plan } from '../plan/plan.ts';
import type { Change, Database, Row } from '../store/database.ts';
import type { Asked } from './answers.ts';
import { type OrderName, orderName } from './book.ts';
import type { Heard } from './wire.ts';

/** One incarnation of a process, at one moment. */
export interface Caller {
  readonly name: string;
  /** By its machine's monotonic clock. */
  readonly monotonicMs: number;
  /** When it last woke, in true time. */
  readonly wokeAtMs: number;
  /** How long it has stood still until now, in true time. */
  readonly sleptMs: number;
}

export type ExchangeKind = 'call' | 'lookup';

export interface LimitJudge {
  committed(change: Change): void;
  /** The process is about to write the payment's next state. */
  writes(caller: Caller, next: { readonly paymentId: string; readonly seq: number }): void;
  /** A timer of the process rings `lateMs` after its time: the machine had no time for it. */
  rangLate(caller: Caller, lateMs: number): void;
  /** A client of the process gets the answer that its charge has ended. */
  told(caller: Caller, asked: Pick<Asked, 'id' | 'accountId' | 'orderId' | 'atMs'>): void;
  /** The process starts. Its budgets fill from now on. */
  started(caller: Caller): void;
  /** The process writes the first step of a charge, which adds a retry to its budget. */
  earned(caller: Caller, effect: EffectKind): void;
  began(
    kind: ExchangeKind,
    caller: Caller,
    about: { readonly key: string; readonly effect: EffectKind },
  ): void;
  /** `kept`: the engine itself did not let the request leave. */
  ended(
    kind: ExchangeKind,
    caller: Caller,
    end: {
      readonly outcome: Heard | RefundedOutcome;
      readonly kept: boolean;
      readonly beganAtMs: number;
      readonly effect: EffectKind;
    },
  ): void;
}

export interface LimitJudgeParts {
  readonly plan: Plan;
  /** What the operation with this gateway key belongs to. */
  readonly rowOf: (key: string) => Row | undefined;
  readonly violated: (invariant: string, message: string) => void;
  readonly mark: (name: string) => void;
  readonly nowMs: () => number;
}

/** What is known about one incarnation. */
interface Seen {
  readonly startedMs: number;
  readonly underWay: Record<ExchangeKind, number>;
  /** Charges have the budgets to themselves. All follow-ups together have half as much, and what any of them has earned. */
  readonly spent: Readonly<Record<Purse, Spent>>;
  /** Each kind of effect stops its own calls only. */
  readonly calls: Readonly<Record<EffectKind, Calls>>;
  /** Its timers that rang late, in true time. */
  readonly lateRings: { readonly atMs: number; readonly lateMs: number }[];
}

/** Who shares the budgets. */
type Purse = 'charges' | 'followUps';

function purseOf(effect: EffectKind): Purse {
  return EFFECTS[effect].followUp === null ? 'charges' : 'followUps';
}

/** What one incarnation has used of its budgets. */
interface Spent {
  retries: number;
  lookups: number;
  earned: number;
}

function nothingSpent(): Spent {
  return { retries: 0, lookups: 0, earned: 0 };
}

/** What is known of one incarnation's calls of one kind. */
interface Calls {
  /** Calls without an answer since the last answer. */
  silences: number;
  answeredAtMs: number;
  /** When its last failed call ended. */
  failedAtMs: number;
  /** No call may begin before this time, by its own clock. */
  stoppedUntilMs: number;
}

function noCalls(): Calls {
  const never = Number.NEGATIVE_INFINITY;
  return { silences: 0, answeredAtMs: never, failedAtMs: never, stoppedUntilMs: never };
}

/** A claim, and the budget that it uses. */
interface Claimed {
  readonly atMs: number;
  readonly budget: 'retries' | 'lookups' | null;
  /** An exchange has begun under it. */
  used: boolean;
}

/** The longest time from a claim to its call. A claim is made only once nothing else has to be waited for. */
const AT_ONCE_MS = 1000;
/** The longest time from the end of a charge to the answer. A request that looked just before looks again within a second. */
const TOLD_WITHIN_MS = 2500;
/** Which part of the budgets is for each. */
const SHARES: Readonly<Record<Purse, number>> = { charges: 1, followUps: 0.5 };
/** One token more: it may become available within the same millisecond. */
const ROUNDING = 1;

export function createLimitJudge(parts: LimitJudgeParts): LimitJudge {
  const { plan, rowOf, violated, mark, nowMs } = parts;
  const { narrow } = plan;
  const sound = isStoreSound(plan);
  const processes = new Map<string, Seen>();
  const claims = new Map<string, Claimed>();
  /** Which process wrote each state of each payment. */
  const writers = new Map<string, string>();
  /** Which process ended the order's last charge, and when. */
  const ends = new Map<OrderName, { readonly by: string | undefined; readonly atMs: number }>();

  function seen({ name, monotonicMs }: Caller): Seen {
    const known = processes.get(name);
    if (known !== undefined) return known;
    const fresh: Seen = {
      startedMs: monotonicMs,
      underWay: { call: 0, lookup: 0 },
      spent: { charges: nothingSpent(), followUps: nothingSpent() },
      calls: { charge: noCalls(), refund: noCalls(), capture: noCalls(), void: noCalls() },
      lateRings: [],
    };
    processes.set(name, fresh);
    return fresh;
  }

  function judgeSlots(kind: ExchangeKind, { name }: Caller, { underWay }: Seen): void {
    const most = kind === 'call' ? plan.maxCalls : plan.maxLookups;
    if (underWay[kind] > most) violated('limits', `${name}: ${underWay[kind]} ${kind}s at once, of ${most}`);
    else if (underWay[kind] === most) mark(`all_taken:${kind}`);
  }

  /** A process must not hold a claim while it waits for a slot or for anything else. */
  function judgeClaim(kind: ExchangeKind, caller: Caller, claim: Claimed): void {
    const waitedMs = nowMs() - claim.atMs;
    const slept = caller.wokeAtMs >= claim.atMs;
    if (kind === 'call' && sound && !claim.used && !slept && waitedMs > AT_ONCE_MS)
      violated('limits', `${caller.name} called ${waitedMs} ms after it had claimed the payment`);
  }

  function judgeBudgets(caller: Caller, known: Seen, { budget }: Claimed, effect: EffectKind): void {
    if (narrow === null || budget === null) return;
    const purse = purseOf(effect);
    const spent = known.spent[purse];
    spent[budget] += 1;
    const share = SHARES[purse];
    const { initial, perSecond } = narrow.budgets[budget];
    const seconds = (caller.monotonicMs - known.startedMs) / 1000;
    const earned = budget === 'retries' ? spent.earned : 0;
    const most = share * initial + earned + share * perSecond * seconds + ROUNDING;
    if (spent[budget] > most)
      violated(
        'limits',
        `${caller.name}: ${spent[budget]} ${budget} of ${purse} in ${seconds} s, of ${most}`,
      );
  }

  function judgeStop(caller: Caller, { stoppedUntilMs }: Calls): void {
    const leftMs = stoppedUntilMs - caller.monotonicMs;
    if (leftMs > 0) violated('limits', `${caller.name} called, ${leftMs} ms before calls may go on`);
  }

  function callEnded({ monotonicMs }: Caller, known: Calls, outcome: CallOutcome, beganAtMs: number): void {
    if (narrow === null) return;
    const { failedAtMs } = known;
    if (outcome.kind === 'unknown' || outcome.kind === 'refused' || outcome.kind === 'forbidden')
      known.failedAtMs = monotonicMs;
    if (!isSilence(outcome)) {
      known.silences = 0;
      known.answeredAtMs = monotonicMs;
      known.stoppedUntilMs = Number.NEGATIVE_INFINITY;
      return;
    }
    known.silences += 1;
    const { silencesInRow, silentForMs, pauseMs } = narrow.breaker;
    if (known.silences < silencesInRow || monotonicMs - known.answeredAtMs < silentForMs) return;
    // Another call failed after this one began, and may already have stopped calls. Then this one does not extend the stop.
    if (beganAtMs <= failedAtMs) return;
    known.stoppedUntilMs = monotonicMs + pauseMs;
    mark('calls_stopped');
  }

  return {
    writes({ name }, { paymentId, seq }) {
      writers.set(`${paymentId} ${seq}`, name);
    },
    rangLate: (caller, lateMs) => void seen(caller).lateRings.push({ atMs: nowMs(), lateMs }),
    told(caller, { id, accountId, orderId, atMs }) {
      const { name, wokeAtMs } = caller;
      const end = ends.get(orderName(accountId, orderId));
      if (!sound || end?.by !== name) return;
      const lateMs = nowMs() - Math.max(end.atMs, atMs, wokeAtMs);
      // The request may have looked just before the end. Then the timer of its next look may have been late as well.
      const rings = seen(caller).lateRings.filter((ring) => ring.atMs >= end.atMs);
      const ringMs = Math.max(0, ...rings.map((ring) => ring.lateMs));
      if (lateMs > TOLD_WITHIN_MS + ringMs)
        violated('limits', `${id} was told ${lateMs} ms after ${name} had ended ${orderId}`);
    },
    committed({ before, after, kind, event, orderId, accountId }) {
      if (isSettled(after.operation.status)) {
        const by = writers.get(`${after.paymentId} ${after.seq}`);
        ends.set(orderName(accountId, orderId), { by, atMs: nowMs() });
      }
      if (event?.detail === 'no_free_slot' && event.type === 'call.not_sent' && sound)
        violated('limits', `${orderId} was claimed, and there was no slot for its call`);
      if (!after.held || before?.claimId === after.claimId) return;
      const isClaim = kind === 'advance' && before !== null;
      const isRetry = isClaim && !before.held && after.operation.attempts > 1;
      const budget =
        after.operation.step === 'call' ? (isRetry ? 'retries' : null) : isClaim ? 'lookups' : null;
      claims.set(after.claimId, { atMs: nowMs(), budget, used: false });
    },
    started: (caller) => void seen(caller),
    earned(caller, effect) {
      seen(caller).spent[purseOf(effect)].earned += 1;
    },
    began(kind, caller, { key, effect }) {
      const known = seen(caller);
      known.underWay[kind] += 1;
      judgeSlots(kind, caller, known);
      if (kind === 'call') judgeStop(caller, known.calls[effect]);
      const claim = claims.get(rowOf(key)?.payment.claimId ?? '');
      if (claim === undefined) return;
      judgeClaim(kind, caller, claim);
      if (!claim.used) judgeBudgets(caller, known, claim, effect);
      claim.used = true;
    },
    ended(kind, caller, { outcome, kept, beganAtMs, effect }) {
      const known = seen(caller);
      known.underWay[kind] -= 1;
      if (kind === 'call' && !kept && outcome.kind !== 'not_sent')
        callEnded(caller, known.calls[effect], outcome as CallOutcome, beganAtMs);
    },
  };
}

/** Whether the gateway itself gave no answer. */
function isSilence(outcome: CallOutcome): boolean {
  return outcome.kind === 'refused' || (outcome.kind === 'unknown' && !outcome.answered);
}

/** Longer than a few orders wait for each other, for tokens and for the end of a stop while nothing goes wrong. */
const STARVES_AFTER_MS = 3 * 60_000;

/** A payment that has been due for too long. Null: none. `sinceMs`: since when nothing has gone wrong, by the database's clock. */
export function judgeStarving(database: Database, databaseNowMs: number, sinceMs: number): string | null {
  for (const { payment } of database.rows()) {
    if (payment.dueAtMs === null) continue;
    const dueForMs = databaseNowMs - Math.max(payment.dueAtMs, sinceMs);
    const { accountId, orderId } = payment.order;
    if (dueForMs > STARVES_AFTER_MS) return `${orderName(accountId, orderId)} is due for ${dueForMs} ms`;
  }
  return null;
}
