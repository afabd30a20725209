/**
 * Writes a decision under the fence, despite lost connections and lost acknowledgements. The write names the claim,
 * the fence and the `seq` that it expects. So it can be repeated safely: at most one repetition applies.
 */

import { isSettled } from '../domain/operation.ts';
import { checksNewsAtOnce, type Decision } from '../domain/transition/index.ts';
import {
  type Advance,
  type Elsewhere,
  type PaymentRecord,
  type Settlement,
  StoreError,
  type WishChange,
} from '../ports/store.ts';
import { type Engine, roomOf } from './context.ts';
import { momentOf } from './moment.ts';
import { pause } from './pause.ts';
import { namesOf, paymentKey } from './unit.ts';

export interface WriteOptions {
  readonly record: PaymentRecord;
  readonly decision: Decision;
  readonly lease: Advance['lease'];
  readonly mustBeDue: boolean;
  readonly evidenceSeen: number;
  /** By the database's clock. */
  readonly nowMs: number;
  /** What the gateway said of refunds by somebody else. Null: nothing was learnt about that. */
  readonly elsewhere?: Elsewhere | null;
  /** Makes or ends an operator's wish. Null: neither. */
  readonly wish?: WishChange | null;
  /** How long to keep trying while the store cannot be reached, in milliseconds. */
  readonly tryForMs: number;
}

export type Written =
  | { readonly kind: 'done'; readonly record: PaymentRecord; readonly nowMs: number }
  /** Another worker holds or changed the row. Nothing was written. */
  | { readonly kind: 'lost' }
  /** It would have failed the operation, but unchecked evidence came in. Nothing was written. `record`: the row now. */
  | { readonly kind: 'unseen'; readonly record: PaymentRecord }
  /**
   * The store could not be reached in all that time, so it may have been written or not. Or the store does not
   * accept these values.
   */
  | { readonly kind: 'unreachable'; readonly error: StoreError };

/** The first pause between tries. It doubles up to the cap, so that a restarting database is not flooded. */
const TRY_AGAIN_MS = 25;
const TRY_AGAIN_CAP_MS = 500;

export async function write(engine: Engine, options: WriteOptions): Promise<Written> {
  const { clock, store } = engine;
  const { record, elsewhere = null } = options;
  const room = roomOf(engine, record);
  const next = nextRecord(engine, options);
  const advance = toAdvance(options, next, settlementOf(engine, options, next));
  const change = { before: record, after: next, elsewhere };
  const beganAtMs = clock.monotonicMs();
  const untilMs = beganAtMs + options.tryForMs;
  let unsure: StoreError | null = null;
  for (let pauseMs = TRY_AGAIN_MS; ; pauseMs = Math.min(pauseMs * 2, TRY_AGAIN_CAP_MS)) {
    const sent = momentOf(clock);
    try {
      const result = await room.advance(store, advance, change);
      if (result.kind === 'done') {
        engine.databaseClock.note(result.nowMs, sent);
        return { kind: 'done', record: written(next, result, options), nowMs: result.nowMs };
      }
      if (isUnseen(result.record, options)) return { kind: 'unseen', record: result.record };
      return isOurs(result.record, next)
        ? { kind: 'done', record: result.record, nowMs: writtenAtMs(result.record, options) }
        : { kind: 'lost' };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // A later try that surely wrote nothing does not tell what this one did.
      if (error.kind === 'outcome_unknown') unsure = error;
      if (error.kind === 'unfit') {
        tellUnfit(engine, record, error);
        return { kind: 'unreachable', error };
      }
      if (clock.monotonicMs() + pauseMs >= untilMs) {
        engine.outage.failed(error, beganAtMs);
        return { kind: 'unreachable', error: unsure ?? error };
      }
      await pause(clock, pauseMs);
    }
  }
}

/** The record as it is stored now: evidence that its writer has not seen makes it due at once. */
function written(
  next: PaymentRecord,
  { evidence, nowMs }: { readonly evidence: number; readonly nowMs: number },
  { decision }: WriteOptions,
): PaymentRecord {
  const isDueNow = evidence > 0 && (next.dueAtMs === null || (!next.held && checksNewsAtOnce(decision)));
  return { ...next, evidence, dueAtMs: isDueNow ? nowMs : next.dueAtMs };
}

