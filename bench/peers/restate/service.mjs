/** The payments service: one virtual object an order, whose charges run one by one and find its payment. */
import * as restate from '@restatedev/restate-sdk';
import * as z from 'zod';
import { charge } from '../gateway.mjs';

const Order = z.strictObject({
  order_id: z.string().min(1).max(255),
  amount: z.int().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/),
  method: z.string().optional(),
});

/** Ends the invocation with this answer; any other error, Restate would try again. */
function refusal(errorCode, message) {
  return new restate.TerminalError(message, { errorCode });
}

/**
 * Restate stores the request before this runs, the result of `ctx.run` before it goes on, and the answer
 * before the caller gets it. After a crash it runs again, and uses what is stored for the steps that were done.
 */
async function chargeOrder(ctx, order) {
  if (order.order_id !== ctx.key) throw refusal(400, 'order_id is not the one in the path');
  let payment = await ctx.get('payment');
  if (payment === null) {
    payment = await ctx.run('charge', () => charge(order));
    ctx.set('payment', payment);
  }
  if (payment.status === 'DECLINED') throw refusal(402, 'declined');
  if (payment.status === 'FAILED') throw refusal(502, 'the gateway failed');
  return payment;
}

export const payments = restate.object({
  name: 'payments',
  handlers: {
    // A body that does not fit the schema is answered with 400, and the handler does not run.
    charge: restate.handlers.object.exclusive({ input: restate.serde.schema(Order) }, chargeOrder),
  },
});
