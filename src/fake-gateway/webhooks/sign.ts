/** Signatures as in the Standard Webhooks specification (`v1`, HMAC-SHA256). */
import { createHmac } from 'node:crypto';
import type { SignDelivery } from './deliver.ts';

/**
 * The key in a secret of the form `whsec_<base64>`.
 *
 * @throws TypeError if it has another form, or if the key is not 24 to 64 bytes, as the specification demands.
 */
export function webhookKey(secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (!/^whsec_[A-Za-z0-9+/]+=*$/.test(secret) || key.length < 24 || key.length > 64) {
    throw new TypeError('The webhook secret must be "whsec_" and then 24 to 64 random bytes in base64.');
  }
  return key;
}

/** Signs with this secret. @throws TypeError as `webhookKey`. */
export function standardSignature(secret: string): SignDelivery {
  const key = webhookKey(secret);
  return (id, timestampSeconds, body) => webhookHeaders(key, id, timestampSeconds, body);
}

/** @param timestampSeconds of this attempt, as sent in `webhook-timestamp`. */
export function webhookHeaders(key: Buffer, id: string, timestampSeconds: number, body: string) {
  const signature = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
