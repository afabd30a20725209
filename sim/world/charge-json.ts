/** A charge as the gateway writes it. */
import type { BookedCharge } from '../gateway/model.ts';
import { WALL_ORIGIN_MS } from './clock.ts';

export function chargeJson({
  id,
  status,
  amountMinor: amount,
  currency,
  reference,
  key,
  code,
  hold,
}: BookedCharge): object {
  const charge = { id, status, amount, currency, reference, idempotency_key: key };
  if (status === 'declined') return { ...charge, code: code ?? 'card_declined' };
  if (status === 'open' && code !== undefined) return { ...charge, code };
  if (hold === undefined || (status !== 'authorized' && status !== 'succeeded')) return charge;
  const until = new Date(WALL_ORIGIN_MS + hold.untilMs).toISOString();
  const held = status === 'authorized' && hold.saysUntil ? { authorized_until: until } : {};
  return { ...charge, captured: hold.capturedMinor, ...held };
}

/** As a question about the charge itself is answered, which knows no objects. */
export function plainChargeJson(charge: BookedCharge): object {
  return chargeJson(charge.status === 'sealed' ? { ...charge, status: 'voided' } : charge);
}
