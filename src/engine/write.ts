/**
 * Writes a decision under the fence, despite lost connections and lost acknowledgements. The write names the claim,
 * the fence and the `seq` that it expects. So it can be repeated safely: at most one repetition applies.
 */
import type { Decision } from '../domain/transition/index.ts';
import {
  type Advance,
  type PaymentKey,
  type PaymentRecord,
  type Settlement,
  StoreError,
} from '../ports/store.ts';
import { answerBody, toPayment } from './answer.ts';
import type { Engine } from './context.ts';
import { momentOf } from './moment.ts';
import { pause } from './pause.ts';

export interface WriteOptions {
  readonly record: PaymentRecord;
  readonly decision: Decision;
  readonly lease: Advance['lease'];
  readonly mustBeDue: boolean;
  readonly evidenceSeen: number;
  /** By the database's clock. */
  readonly nowMs: number;
  /** How long to keep trying while the store cannot be reached, in milliseconds. */
  readonly tryForMs: number;
}

export type Written =
  | { readonly kind: 'done'; readonly record: PaymentRecord; readonly nowMs: number }
  /** Another worker holds or changed the payment. Nothing was written. */
  | { readonly kind: 'lost' }
  /** It would have failed the charge, but unchecked evidence came in. Nothing was written. `record`: the row now. */
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
  const { record } = options;
  const next = nextRecord(options, engine.livemode);
  const advance = toAdvance(options, next, settlementOf(options, next, engine.livemode));
  const beganAtMs = clock.monotonicMs();
  const untilMs = beganAtMs + options.tryForMs;
  for (let pauseMs = TRY_AGAIN_MS; ; pauseMs = Math.min(pauseMs * 2, TRY_AGAIN_CAP_MS)) {
    const sent = momentOf(clock);
    try {
      const result = await store.advance(advance);
      if (result.kind === 'done') {
        engine.databaseClock.note(result.nowMs, sent);
        return { kind: 'done', record: written(next, result), nowMs: result.nowMs };
      }
      if (isUnseen(result.record, options)) return { kind: 'unseen', record: result.record };
      return isOurs(result.record, next)
        ? { kind: 'done', record: result.record, nowMs: writtenAtMs(result.record, options) }
        : { kind: 'lost' };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'unfit') {
        tellUnfit(engine, record, error);
        return { kind: 'unreachable', error };
      }
      if (clock.monotonicMs() + pauseMs >= untilMs) {
        engine.outage.failed(error, beganAtMs);
        return { kind: 'unreachable', error };
      }
      await pause(clock, pauseMs);
    }
  }
}

/** The record as it is stored now: evidence that its writer has not seen makes it due at once. */
function written(
  next: PaymentRecord,
  { evidence, nowMs }: { readonly evidence: number; readonly nowMs: number },
): PaymentRecord {
  return { ...next, evidence, dueAtMs: next.dueAtMs ?? (evidence > 0 ? nowMs : null) };
}

/** The database does not accept this payment's own values, so nothing else is affected, and nothing else would report it. */
function tellUnfit(
  { log }: Engine,
  { paymentId, operation, gatewayKey }: PaymentRecord,
  error: StoreError,
): void {
  log.error(
    {
      payment_id: paymentId,
      charge: operation.n,
      gateway_key: gatewayKey,
      alarm: 'database_refuses',
      err: error,
    },
    'the database does not accept what must be written about a payment: nothing was written. The payment is taken up again when its ' +
      'lease has ended; look its charge up at the gateway meanwhile',
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

export function paymentKey(record: PaymentRecord): PaymentKey {
  const { accountId, orderId } = record.order;
  return { accountId, orderId, paymentId: record.paymentId };
}

function nextRecord(options: WriteOptions, livemode: boolean): PaymentRecord {
  const { record, decision, lease, evidenceSeen, nowMs } = options;
  const newClaim = newClaimOf(lease);
  const waitMs = waitOf(lease);
  const next: PaymentRecord = {
    ...record,
    operation: decision.next,
    seq: record.seq + 1,
    fence: record.fence + (newClaim === null ? 0 : 1),
    claimId: newClaim ?? record.claimId,
    held: lease.kind === 'take',
    dueAtMs: waitMs === null ? null : nowMs + waitMs,
    absences: record.absences + (decision.settled?.byAbsence === true ? 1 : 0),
    evidence: record.evidence - evidenceSeen,
    // Another process's estimate may have been ahead of ours, and readers must never see time go back.
    updatedAtMs: Math.max(record.updatedAtMs, nowMs),
  };
  const { settled } = decision;
  // A charge keeps its first answer, even if its money is found or taken back later.
  if (settled === undefined || record.problem !== null) return next;
  const { problem } = settled;
  const body = answerBody(toPayment(next, livemode), problem);
  return { ...next, problem, answer: { problem, body, freshForMs: 0 } };
}

/** The store freezes it if the charge has no answer yet. */
function settlementOf({ decision }: WriteOptions, next: PaymentRecord, livemode: boolean): Settlement | null {
  const { settled } = decision;
  if (settled === undefined) return null;
  const { problem, byAbsence } = settled;
  return { problem, body: next.answer?.body ?? answerBody(toPayment(next, livemode), problem), byAbsence };
}

function toAdvance(options: WriteOptions, next: PaymentRecord, settlement: Settlement | null): Advance {
  const { record, decision, lease, mustBeDue, evidenceSeen } = options;
  return {
    payment: paymentKey(record),
    expected: { seq: record.seq, fence: record.fence, claimId: record.claimId, mustBeDue },
    operation: decision.next,
    event: decision.event,
    lease,
    settlement,
    evidenceSeen,
    updatedAtMs: next.updatedAtMs,
  };
}
