/** The signature of Stripe's webhooks: `Stripe-Signature: t=…,v1=…`, HMAC-SHA256 with the text of the secret as its key. */
import { createHmac } from 'node:crypto';
import type { SignDelivery } from '../webhooks/deliver.ts';

/** @throws TypeError if the secret is empty. */
export function stripeSignature(secret: string): SignDelivery {
  if (secret === '') throw new TypeError("The secret of Stripe's webhooks must not be empty.");
  return (_id, timestampSeconds, body) => {
    const signature = createHmac('sha256', secret).update(`${timestampSeconds}.${body}`).digest('hex');
    return {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': `t=${timestampSeconds},v1=${signature}`,
    };
  };
}
