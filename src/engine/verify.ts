import type { VerifyOutcome } from '../domain/transition/index.ts';
import { type FailedCharge, type PaymentRecord, StoreError } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { chargeRequest, lookUp } from './exchange.ts';
import type { Held } from './lease.ts';
import { paymentKey } from './write.ts';

/** Earlier charges that are asked after; an order that failed more often than this is looked at by its newest. */
const MAX_VERIFIED = 20;

/**
 * Asks after every charge of the order that failed, and tells of one that is live all the same; where late evidence
 * came in, also whether a completed charge exists twice. Evidence of a charge's money is not argued away by a lookup
 * of it that finds nothing: a person must look.
 */
export async function verifyEarlier(engine: Engine, held: Held): Promise<VerifyOutcome> {
  const { record } = held;
  if (record.charge.status === 'COMPLETED') {
    const own = await lookUp(engine, held, chargeRequest(engine, record.order, record.charge));
    if (own.kind === 'duplicated') return { kind: 'found', chargeId: own.chargeIds.join(' ') };
    if (own.kind === 'unavailable' || own.kind === 'forbidden') {
      return { kind: 'unavailable', reason: own.reason };
    }
  }
  const contested = record.evidence > 0 && record.charge.status !== 'COMPLETED';
  const failed = await failedCharges(engine, record);
  if (failed === null) return { kind: 'unavailable', reason: 'store_unavailable' };
  for (const earlier of failed) {
    const order = { ...record.order, amountMinor: earlier.amountMinor, currency: earlier.currency };
    const outcome = await lookUp(engine, held, chargeRequest(engine, order, earlier));
    switch (outcome.kind) {
      case 'absent':
        if (contested && earlier.evidence) return { kind: 'found', chargeId: 'known by late evidence only' };
        continue;
      case 'declined':
        continue;
      case 'succeeded':
      case 'mismatch':
      case 'pending':
        return { kind: 'found', chargeId: outcome.chargeId };
      case 'duplicated':
        return { kind: 'found', chargeId: outcome.chargeIds[0] ?? 'several' };
      case 'unavailable':
      case 'forbidden':
        return { kind: 'unavailable', reason: outcome.reason };
    }
  }
  return { kind: 'clear' };
}

/** Null: the store could not be read; the lease is given back instead of being left to run out. */
async function failedCharges(engine: Engine, record: PaymentRecord): Promise<readonly FailedCharge[] | null> {
  try {
    return await engine.store.failedCharges(paymentKey(record), MAX_VERIFIED);
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}
