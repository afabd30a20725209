/** Making the first durable step of a charge: the intent, under a claim where a call may start at once. */
import { openCharge } from '../domain/charge.ts';
import { chargeKey, dashed, orderReference, uuidV7 } from '../domain/ids.ts';
import type { Order } from '../domain/payment.ts';
import {
  type Intent,
  type NextCharge,
  type PaymentRecord,
  type StoredKey,
  StoreError,
} from '../ports/store.ts';
import type { Engine } from './context.ts';
import type { Driver } from './drive.ts';
import { type Moment, momentOf } from './moment.ts';
import { pause } from './pause.ts';

/** How long an acceptance is tried while the database cannot be reached: a fail-over's moment, not a customer's patience. */
const TRY_FOR_MS = 3000;
const TRY_AGAIN_MS = 100;

export type Acceptance =
  | { readonly kind: 'accepted'; readonly record: PaymentRecord }
  /** The key or the order is already there; `perhapsOurs`: by our own doing, if an acknowledgement was lost. */
  | { readonly kind: 'exists'; readonly perhapsOurs: boolean }
  /** The database was exchanged for that of another installation; this try has stored nothing. */
  | { readonly kind: 'other_installation'; readonly perhapsOurs: boolean };

export function newIntent(engine: Engine, order: Order, key: StoredKey | null): Intent {
  const { clock, random, gateway, installationId, livemode } = engine;
  const reference = orderReference(installationId, order.accountId, order.orderId);
  return {
    order,
    paymentId: uuidV7(clock.wallMs(), random.hex128()),
    livemode,
    gateway: gateway.name,
    installationId,
    chargeKey: chargeKey(reference, 1),
    key,
    claimId: dashed(random.hex128()),
    start: startNow(engine),
  };
}

/** Called at once under a lease, or later when the gateway's limits allow it. */
export function startNow(engine: Engine): Intent['start'] {
  const permission = engine.gate.reserve('first_call');
  if (permission.kind === 'ask_again') return { kind: 'waiting', waitMs: permission.inMs };
  return { kind: 'claimed', leaseMs: engine.policy.leaseMs };
}

/**
 * Stores the intent and starts the charge. A lost acknowledgement is answered by repeating the same intent: it
 * cannot be stored twice, and `exists` then leads to our own row. Rejects with `StoreError`; `unavailable` only
 * when nothing can have been stored.
 */
export async function accept(engine: Engine, driver: Driver, intent: Intent): Promise<Acceptance> {
  const { clock, store, ownMode } = engine;
  const claimedAt = momentOf(clock);
  let unknown: StoreError | null = null;
  for (;;) {
    try {
      const result = await store.accept(intent);
      if (result.kind === 'mode_lost') {
        ownMode.lost();
        throw new StoreError('unavailable', 'The database is of the other mode (real or test payments).');
      }
      if (result.kind === 'other_installation') return { kind: result.kind, perhapsOurs: unknown !== null };
      ownMode.settled();
      if (result.kind !== 'accepted') return { kind: result.kind, perhapsOurs: unknown !== null };
      engine.databaseClock.heard(result.nowMs, claimedAt);
      const record = acceptedRecord(intent, result.nowMs);
      begin(driver, record, result.nowMs, claimedAt);
      return { kind: 'accepted', record };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'outcome_unknown') unknown = error;
      // Nothing was written by any try: the client may be told so at once.
      if (unknown === null) throw error;
      if (clock.monotonicMs() - claimedAt.monotonicMs > TRY_FOR_MS) throw unknown;
      await pause(clock, TRY_AGAIN_MS);
    }
  }
}

/** Starts a charge that is now durable: under its claim if there is one, else when it is due. */
export function begin(driver: Driver, record: PaymentRecord, nowMs: number, claimedAt: Moment): void {
  if (record.held) driver.drive({ record, grantedAtMs: nowMs, claimedAt });
  else driver.resumeIn(record, Math.max(0, (record.dueAtMs ?? nowMs) - nowMs));
}

function acceptedRecord(intent: Intent, nowMs: number): PaymentRecord {
  const { order, start } = intent;
  const calling = start.kind === 'claimed';
  return {
    order,
    paymentId: intent.paymentId,
    gateway: intent.gateway,
    charge: openCharge({ n: 1, openedAtMs: nowMs, calling, verifyFirst: false }),
    chargeKey: intent.chargeKey,
    seq: 1,
    fence: 1,
    claimId: intent.claimId,
    held: calling,
    dueAtMs: nowMs + (start.kind === 'claimed' ? start.leaseMs : start.waitMs),
    evidence: 0,
    absences: 0,
    problem: null,
    answer: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The record of a failed payment after its next charge was opened. */
export function openedRecord(failed: PaymentRecord, opening: NextCharge, nowMs: number): PaymentRecord {
  const { start, order, n, verifyFirst } = opening;
  const held = start.kind === 'claimed';
  return {
    ...failed,
    order,
    gateway: opening.gateway,
    charge: openCharge({ n, openedAtMs: nowMs, calling: held, verifyFirst }),
    chargeKey: opening.chargeKey,
    seq: failed.seq + 1,
    fence: failed.fence + 1,
    claimId: opening.claimId,
    held,
    dueAtMs: nowMs + (start.kind === 'claimed' ? start.leaseMs : start.waitMs),
    problem: null,
    answer: null,
    updatedAtMs: Math.max(failed.updatedAtMs, nowMs),
  };
}
