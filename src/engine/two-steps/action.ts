/** What the customer has to do, as the gateway last said when it was read. */
import type { LookupOutcome, NextAction } from '../../domain/outcomes.ts';
import { mayWaitForCustomer } from '../../domain/transition/index.ts';
import { type ChargeOf, type PaymentRecord, type StoredHandle, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';

/** Keeps what a read has shown of it. If that cannot be stored, the next read will show it again. */
export async function keepShown(
  { store, outage, clock, log }: Pick<Engine, 'store' | 'outage' | 'clock' | 'log'>,
  of: ChargeOf,
  stored: StoredHandle | null,
  outcome: LookupOutcome,
): Promise<void> {
  // No answer says nothing about the last one.
  if (outcome.kind === 'unavailable' || outcome.kind === 'forbidden') return;
  const action = outcome.kind === 'requires_action' ? outcome.action : null;
  if (isSame(stored?.action ?? null, action)) return;
  const sentMs = clock.monotonicMs();
  try {
    await store.keepAction(of, action);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // It is about this text, and not about the database.
    if (error.kind === 'unfit')
      log.error(
        { payment_id: of.paymentId, charge: of.n, err: error },
        'the database does not take what the customer has to do: they are not told',
      );
    else outage.failed(error, sentMs);
  }
}

/** Null: nothing, or it is not known now. Nothing is read at a gateway of one step. */
export async function nextActionOf(
  { store, gateway, outage, clock }: Pick<Engine, 'store' | 'gateway' | 'outage' | 'clock'>,
  { order, paymentId, operation, gateway: madeAt }: PaymentRecord,
): Promise<NextAction | null> {
  if (gateway.twoSteps === undefined || madeAt !== gateway.name || !mayWaitForCustomer(operation))
    return null;
  const sentMs = clock.monotonicMs();
  try {
    const stored = await store.handle({ accountId: order.accountId, paymentId, n: operation.n });
    return stored?.action ?? null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    outage.failed(error, sentMs);
    return null;
  }
}

function isSame(a: NextAction | null, b: NextAction | null): boolean {
  if (a === null || b === null) return a === b;
  const [names, others] = [Object.keys(a), Object.keys(b)];
  return names.length === others.length && names.every((name) => a[name] === b[name]);
}
