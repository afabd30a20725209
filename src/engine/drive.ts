/**
 * Driving a payment: claim, act, write what came of it, and again, until it is settled or waits longer than it
 * is kept in memory. Every step is durable before the next begins, so the process may die between any two.
 */
import { isSettled } from '../domain/charge.ts';
import { dashed } from '../domain/ids.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import {
  type Action,
  type Alarm,
  type ClaimEvent,
  type Context,
  type Decision,
  onCallEnded,
  onClaim,
  onLookupEnded,
  onNotSent,
  onVerified,
} from '../domain/transition/index.ts';
import type { PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { keepEvidence } from './evidence.ts';
import { callGateway, chargeRequest, lookUp } from './exchange.ts';
import type { Request } from './gate.ts';
import { databaseNowMs, type Held, usableMs } from './lease.ts';
import { verifyEarlier } from './verify.ts';
import { write } from './write.ts';

export interface Driver {
  /** Goes on with a payment that was accepted under a claim of ours, its first step counted. */
  drive(held: Held): void;
  /** Takes a payment up when it is due, in `waitMs`, and when the gateway's limits allow; `nowMs`: the database's clock now. */
  resumeIn(record: PaymentRecord, waitMs: number, nowMs: number): void;
  /** The payment as this process last knew it, while it works on it. */
  known(paymentId: string): PaymentRecord | undefined;
  /** Starts nothing new; resolves when what is under way has ended. */
  drain(): Promise<void>;
}

export interface DriverOptions {
  readonly engine: Engine;
  /** Called after every durable change that this process made. */
  readonly onChange: (record: PaymentRecord) => void;
  /** Called when a payment leaves this process's memory. */
  readonly onForget: (paymentId: string) => void;
}

/** What happened, and what the person who reads it should do. */
const ALARMS: Readonly<Record<Alarm, string>> = {
  gateway_forbidden:
    'the gateway refused our credentials; calls are paused and no order fails: mend the credentials (GATEWAY_TOKEN)',
  needs_review: 'the outcome of this payment cannot be proved: look its charge up at the gateway',
  duplicate_charge: 'the gateway holds more than one live charge of this order: refund the surplus there',
};

export function createDriver({ engine, onChange, onForget }: DriverOptions): Driver {
  const { clock, random, gate, policy, limits, log } = engine;
  const active = new Map<string, { record: PaymentRecord; cancel: (() => void) | null }>();
  let running = 0;
  let draining = false;
  let idle: Promise<void> | null = null;
  let onIdle: (() => void) | null = null;

  function context(nowMs: number): Context {
    return { policy, nowMs, roll: random.float() };
  }

  /** Follows a worker's step to its end; whatever goes wrong in it, the payment is found again by the sweep. */
  function track(paymentId: string, work: Promise<void>): void {
    running += 1;
    work.then(ended, (error: unknown) => {
      active.delete(paymentId);
      onForget(paymentId);
      log.error(
        { err: error, payment_id: paymentId },
        'a worker failed; the sweep takes its payment up again',
      );
      ended();
    });
  }

  function ended(): void {
    running -= 1;
    if (running === 0) onIdle?.();
  }

  async function takeUp(record: PaymentRecord, nowMs: number): Promise<void> {
    if (draining) return forget(record);
    active.set(record.paymentId, { record, cancel: null });
    const claimedAtMs = clock.monotonicMs();
    const decision = onClaim(record.charge, claimEventOf(record), context(nowMs));
    const claim = { claimId: dashed(random.hex128()), leaseMs: policy.leaseMs };
    const idle = decision.action === 'none';
    const written = await write(engine, {
      record,
      decision,
      lease: idle ? { kind: 'release', waitMs: decision.waitMs } : { kind: 'take', claim },
      mustBeDue: true,
      // A claim that ends in nothing has looked at what there was.
      evidenceSeen: idle ? record.evidence : 0,
      nowMs,
      tryForMs: limits.leaseMarginMs,
    });
    if (written.kind !== 'done') return forget(record);
    if (idle) return afterWrite(written.record, decision, written.nowMs);
    const held = { record: written.record, grantedAtMs: written.nowMs, claimedAtMs };
    track(record.paymentId, act(held, decision.action));
  }

  async function act(held: Held, action: Action): Promise<void> {
    active.set(held.record.paymentId, { record: held.record, cancel: null });
    onChange(held.record);
    if (action === 'call') return call(held);
    if (action === 'lookup') return lookup(held);
    return verify(held);
  }

  async function call(held: Held): Promise<void> {
    const { order, charge } = held.record;
    const result = await callGateway(engine, held, chargeRequest(engine, order, charge));
    const nowMs = databaseNowMs(engine, held);
    if (result.kind === 'not_sent') {
      return finish(held, onNotSent(charge, result.reason, result.waitMs), nowMs, null);
    }
    return finish(held, onCallEnded(charge, result.outcome, context(nowMs)), nowMs, result.outcome);
  }

  async function lookup(held: Held): Promise<void> {
    const { order, charge } = held.record;
    const outcome = await lookUp(engine, held, chargeRequest(engine, order, charge));
    const nowMs = databaseNowMs(engine, held);
    return finish(held, onLookupEnded(charge, outcome, held.grantedAtMs, context(nowMs)), nowMs, null);
  }

  async function verify(held: Held): Promise<void> {
    const { charge } = held.record;
    const outcome = await verifyEarlier(engine, held);
    const nowMs = databaseNowMs(engine, held);
    // Evidence that came in while we asked is not seen by us; the rest is dealt with by an answer.
    const seen = outcome.kind === 'unavailable' ? 0 : held.record.evidence;
    return finish(held, onVerified(charge, outcome, context(nowMs)), nowMs, null, seen);
  }

  async function finish(
    held: Held,
    decision: Decision,
    nowMs: number,
    outcome: CallOutcome | null,
    evidenceSeen = 0,
  ): Promise<void> {
    const written = await write(engine, {
      record: held.record,
      decision,
      lease: { kind: 'release', waitMs: decision.waitMs },
      mustBeDue: false,
      evidenceSeen,
      nowMs,
      tryForMs: usableMs(engine, held),
    });
    if (written.kind === 'done') return afterWrite(written.record, decision, written.nowMs);
    forget(held.record);
    if (outcome !== null) await keepEvidence(engine, held.record, outcome);
  }

  function afterWrite(record: PaymentRecord, decision: Decision, nowMs: number): void {
    logChange(record, decision);
    onChange(record);
    if (record.evidence > 0 && decision.waitMs === null) resumeIn(record, 0, nowMs);
    else if (decision.waitMs !== null) resumeIn(record, decision.waitMs, nowMs);
    else forget(record);
  }

  function resumeIn(record: PaymentRecord, waitMs: number, nowMs: number): void {
    const atMs = clock.monotonicMs();
    later(record, waitMs, () => {
      const databaseMs = nowMs + (clock.monotonicMs() - atMs);
      const request = requestOf(record, databaseMs);
      const permission = gate.reserve(request);
      if (permission.kind === 'ask_again') return resumeIn(record, permission.inMs, databaseMs);
      const start = (): void => track(record.paymentId, takeUp(record, databaseMs + permission.inMs));
      if (permission.inMs === 0) return start();
      if (!later(record, permission.inMs, start)) gate.giveBack(request);
    });
  }

  /** Keeps the payment in memory until `next` runs; false where it is left to the sweep instead. */
  function later(record: PaymentRecord, waitMs: number, next: () => void): boolean {
    const tooMany = active.size >= limits.maxActive && !active.has(record.paymentId);
    if (draining || waitMs > limits.localWaitMs || tooMany) {
      forget(record);
      return false;
    }
    active.set(record.paymentId, { record, cancel: clock.after(waitMs, next) });
    return true;
  }

  /** What the payment's next step will ask of the gateway: a place among the calls is kept for calls. */
  function requestOf(record: PaymentRecord, nowMs: number): Request {
    const { action } = onClaim(record.charge, claimEventOf(record), context(nowMs));
    if (action !== 'call') return 'lookup';
    if (record.held) return 'resumed';
    return record.charge.attempts > 0 ? 'retry' : 'first_call';
  }

  function claimEventOf(record: PaymentRecord): ClaimEvent {
    return { expiredAtMs: record.held ? record.dueAtMs : null, evidence: record.evidence };
  }

  function forget(record: PaymentRecord): void {
    active.get(record.paymentId)?.cancel?.();
    active.delete(record.paymentId);
    onForget(record.paymentId);
  }

  function logChange(record: PaymentRecord, decision: Decision): void {
    const fields = {
      payment_id: record.paymentId,
      status: record.charge.status,
      event: decision.event.type,
      detail: decision.event.detail,
      attempts: record.charge.attempts,
    };
    if (decision.alarm !== undefined) log.error({ ...fields, alarm: decision.alarm }, ALARMS[decision.alarm]);
    else if (isSettled(record.charge.status)) log.info(fields, 'payment settled');
  }

  return {
    drive(held) {
      const action = held.record.charge.step === 'verify' ? 'verify' : 'call';
      track(held.record.paymentId, act(held, action));
    },
    resumeIn,
    known: (paymentId) => active.get(paymentId)?.record,
    drain() {
      draining = true;
      gate.close();
      for (const { record, cancel } of active.values()) if (cancel !== null) forget(record);
      if (running === 0) return Promise.resolve();
      idle ??= new Promise((resolve) => {
        onIdle = resolve;
      });
      return idle;
    },
  };
}