/** The database does not accept this payment's own values, so nothing else is affected, and nothing else would report it. */
function tellUnfit({ log }: Engine, record: PaymentRecord, error: StoreError): void {
  const names = { ...namesOf(record), charge: record.operation.n, gateway_key: record.gatewayKey };
  log.error(
    { ...names, alarm: 'database_refuses', err: error },
    'the database does not accept what must be written about a payment: nothing was written. The payment is taken up again when its ' +
      'lease has ended; look it up at the gateway meanwhile',
  );
}

/**
 * After a lost acknowledgement, the row shows whether the write applied. Every other writer brings its own claim,
 * so a row with our claim was written last by us.
 */
function isOurs(found: PaymentRecord | null, next: PaymentRecord): found is PaymentRecord {
  if (found === null) return false;
  return found.claimId === next.claimId && found.fence === next.fence && found.seq === next.seq;
}

/** Everything is as expected, except the evidence. */
function isUnseen(found: PaymentRecord | null, options: WriteOptions): found is PaymentRecord {
  const { record, decision, evidenceSeen } = options;
  if (found === null || decision.settled === undefined || decision.settled.problem === null) return false;
  const same = found.seq === record.seq && found.fence === record.fence && found.claimId === record.claimId;
  return same && found.evidence > evidenceSeen;
}

/** When the database wrote it, by its own clock, if the row still shows that. What is due later is counted from then. */
function writtenAtMs({ dueAtMs }: PaymentRecord, { lease, nowMs }: WriteOptions): number {
  const waitMs = waitOf(lease);
  return dueAtMs === null || waitMs === null ? nowMs : dueAtMs - waitMs;
}

function waitOf(lease: Advance['lease']): number | null {
  return lease.kind === 'take' ? lease.claim.leaseMs : lease.waitMs;
}

/** Null: the claim does not change. */
function newClaimOf(lease: Advance['lease']): string | null {
  if (lease.kind === 'release') return null;
  return lease.kind === 'take' ? lease.claim.claimId : lease.claimId;
}

function nextRecord(engine: Engine, options: WriteOptions): PaymentRecord {
  const { record, decision, lease, evidenceSeen, nowMs } = options;
  const newClaim = newClaimOf(lease);
  const waitMs = waitOf(lease);
  const next: PaymentRecord = {
    ...roomOf(engine, record).changed(record, decision),
    operation: decision.next,
    seq: record.seq + 1,
    fence: record.fence + (newClaim === null ? 0 : 1),
    claimId: newClaim ?? record.claimId,
    held: lease.kind === 'take',
    dueAtMs: waitMs === null ? null : nowMs + waitMs,
    evidence: record.evidence - evidenceSeen,
    // Another process's estimate may have been ahead of ours, and readers must never see time go back.
    updatedAtMs: Math.max(record.updatedAtMs, nowMs),
  };
  const { settled } = decision;
  // It keeps its first answer, even if its money is found or taken back later.
  if (settled === undefined || record.problem !== null || isSettled(record.operation.status)) return next;
  const { problem } = settled;
  const body = roomOf(engine, next).answer(next, problem, engine.livemode);
  return { ...next, problem, answer: { problem, body, freshForMs: 0 } };
}

/** The store freezes it if the operation has no answer yet. */
function settlementOf(engine: Engine, { decision }: WriteOptions, next: PaymentRecord): Settlement | null {
  const { settled } = decision;
  if (settled === undefined) return null;
  const { problem, byAbsence } = settled;
  const body = next.answer?.body ?? roomOf(engine, next).answer(next, problem, engine.livemode);
  return { problem, body, byAbsence };
}

function toAdvance(options: WriteOptions, next: PaymentRecord, settlement: Settlement | null): Advance {
  const { record, decision, lease, mustBeDue, evidenceSeen, wish = null } = options;
  return {
    payment: paymentKey(record),
    expected: { seq: record.seq, fence: record.fence, claimId: record.claimId, mustBeDue },
    operation: decision.next,
    event: decision.event,
    lease,
    settlement,
    evidenceSeen,
    updatedAtMs: next.updatedAtMs,
    ...endedBySelf(decision),
    ...(wish === null ? {} : { wish }),
  };
}

/** The sums of an authorisation that has ended, and not by us. */
function endedBySelf({
  capturedMinor,
  refundedElsewhereMinor = 0,
}: Decision): Pick<Advance, 'capturedMinor' | 'refundedElsewhereMinor'> {
  return capturedMinor === undefined ? {} : { capturedMinor, refundedElsewhereMinor };
}
