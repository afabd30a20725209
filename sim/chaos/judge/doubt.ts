/**
 * What only time can prove. If a process died before it had stored what the gateway calls a charge, or if an error was kept under a refund's key,
 * "not found" counts only after the gateway's landing time. At Stripe that is an hour, and no run is so long.
 */
import type { OrderFile, PaymentEvent } from './case.ts';
import { chargeOf } from './names.ts';

/** Whether the last lookup found nothing, too early to prove anything. The next one may be under way. */
export function isInDoubt(trail: readonly Pick<PaymentEvent, 'type'>[]): boolean {
  const types = trail.map(({ type }) => type);
  const last = types.at(-1) === 'lookup.started' ? types.at(-2) : types.at(-1);
  return last === 'lookup.not_found_yet';
}

/** Whether its current charge may still be unresolved after the faults. Only if nothing was ever confirmed for it. */
export function mayBeUnresolved({ stripe, events, reference }: OrderFile): boolean {
  if (stripe === null || !isInDoubt(events)) return false;
  const n = Math.max(0, ...events.map(({ charge }) => charge));
  const own = stripe.intents.filter(({ key }) => chargeOf(key, reference, n) === n).map(({ id }) => id);
  return !stripe.writes.some(
    ({ operation, intentId }) => operation === 'confirm' && own.includes(intentId ?? ''),
  );
}
