/** What calls meet because of a story, whatever the drawn faults say. */
import { chargeKey } from '../../src/domain/ids.ts';
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { CallFault } from '../plan/faults.ts';
import type { Errand } from './clients.ts';
import type { World } from './world.ts';

/** What a stubborn client wants. */
export const STUBBORN: Omit<Errand, 'key'> = {
  accountId: 'default',
  orderId: 'order-1',
  amountMinor: 1000,
  currency: 'USD',
  method: 'tok_one',
};

/** What a story wants a call to meet; null: what the faults say. */
export function storyFault(
  { plan, judge }: World,
  { key, reference, orderId }: ChargeRequest,
): CallFault | null {
  if (plan.story !== 'stubborn' || orderId !== STUBBORN.orderId) return null;
  const first = chargeKey(reference, 1);
  // Charge 1 never leaves, so it fails by absence; the others are declined until the first turns out to have been made.
  if (key === first) return 'gateway_unreachable';
  return judge.hasBrokenWord(first) ? 'none' : 'gateway_declines';
}
