import type { CallOutcome } from '../domain/outcomes.ts';
import { type PaymentRecord, StoreError } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { pause } from './pause.ts';
import { paymentKey } from './write.ts';

/** A database restart is over within this; the payment itself is recovered by a lookup in any case. */
const TRY_FOR_MS = 60_000;
const TRY_AGAIN_MS = 500;

/**
 * Keeps what the gateway said to a worker that may no longer write: proof of money is never thrown away. It
 * changes no state, but makes the payment due to be looked into.
 */
export async function keepEvidence(
  engine: Engine,
  record: PaymentRecord,
  outcome: CallOutcome,
): Promise<void> {
  if (outcome.kind !== 'approved' && outcome.kind !== 'mismatch' && outcome.kind !== 'pending') return;
  const { clock, store, log } = engine;
  const evidence = { payment: paymentKey(record), chargeN: record.charge.n, outcome };
  const untilMs = clock.monotonicMs() + TRY_FOR_MS;
  for (;;) {
    try {
      await store.addEvidence(evidence);
      return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (clock.monotonicMs() >= untilMs) break;
      await pause(clock, TRY_AGAIN_MS);
    }
  }
  log.error(
    { payment_id: record.paymentId, charge: record.charge.n, outcome, alarm: 'evidence_lost' },
    'an answer of the gateway could not be stored; look this charge up',
  );
}
