/** Makes the first durable step of a charge: the intent, with a claim if a call may start at once. */

import type { EffectKind } from '../domain/effects.ts';
import { chargeKey, dashed, orderReference, uuidV7 } from '../domain/ids.ts';
import { openOperation, type Step } from '../domain/operation.ts';
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
import { type Place, takePlace } from './place.ts';

/**
 * How long an acceptance is tried while the database cannot be reached: as long as a fail-over takes, and shorter
 * than a customer waits.
 */
const TRY_FOR_MS = 3000;
const TRY_AGAIN_MS = 100;

export type Acceptance =
  | { readonly kind: 'accepted'; readonly record: PaymentRecord }
  /** The key or the order is already there. `perhapsOurs`: an acknowledgement was lost, so it may be this request's own. */
  | { readonly kind: 'exists'; readonly perhapsOurs: boolean }
  /** The database was replaced by another installation's. This try stored nothing. */
  | { readonly kind: 'other_installation'; readonly perhapsOurs: boolean };

/** What a request wants charged. */
export interface Wanted {
  readonly order: Order;
  readonly key: StoredKey | null;
  /** Null: the request does not say. */
  readonly giveUpAfterS: number | null;
}

export function newIntent(
  engine: Engine,
  { order, key, giveUpAfterS }: Wanted,
  start: Intent['start'],
): Intent {
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
    giveUpAfterS: patienceS(engine, giveUpAfterS),
    start,
  };
}

/** How long a charge is tried, in seconds. Null: until the policy's numbers end it. */
export function patienceS({ policy }: Engine, asked: number | null): number | null {
  return asked ?? (policy.giveUpAfterS === 0 ? null : policy.giveUpAfterS);
}

export interface Start {
  readonly start: Intent['start'];
  /**
   * The place for the charge. Give it back if the charge is not started. Null: the charge waits for a place,
   * without a claim.
   */
  readonly place: Place | null;
}

/**
 * How the charge starts: at once under a lease if there is a place at the gateway, or later when the gateway's
 * limits allow it. At the end of the caller's time it is due in any case.
 */
export function startNow(
  engine: Engine,
  {
    step,
    giveUpAfterS,
    kind = 'charge',
  }: { readonly step: Step; readonly giveUpAfterS: number | null; readonly kind?: EffectKind },
): Start {
  const { gate, policy } = engine;
  const place = placeFor(engine, step, kind);
  if (place === null) return { start: { kind: 'waiting', waitMs: 0 }, place };
  const permission = gate.reserve('first_call', kind);
  if (permission.kind === 'go') return { start: { kind: 'claimed', leaseMs: policy.leaseMs }, place };
  place.free();
  const patience = patienceS(engine, giveUpAfterS);
  const waitMs = patience === null ? permission.inMs : Math.min(permission.inMs, patience * 1000);
  return { start: { kind: 'waiting', waitMs }, place: null };
}

/** The place for the first step of a charge or a follow-up. Null: none is free. After a restore it is looked up before its call. */
export function placeFor(engine: Engine, step: Step, kind: EffectKind): Place | null {
  const { restoredAtMs, contract } = engine.policy;
  if (step === 'verify') return takePlace(engine, 'lookup', kind);
  return takePlace(engine, restoredAtMs !== null && contract.lookup ? 'looked_call' : 'call', kind);
}

/**
 * Stores the intent and starts the charge. If the acknowledgement is lost, the same intent is sent again: it cannot
 * be stored twice, and `exists` then leads to our own row. Rejects with `StoreError`, with `unavailable` only if
 * nothing can have been stored. The place is given back unless the charge starts in it.
 */
export async function accept(
  engine: Engine,
  driver: Driver,
  intent: Intent,
  place: Place | null,
): Promise<Acceptance> {
  const { clock, store, ownMode } = engine;
  const startedMs = clock.monotonicMs();
  let unknown: StoreError | null = null;
  let unused = place;
  try {
    for (;;) {
      // If this try is accepted, no earlier one stored anything. So the lease and the database's time count from this one.
      const claimedAt = momentOf(clock);
      try {
        const result = await store.accept(intent);
        if (result.kind === 'mode_lost') {
          ownMode.lost();
          throw new StoreError('unavailable', 'The database is of the other mode (real or test payments).');
        }
        if (result.kind === 'other_installation') return { kind: result.kind, perhapsOurs: unknown !== null };
        ownMode.settled();
        if (result.kind !== 'accepted') return { kind: result.kind, perhapsOurs: unknown !== null };
        engine.databaseClock.note(result.nowMs, claimedAt);
        const record = acceptedRecord(intent, result.nowMs);
        unused = null;
        begin(driver, record, { nowMs: result.nowMs, claimedAt, place });
        return { kind: 'accepted', record };
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.kind === 'outcome_unknown') unknown = error;
        // No try has written anything, so the client gets that answer at once.
        if (unknown === null) throw error;
        if (clock.monotonicMs() - startedMs > TRY_FOR_MS) throw unknown;
        await pause(clock, TRY_AGAIN_MS);
      }
    }
  } finally {
    unused?.free();
  }
}

export interface Begun {
  /** The database's clock when the charge became durable. */
  readonly nowMs: number;
  readonly claimedAt: Moment;
  /** The place that was taken for its claim. */
  readonly place: Place | null;
}

/** Starts what is now durable: under its claim if it has one, else when it is due. */
export function begin(driver: Driver, record: PaymentRecord, { nowMs, claimedAt, place }: Begun): void {
  if (record.held) driver.drive({ record, grantedAtMs: nowMs, claimedAt, place });
  else driver.resumeIn(record, Math.max(0, (record.dueAtMs ?? nowMs) - nowMs));
}

function acceptedRecord(intent: Intent, nowMs: number): PaymentRecord {
  const { order, start, giveUpAfterS } = intent;
  const calling = start.kind === 'claimed';
  return {
    order,
    paymentId: intent.paymentId,
    gateway: intent.gateway,
    operation: openOperation({
      kind: 'charge',
      n: 1,
      openedAtMs: nowMs,
      calling,
      verifyFirst: false,
      giveUpAfterS,
      manual: order.captureMethod === 'manual',
    }),
    gatewayKey: intent.chargeKey,
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
  const { start, order, n, verifyFirst, giveUpAfterS } = opening;
  const held = start.kind === 'claimed';
  return {
    ...failed,
    order,
    gateway: opening.gateway,
    operation: openOperation({
      kind: 'charge',
      n,
      openedAtMs: nowMs,
      calling: held,
      verifyFirst,
      giveUpAfterS,
      manual: order.captureMethod === 'manual',
    }),
    gatewayKey: opening.chargeKey,
    openedWallMs: opening.openedWallMs,
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
