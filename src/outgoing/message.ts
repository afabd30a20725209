/** An event as it goes over the wire (Standard Webhooks). */
import { webhookKey, webhookSignature } from '../domain/standard-webhooks.ts';
import type { Claimed } from '../ports/outgoing.ts';
import type { Message } from './send.ts';

/**
 * `data`: what the event is about, as it is now. `secrets`: each signs.
 *
 * @param nowMs the time of this try
 */
export function messageOf(
  { eventId, type, happenedAtMs, url }: Pick<Claimed, 'eventId' | 'type' | 'happenedAtMs' | 'url'>,
  {
    data,
    secrets,
    nowMs,
  }: { readonly data: unknown; readonly secrets: readonly string[]; readonly nowMs: number },
): Message {
  const body = JSON.stringify({ id: eventId, type, timestamp: new Date(happenedAtMs).toISOString(), data });
  const timestamp = String(Math.floor(nowMs / 1000));
  const signatures = secrets.map((secret) => {
    const signature = webhookSignature(webhookKey(secret), { id: eventId, timestamp, body });
    return `v1,${signature.toString('base64')}`;
  });
  return {
    url,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'payonce',
      'webhook-id': eventId,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    },
  };
}
