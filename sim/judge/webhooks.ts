/**
 * What must hold for every event of the gateway. It makes a row due for a look, and changes nothing else. Only the gateway's own events about our
 * own orders do, and the end of an outage: that wakes what the last look could not learn. It brings no call forward. An event is taken only if the
 * row is due soon, or if a look would show nothing new. And many events about one row buy few looks.
 */
import { EFFECTS, type EffectKind } from '../../src/domain/effects.ts';
import type { Fate } from '../../src/domain/outcomes.ts';
import type { PaymentEvent } from '../../src/domain/payment.ts';
import { isStoreSound, type Plan } from '../plan/plan.ts';
import type { Change } from '../store/database.ts';
import type { PaymentRow } from '../store/rows.ts';
import { type Book, orderName, statesSince } from './book.ts';
import type { Caller } from './limits.ts';
import { latestOf, type RefundBook, type RefundChange, since } from './refunds/book.ts';
import { hasSteadyClocks, isUndisturbed } from './undisturbed.ts';

/** An event that comes to a process. */
export interface Arrival {
  readonly id: string;
  readonly process: string;
  /** `foreign`: about another installation's order. */
  readonly kind: 'own' | 'foreign' | 'forged';
  readonly effect: EffectKind;
  readonly accountId: string;
  readonly orderId: string;
  /** Which gateway sent it. */
  readonly gateway: string;
  /** The gateway's key of the charge or the refund, and its own id of it. */
  readonly key: string;
  readonly ref: string;
  readonly says: Fate;
}

/** What `Store.wake` is given. */
export interface WakeQuery {
  readonly payment: { readonly accountId: string; readonly orderId: string; readonly paymentId: string };
  /** Null: the payment itself. */
  readonly followUpId: string | null;
  /** From the time at which the statement arrived. */
  readonly waitMs: number;
}

export interface WebhookJudge {
  arrived(arrival: Arrival): void;
  /** `word`: `taken`, or the code of the problem. `ageMs`: since the gateway signed it. */
  answered(id: string, word: string, ageMs: number): void;
  /** Its process died before it answered. */
  lost(id: string): void;
  /** The process is about to wake a row. */
  wakes(caller: Caller, query: WakeQuery): void;
  /** It was told that the row is woken. */
  woke(caller: Caller, query: WakeQuery): void;
  /** The process reports that it calls the gateway again. */
  goesOn(caller: Caller): void;
  committed(change: Change): void;
  /** Of a refund, a capture or a void. */
  followUpCommitted(change: RefundChange): void;
}

export interface WebhookJudgeParts {
  readonly plan: Plan;
  readonly book: Book;
  readonly refundBook: RefundBook;
  readonly violated: (invariant: string, message: string) => void;
  readonly mark: (name: string) => void;
  readonly nowMs: () => number;
  readonly databaseNowMs: () => number;
}

const INVARIANT = '12 webhooks';

const FIRST_GAP_MS = 1000;
const LONGEST_GAP_MS = 600_000;
const FORGOTTEN_AFTER_MS = 3_600_000;
/** Times of the database are whole milliseconds. */
const ROUNDING_MS = 1;
/** It waits three seconds for whoever holds the row, a pause longer at most, and then its last read ends. */
const ANSWERED_WITHIN_MS = 3500;
/** Signatures count for five minutes. */
const FRESH_FOR_MS = 200_000;

/** So long after a process calls again, it has woken what its looks could not learn: some rows, one after the other. Only the time counts in which it runs. */
const WAKES_WITHIN_MS = 60_000;

/** The words for "not now" of a process that is about to end, or that is not set to this gateway. */
const ELSEWHERE: ReadonlySet<string> = new Set(['not_found', 'shutting_down', 'installation_changed']);

/** What was woken, by one incarnation of a process. */
interface Woken {
  times: number;
  atMs: number;
}

/** A row as it was for a while. */
interface Seen extends Pick<PaymentRow, 'operation' | 'gateway' | 'held' | 'dueAtMs'> {
  /** Whether the event is about its current charge. */
  readonly isCurrent: boolean;
}

