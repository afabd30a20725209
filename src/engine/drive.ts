/**
 * Drives a payment with its current charge, or a refund: claims it, acts, writes the result, and repeats this. It ends when that is
 * settled, or waits too long to be kept in memory. Comments here say payment for both. Every step is durable before the next begins, so the process may die between
 * any two.
 */
import type { EffectKind } from '../domain/effects.ts';
import { dashed, timeOfUuidV7 } from '../domain/ids.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import {
  type Action,
  type ClaimEvent,
  type Context,
  type Decision,
  endingInTime,
  isDecline,
  isForOthers,
  leftToTryMs,
  mayBeForgotten,
  mayCallNow,
  mustLookFirst,
  onAhead,
  onAheadOfCall,
  onCallEnded,
  onClaim,
  onLookedFirst,
  onLookupEnded,
  onNotSent,
  onUnseen,
  stillWished,
} from '../domain/transition/index.ts';
import type { PaymentRecord, StoredWish } from '../ports/store.ts';
import { createActivePayments } from './active.ts';
import { type Engine, roomOf } from './context.ts';
import { keepEvidence, mayHaveSent, tellsOfMoney } from './evidence.ts';
import { callGateway, lookUp } from './exchange.ts';
import type { Permission, Request } from './gate.ts';
import { askedAtMs, askingNow, databaseNowMs, type Held, usableMs } from './lease.ts';
import { createChangeLog } from './log-change.ts';
import { momentOf } from './moment.ts';
import { lookOnceMore, openWish } from './operator/wished.ts';
import { type Need, type Place, takePlace, waitForPlace } from './place.ts';
import { namesOf, unitOf } from './unit.ts';
import { createVerifyProgress } from './verify-progress.ts';
import { type WriteOptions, type Written, write } from './write.ts';

export interface Driver {
  /** Continues with a payment that was accepted under our claim. Its first step is already counted. */
  drive(held: Held): void;
  /** Continues with a payment after `waitMs`, once the gateway's limits allow it. `false`: it is left to the sweep. */
  resumeIn(record: PaymentRecord, waitMs: number): boolean;
  /**
   * Continues in `waitMs` (default: at once) with a payment that waits here, if the store has something newer: evidence, another
   * process's write, or an earlier time.
   */
  wake(record: PaymentRecord, waitMs?: number): void;
  /** It as this process last knew it, while it is in memory. `unit`: see `unitOf`. */
  known(unit: string): PaymentRecord | undefined;
  /** Starts nothing new, and resolves when everything under way has ended. */
  drain(): Promise<void>;
}

export interface DriverOptions {
  readonly engine: Engine;
  /** Called after every durable change that this process made. */
  readonly onChange: (record: PaymentRecord) => void;
  /** Called when something leaves this process's memory. */
  readonly onForget: (unit: string) => void;
}

/** What a write that gives the lease back says beside the decision. */
type End = Required<Pick<WriteOptions, 'nowMs' | 'evidenceSeen' | 'elsewhereMinor' | 'wish'>>;

