/** The faults that a story sets for calls, whatever faults are drawn. */
import { chargeKey } from '../../src/domain/ids.ts';
import type { CallFault } from '../plan/faults.ts';
import type { Errand } from './clients.ts';
import type { AnyRequest } from './effects.ts';
import type { World } from './world.ts';

/** What the stubborn client asks for. */
export const STUBBORN: Omit<Errand, 'key'> = {
  accountId: 'default',
  orderId: 'order-1',
  amountMinor: 1000,
  currency: 'USD',
  method: 'tok_one',
};

/** The fault that a story sets for a call. Null: the drawn faults decide. */
export function storyFault(
  { plan, lateLanded, loneFaults }: World,
  { key, reference, orderId, ...request }: AnyRequest,
  call: number,
): CallFault | null {
  // A story is about charges.
  if ('chargeRef' in request) return null;
  const lone = loneFaults.get(orderId);
  if (lone !== undefined) return call === 1 ? lone : 'none';
  if (plan.story !== 'stubborn' || orderId !== STUBBORN.orderId) return null;
  // Charge 1 is never sent, so it fails by absence. The others fail the same way or are declined, until one turns out to have been made.
  if (lateLanded) return 'none';
  const declines = plan.echoes && key !== chargeKey(reference, 1);
  return declines ? 'gateway_declines' : 'gateway_unreachable';
}
