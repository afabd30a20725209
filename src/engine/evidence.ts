import type { CallOutcome } from '../domain/outcomes.ts';
import type { CallEnd } from '../domain/transition/index.ts';
import { type PaymentRecord, StoreError } from '../ports/store.ts';
import { type Engine, roomOf } from './context.ts';
import type { GateOutcome } from './gate.ts';
import { pause } from './pause.ts';
import { namesOf } from './unit.ts';

/** A database restart takes less than this. In any case a lookup recovers the payment itself. */
const TRY_FOR_MS = 60_000;
const TRY_AGAIN_MS = 500;

/** Whether the gateway reported money. */
export function tellsOfMoney(outcome: CallEnd | GateOutcome): outcome is Money {
  return outcome.kind === 'approved' || outcome.kind === 'mismatch' || outcome.kind === 'pending';
}

type Money = Extract<CallOutcome, { kind: 'approved' | 'mismatch' | 'pending' }>;

/** Whether the call may take effect although no money was reported. In two steps, what was declined can still be paid. */
export function mayHaveSent(
  { gateway }: Pick<Engine, 'gateway'>,
  { operation }: PaymentRecord,
  outcome: CallEnd,
): outcome is CallOutcome {
  const { kind } = outcome;
  if (kind === 'declined') return gateway.twoSteps !== undefined && operation.kind === 'charge';
  return kind === 'unknown' || kind === 'busy' || kind === 'requires_action';
}

/**
 * Keeps what a worker without a lease has learnt about money, or that it may have sent something. Neither is ever
 * thrown away. It changes no state, but makes the payment due for a check.
 */
export async function keepEvidence(
  engine: Engine,
  record: PaymentRecord,
  outcome: CallOutcome,
): Promise<void> {
  const { clock, store } = engine;
  const untilMs = clock.monotonicMs() + TRY_FOR_MS;
  for (;;) {
    try {
      const kept = await roomOf(engine, record).addEvidence(store, record, outcome);
      if (kept === 'no_payment') {
        const what =
          'the database has forgotten a payment that the gateway has answered: look this charge up';
        alarm(engine, record, outcome, what);
      }
      return;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.kind === 'unfit' || clock.monotonicMs() >= untilMs) break;
      await pause(clock, TRY_AGAIN_MS);
    }
  }
  alarm(engine, record, outcome, 'an answer of the gateway could not be stored; look this charge up');
}

function alarm({ log }: Engine, record: PaymentRecord, outcome: CallOutcome, message: string): void {
  const { gatewayKey, operation } = record;
  const fields = { ...namesOf(record), charge: operation.n, gateway_key: gatewayKey, outcome };
  log.error({ ...fields, alarm: 'evidence_lost' }, message);
}