export function createDriver({ engine, onChange, onForget }: DriverOptions): Driver {
  const { clock, random, gate, policy, limits, log, databaseClock } = engine;
  const active = createActivePayments();
  const progress = createVerifyProgress();
  let running = 0;
  const logChange = createChangeLog(engine);
  let draining = false;
  let idle: Promise<void> | null = null;
  let onIdle: (() => void) | null = null;

  function context(nowMs: number, record: PaymentRecord): Context {
    const paymentAgeMs = clock.wallMs() - timeOfUuidV7(unitOf(record));
    const atLeastMs = databaseClock.atLeastMs();
    return { policy, nowMs, atLeastMs, roll: random.float(), trust: databaseClock.trust(), paymentAgeMs };
  }

  /**
   * Frees the place when a worker's step has ended. If the step throws, the payment is forgotten here, and the sweep
   * finds it again.
   */
  function track(record: PaymentRecord, work: Promise<void>, place: Place | null): void {
    running += 1;
    work.then(
      () => ended(place),
      (error: unknown) => {
        forget(record);
        log.error(
          { err: error, ...namesOf(record) },
          'a worker failed; the sweep takes its payment up again',
        );
        ended(place);
      },
    );
  }

  function ended(place: Place | null): void {
    place?.free();
    running -= 1;
    if (running === 0) onIdle?.();
  }

  async function takeUp(record: PaymentRecord, place: Place): Promise<void> {
    const isLeft = draining || engine.halt.halted;
    if (isLeft || !roomOf(engine, record).isNamedAsDerived(engine, record)) return forget(record);
    active.working(record);
    const wish = record.operation.status === 'REVIEW' ? await openWish(engine, record) : null;
    if (wish === 'unreadable') return forget(record);
    const nowMs = databaseClock.nowMs();
    const { dueAtMs, evidence } = record;
    if (
      wish === null &&
      isForOthers(record.operation, { dueAtMs: dueAtMs ?? nowMs, evidence }, { policy, nowMs, roll: 0 })
    )
      return forget(record);
    const claimedAt = momentOf(clock);
    const event = { ...claimEventOf(record), wished: wish !== null };
    const decision = onClaim(record.operation, event, context(nowMs, record));
    const claimId = dashed(random.hex128());
    const idle = decision.action === 'none';
    const written = await write(engine, {
      record,
      decision,
      lease: idle
        ? { kind: 'pass', claimId, waitMs: decision.waitMs }
        : { kind: 'take', claim: { claimId, leaseMs: policy.leaseMs } },
      mustBeDue: true,
      // A claim that leads to no action has dealt with all evidence.
      evidenceSeen: idle ? record.evidence : 0,
      nowMs,
      tryForMs: limits.leaseMarginMs,
    });
    if (written.kind === 'unseen') return void resumeIn(written.record, 0);
    if (written.kind !== 'done') return forget(record);
    if (idle) return afterWrite(record, written.record, decision);
    const held = { record: written.record, grantedAtMs: written.nowMs, claimedAt, place };
    // The claim may have taken long, or our clocks may have stopped. So the database's time decides.
    const late =
      decision.action === 'call' &&
      !mayCallNow(held.record.operation, context(held.grantedAtMs, held.record));
    if (late) return giveBack(held, 'too_late');
    return wish === null ? act(held, decision.action) : resolve(held, wish);
  }

  async function act(held: Held, action: Action): Promise<void> {
    active.working(held.record);
    onChange(held.record);
    // Evidence does not raise `seq`, so it may have come in since the claim was decided.
    if (action === 'call' && held.record.evidence > 0) return giveBack(held, 'late_evidence');
    if (action === 'call') return draining ? giveBack(held, 'shutting_down') : call(held);
    if (action === 'lookup') return lookup(held);
    return verify(held);
  }

  /** Decides about an operator's wish. */
  async function resolve(held: Held, wish: StoredWish): Promise<void> {
    active.working(held.record);
    onChange(held.record);
    const decide = await lookOnceMore(engine, held, wish, progress);
    const nowMs = databaseNowMs(engine, held);
    const resolved = decide(context(nowMs, held.record));
    return finish(held, resolved.decision, nowMs, null, resolved);
  }

  /** The decision was no longer right when the claim was granted. A new one is made later. */
  function giveBack(held: Held, reason: string): Promise<void> {
    return finish(held, onNotSent(held.record.operation, reason, 0), held.grantedAtMs, null);
  }

  async function call(held: Held): Promise<void> {
    const { operation } = held.record;
    const room = roomOf(engine, held.record);
    const before = mustLookFirst(operation, context(held.grantedAtMs, held.record))
      ? await lookFirst(held)
      : null;
    held.place?.looked();
    if (before !== null) return finish(held, before, databaseNowMs(engine, held), null);
    const result = await callGateway(engine, held, room.call(engine, held.record));
    const nowMs = databaseNowMs(engine, held);
    if (result.kind === 'not_sent') {
      return finish(held, onNotSent(operation, result.reason, result.waitMs), nowMs, null);
    }
    return finish(
      held,
      onCallEnded(operation, result.outcome, context(nowMs, held.record)),
      nowMs,
      result.outcome,
    );
  }

  /** Looks it up before a call. Returns the decision if the call may not be sent. Null: it may be sent. */
  async function lookFirst(held: Held): Promise<Decision | null> {
    const { operation } = held.record;
    const room = roomOf(engine, held.record);
    const asking = askingNow(engine, held);
    const outcome = await lookUp(engine, held, room.lookup(engine, held.record));
    const decision = onLookedFirst(
      operation,
      outcome,
      askedAtMs(engine, asking),
      context(databaseNowMs(engine, held), held.record),
    );
    if (decision !== null || !mayBeForgotten(operation, context(held.grantedAtMs, held.record)))
      return decision;
    return onAheadOfCall(
      operation,
      await roomOf(engine, held.record).lookAhead(engine, held),
      context(databaseNowMs(engine, held), held.record),
    );
  }

  async function lookup(held: Held): Promise<void> {
    const { operation } = held.record;
    const room = roomOf(engine, held.record);
    const asking = askingNow(engine, held);
    const outcome = await lookUp(engine, held, room.lookup(engine, held.record));
    const nowMs = databaseNowMs(engine, held);
    const decision = onLookupEnded(
      operation,
      outcome,
      askedAtMs(engine, asking),
      context(nowMs, held.record),
    );
    return finish(held, decision, nowMs, null);
  }

  async function verify(held: Held): Promise<void> {
    const decide = await roomOf(engine, held.record).verify(engine, held, progress);
    const nowMs = databaseNowMs(engine, held);
    const { decision, evidenceSeen } = decide(context(nowMs, held.record));
    return finish(held, decision, nowMs, null, { evidenceSeen, wish: null });
  }

  async function finish(
    held: Held,
    decided: Decision,
    nowMs: number,
    outcome: CallOutcome | null,
    { evidenceSeen, wish }: Pick<End, 'evidenceSeen' | 'wish'> = { evidenceSeen: 0, wish: null },
  ): Promise<void> {
    const proved = mustAskAhead(held, decided) ? await withoutForgotten(held, decided) : decided;
    // A wish that the look ahead has overtaken stays open.
    const isOvertaken = wish !== null && proved !== decided;
    const timely = isOvertaken ? stillWished(proved, context(nowMs, held.record)) : proved;
    let decision = endingInTime(timely, context(nowMs, held.record));
    const elsewhereMinor = isDecline(decision)
      ? await roomOf(engine, held.record).elsewhereMinor(engine, held)
      : null;
    const ended = isOvertaken ? null : wish;
    let written = await end(held, decision, { nowMs, evidenceSeen, elsewhereMinor, wish: ended });
    if (written.kind === 'unseen') {
      decision = onUnseen(held.record.operation, decision, context(nowMs, held.record));
      written = await end(held, decision, { nowMs, evidenceSeen: 0, elsewhereMinor, wish: null });
    }
    if (written.kind === 'done') return afterWrite(held.record, written.record, decision);
    forget(held.record);
    if (outcome === null) return;
    // A worker that takes the payment over assumes that we may have sent until the end of our lease, but not later. If
    // all clocks of this machine stood still, we may have sent after it.
    const isNews = tellsOfMoney(outcome) || mayHaveSent(outcome);
    if (isNews) await keepEvidence(engine, held.record, outcome);
  }

  function end(
    held: Held,
    decision: Decision,
    { nowMs, evidenceSeen, elsewhereMinor, wish }: End,
  ): Promise<Written> {
    return write(engine, {
      record: held.record,
      decision,
      lease: { kind: 'release', waitMs: decision.waitMs },
      mustBeDue: false,
      evidenceSeen,
      elsewhereMinor,
      wish,
      nowMs,
      tryForMs: usableMs(engine, held),
    });
  }

  /**
   * After a restore, the database may have forgotten later charges. They are looked up before the payment is reported
   * as failed.
   */
  function mustAskAhead({ record, grantedAtMs }: Held, { settled }: Decision): boolean {
    const fails = settled !== undefined && settled.problem !== null;
    return fails && policy.contract.lookup && mayBeForgotten(record.operation, context(grantedAtMs, record));
  }

  async function withoutForgotten(held: Held, decision: Decision): Promise<Decision> {
    return onAhead(
      held.record.operation,
      decision,
      await roomOf(engine, held.record).lookAhead(engine, held),
      context(databaseNowMs(engine, held), held.record),
    );
  }

  function afterWrite(before: PaymentRecord, record: PaymentRecord, decision: Decision): void {
    logChange(before, record, decision);
    onChange(record);
    if (record.evidence > 0 && decision.waitMs === null) resumeIn(record, 0);
    else if (decision.waitMs !== null) resumeIn(record, decision.waitMs);
    else forget(record);
  }

  /** After a suspension a timer fires late, so nothing is decided before it fires. */
  function resumeIn(record: PaymentRecord, waitMs: number): boolean {
    return later(record, waitMs, () => seekPlace(record, null));
  }

  /**
   * Continues when there is a place at the gateway, or when there is no time left to try. `paid`: the request for
   * which the gate's budget was already charged.
   */
  function seekPlace(record: PaymentRecord, paid: Request | null): void {
    const need = needOf(record);
    const place = takePlace(engine, need);
    if (place !== null) {
      start(record, place, paid);
      return;
    }
    const dueAtMs = record.dueAtMs ?? databaseClock.nowMs();
    const leftMs = need === 'lookup' ? Number.POSITIVE_INFINITY : leftMsOf(record);
    const onPlace = (free: Place): void => {
      cancelTimer();
      start(record, free, paid);
    };
    const leave = waitForPlace(engine, { need, dueAtMs, onPlace });
    const tooLate = (): void => {
      leave();
      seekPlace(record, paid);
    };
    const cancelTimer = leftMs === Number.POSITIVE_INFINITY ? () => {} : clock.after(leftMs, tooLate);
    const cancel = (): void => {
      cancelTimer();
      leave();
    };
    active.waiting(record, cancel, paid);
  }

  function leftMsOf(record: PaymentRecord): number {
    return leftToTryMs(record.operation, context(databaseClock.nowMs(), record));
  }

  /** No payment keeps its place while it waits. If it may not continue now, it gives the place back first. */
  function start(record: PaymentRecord, place: Place, paid: Request | null): void {
    const need = needOf(record);
    const request = requestOf(record, need);
    // After a long wait, another step may be right.
    const isRight = need === place.need && (paid === null || paid === request);
    const { kind } = record.operation;
    const permission = isRight ? permissionOf(request, paid, kind) : { kind: 'ask_again' as const, inMs: 0 };
    if (permission.kind === 'go' && permission.inMs === 0) {
      track(record, takeUp(record, place), place);
      return;
    }
    place.free();
    if (permission.kind === 'ask_again') {
      if (paid !== null) gate.giveBack(paid);
      resumeIn(record, Math.min(permission.inMs, leftMsOf(record)));
    } else if (!later(record, permission.inMs, () => seekPlace(record, request), request)) {
      gate.giveBack(request);
    }
  }

  /**
   * Asks the breaker in the tick in which the call can start, but asks a budget only once. A call that has waited for
   * its budget may be a probe.
   */
  function permissionOf(request: Request, paid: Request | null, kind: EffectKind): Permission {
    if (paid === null) return gate.reserve(request, kind);
    return request === 'lookup' ? { kind: 'go', inMs: 0 } : gate.reserve('resumed', kind);
  }

  function wake(record: PaymentRecord, waitMs = 0): void {
    if (endWait(record)) resumeIn(record, waitMs);
  }

  /** Ends the wait of an older state of the payment. False: there was none. */
  function endWait(record: PaymentRecord): boolean {
    const interrupted = active.interrupt(record);
    if (interrupted === null) return false;
    if (interrupted.reserved !== null) gate.giveBack(interrupted.reserved);
    return true;
  }

  /** Keeps the payment in memory until `next` runs. False: it is left to the sweep instead. */
  function later(
    record: PaymentRecord,
    waitMs: number,
    next: () => void,
    reserved: Request | null = null,
  ): boolean {
    const tooMany = active.size >= limits.maxActive && active.record(unitOf(record)) === undefined;
    if (draining || waitMs > limits.localWaitMs || tooMany) {
      forget(record);
      return false;
    }
    active.waiting(record, clock.after(waitMs, next), reserved);
    return true;
  }

  /** The kind of place that the payment's next step needs: places for calls are kept for calls. */
  function needOf(record: PaymentRecord): Need {
    const now = context(databaseClock.nowMs(), record);
    const { action, next } = onClaim(record.operation, claimEventOf(record), now);
    if (action !== 'call') return 'lookup';
    return mustLookFirst(next, now) ? 'looked_call' : 'call';
  }

  function requestOf(record: PaymentRecord, need: Need): Request {
    if (need === 'lookup') return 'lookup';
    if (record.held) return 'resumed';
    return record.operation.attempts > 0 ? 'retry' : 'first_call';
  }

  function claimEventOf(record: PaymentRecord): ClaimEvent {
    return { expiredAtMs: record.held ? record.dueAtMs : null, evidence: record.evidence };
  }

  function forget(record: PaymentRecord): void {
    const unit = unitOf(record);
    active.remove(unit);
    onForget(unit);
  }

  return {
    drive(held) {
      // The order's failed charge may still be waiting here.
      endWait(held.record);
      const action = held.record.operation.step === 'verify' ? 'verify' : 'call';
      if (action === 'call' && held.place === null) track(held.record, giveBack(held, 'no_free_slot'), null);
      else track(held.record, act(held, action), held.place);
    },
    resumeIn,
    wake,
    known: active.record,
    drain() {
      draining = true;
      gate.close();
      for (const record of active.idle()) forget(record);
      if (running === 0) return Promise.resolve();
      idle ??= new Promise((resolve) => {
        onIdle = resolve;
      });
      return idle;
    },
  };
}
