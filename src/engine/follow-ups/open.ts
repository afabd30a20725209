/** Opens a follow-up: makes its intent durable, with a claim if it may be sent at once. */
import type { Opening } from '../../domain/follow-up-acceptance.ts';
import { dashed, type FollowUpIdentity, followUpKey, uuidV7 } from '../../domain/ids.ts';
import { openOperation } from '../../domain/operation.ts';
import {
  type FollowUpIntent,
  type FollowUpRecord,
  type FollowUpSituation,
  type PaymentRecord,
  StoreError,
} from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { begin, startNow } from '../intent.ts';
import { momentOf } from '../moment.ts';
import { isNamedAsDerived, referenceOf, stopForNames } from '../names.ts';
import { pause } from '../pause.ts';
import { paymentKey } from '../unit.ts';
import type { ClientRequest, FollowingUp } from './request.ts';

/** How long opening is tried while confirmations are lost: as long as a fail-over takes, and shorter than a client waits. */
const TRY_FOR_MS = 3000;
const TRY_AGAIN_MS = 100;

/** Null: something has changed, or is not known. Then the request must read what is stored. */
export async function open<Shown, Own extends string>(
  { engine, driver, traits }: FollowingUp<Shown, Own>,
  request: ClientRequest,
  { payment, sums }: FollowUpSituation & { readonly payment: PaymentRecord },
  opening: Opening,
): Promise<FollowUpRecord | null> {
  const { clock, store } = engine;
  // The row is from another installation. Its follow-up would get another key at the gateway.
  if (!isNamedAsDerived(engine, payment)) return null;
  const before = sums.exclusive?.count ?? 0;
  const mayBeMade = traits.nameAfter === undefined ? sums.absences > 0 : before > 0;
  const verifyFirst = opening.verifyFirst || (mayBeMade && engine.policies[traits.kind].contract.lookup);
  const { start, place } = startNow(engine, {
    step: verifyFirst ? 'verify' : 'call',
    giveUpAfterS: null,
    kind: traits.kind,
  });
  const intent = newIntent(engine, request, payment, {
    kind: traits.kind,
    amountMinor: opening.amountMinor,
    verifyFirst,
    start,
    expected: { absences: sums.absences },
    name: traits.nameAfter?.(before) ?? request.wanted.name,
    ...(traits.nameAfter === undefined ? {} : { exclusive: { after: before } }),
  });
  const { claimId, terms } = intent;
  const claimedAt = momentOf(clock);
  const own = { id: terms.id, name: terms.name, claimId, claimedAt, begun: false };
  request.opened.push(own);
  let unused = place;
  try {
    const result = await store.openFollowUp(intent);
    if (result.kind === 'lost') {
      if ((await store.installationId()) !== engine.installationId) stopForNames(engine);
      return null;
    }
    engine.databaseClock.note(result.nowMs, claimedAt);
    const record = openedRecord(intent, result.nowMs);
    unused = null;
    own.begun = true;
    request.boundHere = true;
    request.seen = record;
    begin(driver, record, { nowMs: result.nowMs, claimedAt, place });
    return record;
  } catch (error) {
    if (!(error instanceof StoreError) || error.kind !== 'outcome_unknown') throw error;
    request.perhapsStored = true;
    const first = request.opened[0] ?? own;
    if (clock.monotonicMs() - first.claimedAt.monotonicMs > TRY_FOR_MS) throw error;
    await pause(clock, TRY_AGAIN_MS);
    return null;
  } finally {
    unused?.free();
  }
}

function newIntent(
  engine: Engine,
  { wanted, key }: ClientRequest,
  payment: PaymentRecord,
  {
    name,
    ...options
  }: Pick<FollowUpIntent, 'kind' | 'amountMinor' | 'verifyFirst' | 'start' | 'expected' | 'exclusive'> & {
    /** Null: the key names it. */
    readonly name: string | null;
  },
): FollowUpIntent {
  const { clock, random, gateway, installationId } = engine;
  const identity = identityOf(name, key?.hash ?? null);
  const gatewayKey = followUpKey(referenceOf(engine, payment.order), options.kind, identity);
  return {
    ...options,
    payment: paymentKey(payment),
    terms: {
      id: uuidV7(clock.wallMs(), random.hex128()),
      name: name ?? gatewayKey,
      keyHash: name === null ? (key?.hash ?? null) : null,
      // A payment whose charge was made has one.
      chargeRef: payment.operation.gatewayRef ?? '',
      askedMinor: wanted.amountMinor,
      reason: wanted.reason,
    },
    currency: payment.order.currency,
    metadata: wanted.metadata,
    gateway: gateway.name,
    gatewayKey,
    installationId,
    key,
    claimId: dashed(random.hex128()),
  };
}

function identityOf(name: string | null, keyHash: string | null): FollowUpIdentity {
  if (name !== null) return { name };
  if (keyHash !== null) return { keyHash };
  throw new Error('A request has neither a name nor a key. Nothing was stored or sent.');
}

function openedRecord(intent: FollowUpIntent, nowMs: number): FollowUpRecord {
  const { start, verifyFirst, payment, terms, amountMinor, currency, metadata } = intent;
  const held = start.kind === 'claimed';
  const { accountId, orderId, paymentId } = payment;
  return {
    order: { accountId, orderId, amountMinor, currency, metadata },
    paymentId,
    gateway: intent.gateway,
    operation: openOperation({ kind: intent.kind, n: 1, openedAtMs: nowMs, calling: held, verifyFirst }),
    gatewayKey: intent.gatewayKey,
    seq: 1,
    fence: 1,
    claimId: intent.claimId,
    held,
    dueAtMs: nowMs + (start.kind === 'claimed' ? start.leaseMs : start.waitMs),
    evidence: 0,
    absences: 0,
    problem: null,
    answer: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    followUp: terms,
    settledMinor: null,
  };
}
