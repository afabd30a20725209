/** Arguments that several tools take. */
import { z } from 'zod';

export const orderId = z.string().min(1);

export const paymentId = z
  .string()
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'must be the id of a payment, a UUID')
  .describe('The id of the payment, a UUID.');

/** What JSON keeps exactly. */
export const amountMinor = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

export const attempt = z.int().min(1).max(1000).default(1);

/** Which payment: by one of the two. */
export const WHICH = {
  payment_id: paymentId.optional(),
  order_id: orderId.optional().describe('The id of the order. Give either this or "payment_id".'),
};
