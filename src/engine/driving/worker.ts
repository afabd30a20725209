/** One step of a worker: it claims a record, does at the gateway what the record's state asks for, and decides. */
import { dashed } from '../../domain/ids.ts';
import {
  type Action,
  type Context,
  type Decision,
  isForOthers,
  mayBeForgotten,
  mayCallNow,
  mustLookFirst,
  onAheadOfCall,
  onCallEnded,
  onClaim,
  onLookedFirst,
  onLookupEnded,
  onNotSent,
} from '../../domain/transition/index.ts';
import type { PaymentRecord, StoredWish } from '../../ports/store.ts';
import { policyOf, roomOf } from '../context.ts';
import { askedAtMs, askingNow, databaseNowMs, type Held } from '../lease.ts';
import { momentOf } from '../moment.ts';
import { lookOnceMore, openWish } from '../operator/wished.ts';
import type { Place } from '../place.ts';
import { createVerifyProgress } from '../verify-progress.ts';
import { write } from '../write.ts';
import { createFinishing } from './finish.ts';
import { claimEventOf } from './next-step.ts';
import { contextOf, type Parts } from './parts.ts';
import type { Waits } from './waits.ts';

export interface Worker {
  /** Claims what is due and does its next step, in this place. */
  takeUp(record: PaymentRecord, place: Place): Promise<void>;
  /** Does the first step of what was opened under our claim. That step is already counted. */
  begin(held: Held): Promise<void>;
}

export function createWorker(parts: Parts & Pick<Waits, 'resumeIn'>): Worker {
  const { engine, active, onChange, forget, isDraining, resumeIn } = parts;
  const { clock, random, limits, databaseClock } = engine;
  const { finish, afterWrite } = createFinishing(parts);
  const progress = createVerifyProgress();

  function context(nowMs: number, record: PaymentRecord): Context {
    return contextOf(engine, nowMs, record);
  }

  async function takeUp(record: PaymentRecord, place: Place): Promise<void> {
    const isLeft = isDraining() || engine.halt.halted;
    if (isLeft || !roomOf(engine, record).isNamedAsDerived(engine, record)) return forget(record);
    active.working(record);
    const wish = record.operation.status === 'REVIEW' ? await openWish(engine, record) : null;
    if (wish === 'unreadable') return forget(record);
    const nowMs = databaseClock.nowMs();
    const { dueAtMs, evidence } = record;
    const policy = policyOf(engine, record);
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
    if (action === 'call') return isDraining() ? giveBack(held, 'shutting_down') : call(held);
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
    return finish(held, resolved.decision, nowMs, null, { ...resolved, elsewhere: null });
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
    const result = await room.call(engine, held);
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
    const outcome = await room.lookup(engine, held);
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
    const outcome = await room.lookup(engine, held);
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
    const { decision, evidenceSeen, elsewhere } = decide(context(nowMs, held.record));
    return finish(held, decision, nowMs, null, { evidenceSeen, elsewhere, wish: null });
  }

  return {
    takeUp,
    begin(held) {
      const action = held.record.operation.step === 'verify' ? 'verify' : 'call';
      if (action === 'call' && held.place === null) return giveBack(held, 'no_free_slot');
      return act(held, action);
    },
  };
}