export function createWebhookJudge(parts: WebhookJudgeParts): WebhookJudge {
  const { plan, book, refundBook, violated, mark, nowMs, databaseNowMs } = parts;
  const open = new Map<string, Arrival & { readonly atMs: number }>();
  /** By process and row. */
  const woken = new Map<string, Woken>();
  /** The least gap of each wake that is under way. */
  const gaps = new WeakMap<object, number>();
  /** How often each row was woken. */
  const wakes = new Map<string, number>();
  /** For how long each process had run when it went on to call. */
  const wentOnMs = new Map<string, number>();
  /** The wakes that no event has asked for. */
  const ownWakes = new WeakSet<object>();
  /** The last event in the trail of each row, if it says that a look got no answer. */
  const unanswered = new Set<string>();
  const isSteady = hasSteadyClocks(plan);
  const isPrompt =
    isSteady && isUndisturbed(plan) && plan.narrow === null && plan.rates.timer_late === undefined;

  function wrong(what: string, why: string): void {
    violated(INVARIANT, `${what}: ${why}`);
  }

  /** Whether the database's clock was ever set. */
  function isStepped(): boolean {
    return book.stepped.atMs !== Number.NEGATIVE_INFINITY;
  }

  function times({ name, monotonicMs }: Caller, unit: string): number {
    const known = woken.get(`${name} ${unit}`);
    return known === undefined || monotonicMs - known.atMs >= FORGOTTEN_AFTER_MS ? 0 : known.times;
  }

  function isAbout(
    { effect, accountId, orderId, key }: Arrival,
    { payment, followUpId }: WakeQuery,
  ): boolean {
    const isOfOrder = isOf(payment, accountId, orderId);
    if (followUpId === null) return effect === 'charge' && isOfOrder;
    return effect === 'refund' && isOfOrder && refundBook.byKey.get(key) === followUpId;
  }

  /** The same word several times at once is one: the look that the first one asks for is for all of them. */
  function firstAtMs(arrival: Arrival): number {
    const same = [...open.values()].filter((one) => isSameWord(one, arrival));
    return Math.min(nowMs(), ...same.map(({ atMs }) => atMs));
  }

  /** A measure of how long it has run: true time without the pauses. */
  function ranForMs({ sleptMs }: Caller): number {
    return nowMs() - sleptMs;
  }

  function isAfterOutage(caller: Caller): boolean {
    const sinceMs = wentOnMs.get(caller.name);
    return sinceMs !== undefined && ranForMs(caller) - sinceMs <= WAKES_WITHIN_MS;
  }

  function noteTrail(unit: string, event: PaymentEvent | null): void {
    if (event === null) return;
    if (NO_ANSWER.has(event.type)) unanswered.add(unit);
    else unanswered.delete(unit);
  }

  /** A wake changes the time at which a row is due, to an earlier one, and nothing else. */
  function judgeWoken(what: string, before: PaymentRow, after: PaymentRow, query: WakeQuery): void {
    const { operation, held, dueAtMs, updatedAtMs } = before;
    if (held) wrong(what, 'it was woken while a worker held it');
    if (operation.step === 'call') wrong(what, 'an event brought its call forward');
    if (JSON.stringify({ ...after, dueAtMs }) !== JSON.stringify(before))
      wrong(what, 'an event changed more than its time');
    const dueMs = after.dueAtMs ?? Number.POSITIVE_INFINITY;
    if (dueAtMs !== null && dueMs >= dueAtMs) wrong(what, 'an event made it due later');
    const isOpen = operation.status === 'PROCESSING' || operation.status === 'UNRESOLVED';
    if (ownWakes.has(query)) {
      mark('woke_after_outage');
      // A process remembers what a database that lost commits does not.
      if (!book.amnesia && (!isOpen || !unanswered.has(query.followUpId ?? query.payment.paymentId)))
        wrong(what, 'it was woken after an outage, and its last look got an answer');
    }
    const gapMs = gaps.get(query);
    // A process whose clock was set forward may have dated its last write ahead.
    const lookedAtMs = Math.min(updatedAtMs, dueMs - query.waitMs);
    const leastMs = lookedAtMs + (gapMs ?? 0) - ROUNDING_MS;
    if (gapMs !== undefined && !isStepped() && dueMs < leastMs)
      wrong(what, `an event had it looked up ${leastMs - dueMs} ms too soon: its gap is ${gapMs} ms`);
  }

  /** Evidence of money is what an exchange has shown. An event is none. */
  function judgeEvidence(what: string, key: string, args: unknown, isLate: boolean): void {
    const { outcome } = args as { readonly outcome: { readonly kind: string } };
    const exchanges = book.wire.exchanges.get(key) ?? [];
    if (isLate || book.amnesia || !MONEY.has(outcome.kind)) return;
    if (!exchanges.some(({ heard }) => heard !== null && MONEY.has(heard.kind)))
      wrong(what, 'evidence of money that no exchange has shown');
  }

  /** What the arrival is about, as it was while the event was being dealt with. */
  function statesOf({ effect, accountId, orderId, key, atMs }: Arrival & { readonly atMs: number }): {
    readonly unit: string;
    readonly rows: readonly Seen[];
  } | null {
    if (effect === 'charge') {
      const states = book.states.get(orderName(accountId, orderId));
      if (states === undefined) return null;
      const n = book.intended.get(key)?.n;
      const lately = statesSince(book, orderName(accountId, orderId), atMs);
      const rows = lately.map(({ row, chargeN }) => ({ ...row, isCurrent: chargeN === n }));
      return { unit: rows.at(-1)?.paymentId ?? '', rows };
    }
    const unit = refundBook.byKey.get(key) ?? '';
    const known = refundBook.refunds.get(unit);
    if (known === undefined || !isOf(latestOf(known).order, accountId, orderId)) return null;
    return { unit, rows: since(known.states, atMs).map(({ record }) => ({ ...record, isCurrent: true })) };
  }

  /** Whether the row is looked up as soon as an event may ask for. */
  function isDueSoon(unit: string, { held, operation, dueAtMs }: Seen): boolean {
    if (held || dueAtMs === null || isBeforeCall(operation)) return false;
    const gapMs = Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * 2 ** (wakes.get(unit) ?? 0));
    return dueAtMs <= databaseNowMs() + gapMs + ROUNDING_MS;
  }

  function judgeTaken(arrival: Arrival & { readonly atMs: number }): void {
    const { kind, id, effect, orderId, says, gateway, process } = arrival;
    const what = `event ${id} (${effect} of ${orderId} is ${says})`;
    if (kind === 'forged') wrong(what, `${process} took it, and the gateway has not sent it`);
    const states = kind === 'own' ? statesOf(arrival) : null;
    const isJudged = plan.policy.contract.lookup && !book.amnesia && !book.idLost;
    if (states === null || !isJudged || isStepped()) return;
    const { unit, rows } = states;
    const may = rows.some((row) => row.gateway !== gateway || isKnown(arrival, row) || isDueSoon(unit, row));
    if (!may) wrong(what, `${process} took it, and nobody looks`);
  }

  /** It may come again later only if somebody works on the row, or is about to call. */
  function judgeLater(arrival: Arrival & { readonly atMs: number }): void {
    const { id, process } = arrival;
    const states = statesOf(arrival);
    // A process that slept may have lost a race, and has no time left for another one.
    const isExcused = book.amnesia || (states !== null && !isPrompt);
    const isWorkedOn = states?.rows.some(({ held, operation }) => held || isBeforeCall(operation));
    if (isExcused || isWorkedOn === true) return;
    wrong(`event ${id}`, `${process} puts it off, and nobody works on what it is about`);
  }

  return {
    arrived: (arrival) => void open.set(arrival.id, { ...arrival, atMs: firstAtMs(arrival) }),
    lost: (id) => void open.delete(id),
    answered(id, word, ageMs) {
      const arrival = open.get(id);
      open.delete(id);
      if (arrival === undefined || ELSEWHERE.has(word)) return;
      const { kind, process, atMs } = arrival;
      if (isPrompt && nowMs() - atMs > ANSWERED_WITHIN_MS)
        wrong(`event ${id}`, `${process} answered after ${nowMs() - atMs} ms`);
      if (word === 'taken') judgeTaken(arrival);
      else if (kind === 'own' && word === 'webhook_not_noted') judgeLater(arrival);
      else if (kind === 'foreign' && word !== 'webhook_refused')
        wrong(`event ${id}`, `${process} answers ${word} to what is not ours`);
      if (word === 'webhook_refused' && kind !== 'forged' && isSteady && ageMs < FRESH_FOR_MS)
        wrong(`event ${id}`, `${process} refused what the gateway has just sent`);
      if (word === 'store_failed' && isStoreSound(plan) && plan.narrow === null)
        wrong(`event ${id}`, `${process} says that the store failed, and it did not`);
    },
    wakes(caller, query) {
      const { payment, followUpId } = query;
      const unit = followUpId ?? payment.paymentId;
      const about = [...open.values()].filter(
        (one) => one.process === caller.name && one.kind === 'own' && isAbout(one, query),
      );
      if (isAfterOutage(caller)) {
        if (about.length === 0) ownWakes.add(query);
        // Which of both it is, nobody can tell.
        return;
      }
      if (about.length === 0 && !book.amnesia && !book.idLost)
        wrong(`${followUpId ?? ''} ${payment.orderId}`, `${caller.name} woke it, and no event is about it`);
      gaps.set(query, Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * 2 ** times(caller, unit)));
    },
    woke(caller, query) {
      if (!gaps.has(query)) return;
      const { payment, followUpId } = query;
      const unit = followUpId ?? payment.paymentId;
      woken.set(`${caller.name} ${unit}`, { times: times(caller, unit) + 1, atMs: caller.monotonicMs });
    },
    goesOn: (caller) => void wentOnMs.set(caller.name, ranForMs(caller)),
    committed({ kind, before, after, rowAfter, orderId, args, event }) {
      noteTrail(after.paymentId, event);
      if (kind === 'wake' && before !== null) {
        wakes.set(after.paymentId, (wakes.get(after.paymentId) ?? 0) + 1);
        judgeWoken(orderId, before, after, args as WakeQuery);
      }
      if (kind !== 'addEvidence') return;
      const { chargeN } = args as { readonly chargeN: number };
      const key = rowAfter.operations.find(({ n }) => n === chargeN)?.gatewayKey ?? '';
      judgeEvidence(orderId, key, args, book.late.has(key));
    },
    followUpCommitted({ kind, before, after, args, event }) {
      const { id, name } = after.followUp;
      const { kind: effect } = after.operation;
      const what = `${effect} ${name} of ${after.order.orderId}`;
      noteTrail(id, event);
      if (kind === 'wake' && before !== null) {
        wakes.set(id, (wakes.get(id) ?? 0) + 1);
        judgeWoken(what, before, after, args as WakeQuery);
      }
      const { gatewayKey } = after;
      if (kind === 'addFollowUpEvidence' && effect === 'refund')
        judgeEvidence(what, gatewayKey, args, refundBook.late.has(gatewayKey));
    },
  };
}

