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
  { plan, lateLanded, loneFaults }: World,
  { key, reference, orderId }: ChargeRequest,
  call: number,
): CallFault | null {
  const lone = loneFaults.get(orderId);
  if (lone !== undefined) return call === 1 ? lone : 'none';
  if (plan.story !== 'stubborn' || orderId !== STUBBORN.orderId) return null;
  // Charge 1 never leaves, so it fails by absence; the others do so too, or are declined, until one turns out to have been made.
  if (lateLanded) return 'none';
  const declines = plan.echoes && key !== chargeKey(reference, 1);
  return declines ? 'gateway_declines' : 'gateway_unreachable';
}
