/** What is known about a request's key and order, in the database and in this process. */
import { type PaymentRecord, type Situation, StoreError } from '../../ports/store.ts';
import { begin, placeFor } from '../intent.ts';
import { type Charging, type ClientRequest, madeAt, noteStarted } from './request.ts';

/** The sweep of another process hardly ever takes up a payment sooner than this after it is due. */
const TAKEN_AFTER_MS = 250;

/** Reads what is stored. If this request stored a charge itself but got no confirmation, that charge is started now. */
export async function readSituation(charging: Charging, request: ClientRequest): Promise<Situation> {
  const { accountId, orderId } = request.order;
  const situation = await charging.engine.store.situation({
    accountId,
    orderId,
    keyHash: request.key?.hash ?? null,
  });
  const record = situation.payment;
  request.seen = record;
  request.keySeen ||= situation.key !== null;
  const own = request.claims.findIndex(({ claimId }) => claimId === record?.claimId);
  if (record !== null && own >= 0) {
    // Removed from the list: the next turn must not begin it a second time.
    const [claim] = request.claims.splice(own, 1);
    noteStarted(request, record);
    // It may have been opened at another gateway than the account has now. A worker of this one would send it here.
    const { engine, driver } = madeAt(charging, record);
    const grantedAtMs = (record.dueAtMs ?? situation.nowMs) - engine.policy.leaseMs;
    if (record.held && claim !== undefined) {
      const { claimedAt } = claim;
      const place = placeFor(engine, record.operation.step, 'charge');
      begin(driver, record, { nowMs: grantedAtMs, claimedAt, place });
    }
  }
  // This request's intent was stored after all, and another worker has gone on with it.
  if (record !== null && request.drawn.includes(record.paymentId)) {
    request.boundHere = true;
    request.startedN ??= 1;
  }
  return situation;
}

/** Null: the database cannot be used, so the answer is made from what was read earlier. */
export async function readAgain(
  { engine }: Charging,
  { order, key }: ClientRequest,
): Promise<Situation | null> {
  const { accountId, orderId } = order;
  try {
    return await engine.store.situation({ accountId, orderId, keyHash: key?.hash ?? null });
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/**
 * The payment in this process's memory. Undefined if the request has read something newer: another process may have
 * taken it up.
 */
export function knownSince({ driver }: Charging, last: PaymentRecord): PaymentRecord | undefined {
  const known = driver.known(last.paymentId);
  return known !== undefined && known.seq >= last.seq ? known : undefined;
}

/**
 * Whether another process may have taken the payment up since this turn began: it only waits here, or its lease has ended. What waits
 * here may have become due earlier than this process knows: by evidence, an event of the gateway, or an operator.
 */
export function mayBeTaken(
  { engine }: Charging,
  { turnAtMs }: ClientRequest,
  { held, dueAtMs }: PaymentRecord,
): boolean {
  if (held) return dueAtMs !== null && engine.databaseClock.nowMs() >= dueAtMs;
  return engine.clock.monotonicMs() - turnAtMs >= TAKEN_AFTER_MS;
}