function isOf(
  order: { readonly accountId: string; readonly orderId: string },
  accountId: string,
  orderId: string,
): boolean {
  return order.accountId === accountId && order.orderId === orderId;
}

/** Whether both events say the same about the same thing, at one process. */
function isSameWord(one: Arrival, other: Arrival): boolean {
  return WORD.every((field) => one[field] === other[field]);
}

const WORD = [
  'process',
  'kind',
  'effect',
  'accountId',
  'orderId',
  'gateway',
  'key',
  'ref',
  'says',
] as const satisfies readonly (keyof Arrival)[];

/** What a look without an answer leaves in the trail. */
const NO_ANSWER: ReadonlySet<string> = new Set(['lookup.unavailable', 'verify.unavailable']);

/** The outcomes that show that something was made, or is under way. */
const MONEY: ReadonlySet<string> = new Set(['approved', 'pending', 'succeeded', 'mismatch', 'duplicated']);

/** Whether a call may follow at any time. */
function isBeforeCall({ step, status }: Seen['operation']): boolean {
  return step === 'call' && IS_OPEN.has(status);
}

const IS_OPEN: ReadonlySet<string> = new Set(['PROCESSING', 'UNRESOLVED', 'REVIEW']);

/** Whether a look would show nothing that is new. Taken from the design (decision 32), not from the engine. */
function isKnown({ says, ref }: Arrival, { operation, isCurrent, held }: Seen): boolean {
  const mayHoldMoney = says === 'live' || says === 'pending';
  const { kind, status, gatewayRef } = operation;
  if (status === 'COMPLETED') {
    if (says === 'live') return ref === gatewayRef;
    return says === 'pending' || EFFECTS[kind].mayFailForMs === 0;
  }
  if (status === 'FAILED') return !mayHoldMoney;
  // Its money is free again. What the charge was before, a late event may still say.
  if (status === 'VOIDED') return !mayHoldMoney || ref === gatewayRef;
  // A no to an earlier charge of the order was dealt with before this one began.
  if (!isCurrent && !mayHoldMoney) return true;
  // The call itself will show a no.
  return isBeforeCall(operation) && !held && !mayHoldMoney;
}
