/** The headers of an event as in the Standard Webhooks specification. */
import { webhookKey, webhookSignature } from '../../domain/standard-webhooks.ts';
import type { SignDelivery } from './deliver.ts';

/** Signs with this secret. @throws TypeError as `webhookKey`. */
export function standardSignature(secret: string): SignDelivery {
  const key = webhookKey(secret);
  return (id, timestampSeconds, body) => webhookHeaders(key, id, timestampSeconds, body);
}

/** @param timestampSeconds of this attempt, as sent in `webhook-timestamp`. */
export function webhookHeaders(key: Buffer, id: string, timestampSeconds: number, body: string) {
  const timestamp = String(timestampSeconds);
  const signature = webhookSignature(key, { id, timestamp, body }).toString('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
