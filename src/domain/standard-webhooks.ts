/**
 * Signatures of events as in the Standard Webhooks specification (`v1`, HMAC-SHA256): the fake gateway makes them, and the `http` adapter
 * checks them.
 */
import { createHmac } from 'node:crypto';

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

/**
 * The 32 bytes that sign one try of an event. Both texts are signed as they were sent.
 *
 * @param id as sent in `webhook-id`
 * @param timestamp as sent in `webhook-timestamp`, in seconds since the Unix epoch
 */
export function webhookSignature(
  key: Buffer,
  {
    id,
    timestamp,
    body,
  }: { readonly id: string; readonly timestamp: string; readonly body: string | Uint8Array },
): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
