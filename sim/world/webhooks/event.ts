/** The bytes of one event, as the protocol of `docs/fake-gateway.md` has them. The real adapter reads them. */
import type { Fate } from '../../../src/domain/outcomes.ts';
import { webhookKey, webhookSignature } from '../../../src/domain/standard-webhooks.ts';
import type { WebhookDelivery } from '../../../src/ports/gateway.ts';
import type { BookedCharge, BookedRefund } from '../../gateway/model.ts';
import { WALL_ORIGIN_MS } from '../clock.ts';
import { CHARGE, REFUND } from '../effects.ts';

/** Shared by the gateway and all processes. */
export const WEBHOOK_SECRET = `whsec_${'c2VjcmV0'.repeat(4)}`;
const KEY = webhookKey(WEBHOOK_SECRET);
const FORGERS_KEY = webhookKey(`whsec_${'Zm9yZ2Vk'.repeat(4)}`);

/** What an event is about: a charge or a refund, as it stood when the event was made. */
export type About =
  | { readonly kind: 'charge'; readonly booked: BookedCharge }
  | { readonly kind: 'refund'; readonly booked: BookedRefund };

/** What the event says of a charge. An object of two steps that is only made, is no event. */
const CHARGE_SAYS: Readonly<Record<BookedCharge['status'], Fate | null>> = {
  succeeded: 'live',
  declined: 'declined',
  pending: 'pending',
  refunded: 'reversed',
  open: null,
  acting: 'pending',
  sealed: 'declined',
};

/** Null: nothing has happened to it yet. */
export function says({ kind, booked }: About): Fate | null {
  if (kind === 'charge' && booked.status === 'open') return booked.code === undefined ? null : 'declined';
  return CHARGE_SAYS[booked.status];
}

/** The words of the protocol for it. */
const STATUS: Readonly<Record<Fate, BookedCharge['status']>> = {
  live: 'succeeded',
  pending: 'pending',
  declined: 'declined',
  reversed: 'refunded',
};

/** Says `fate` in place of how it stands. */
export function bodyOf({ kind, booked }: About, fate: Fate, orderId: string): string {
  const status = STATUS[fate];
  const json = kind === 'charge' ? CHARGE.json({ ...booked, status }) : REFUND.json({ ...booked, status });
  return JSON.stringify({ type: `${kind}.changed`, data: { ...json, order_id: orderId } });
}

/** One try to deliver it. Every try is signed anew. */
export function deliveryOf(
  id: string,
  body: string,
  { nowMs, forged }: { readonly nowMs: number; readonly forged: boolean },
): WebhookDelivery {
  const timestamp = String(Math.floor((WALL_ORIGIN_MS + nowMs) / 1000));
  const signature = webhookSignature(forged ? FORGERS_KEY : KEY, { id, timestamp, body });
  return {
    body: Buffer.from(body),
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature.toString('base64')}`,
    },
  };
}
