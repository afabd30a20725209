import type { ChargeResult } from 'payonce/client';
import { z } from 'zod';
import { AGAIN, inWords, MOVED, refusedText, tellCommonly, withoutKeys } from '../tell/outcome.ts';
import { MINOR, moneyMoved, moneySchema, paymentSchema, tellPayment } from '../tell/payment.ts';
import { moneyText } from '../tell/time.ts';
import { defineTool, MOVES_MONEY } from '../tool.ts';
import { amountMinor, attempt, orderId } from './arguments.ts';
import { withinLimit } from './within-limit.ts';

const input = z.strictObject({
  order_id: orderId.describe(
    "The shop's own id of the order. An order is charged at most once. Do not invent one.",
  ),
  amount_minor: amountMinor.describe(`What to charge, in ${MINOR}.`),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in upper case, such as USD')
    .describe('ISO 4217 code in upper case, such as USD.'),
  method: z
    .string()
    .min(1)
    .optional()
    .describe('A token of the payment provider, such as pm_… or tok_…. Never a card number.'),
  capture_method: z
    .enum(['automatic', 'manual'])
    .optional()
    .describe('"manual" only authorises: the money is held until "capture" or "void". Default "automatic".'),
  attempt: attempt.describe(
    'Which try of the customer this is. Default 1. The next number only after the outcome "declined" or "failed", and only if the customer asked for another try. Never to repeat a call.',
  ),
});

const output = z.object({
  ...MOVED,
  outcome: z
    .enum(['paid', 'authorized', 'released', 'declined', 'failed', 'pending', 'review', 'refused'])
    .describe('Only "paid" means that the order is paid.'),
  money_moved: moneySchema.optional(),
  payment: paymentSchema.nullable().optional(),
});

export const charge = defineTool({
  name: 'charge',
  title: 'Charge an order',
  description: `Charges an order at most once, or says what became of it. The amount is in ${MINOR}. Calling it again with the same arguments never charges twice, also after a time-out or a restart: the key is made from the order. "replayed": true says that it is the answer to an earlier request. "pending" is not a failure.`,
  annotations: MOVES_MONEY,
  input,
  output,
  async run(args, { client, budget, signal }) {
    const order = {
      orderId: args.order_id,
      amountMinor: args.amount_minor,
      currency: args.currency,
      method: args.method,
      captureMethod: args.capture_method,
    };
    const { attempt: n } = args;
    const result = await withinLimit(budget, { ...order, attempt: `charge ${n}` }, () =>
      client.charge(order, { attempt: n, signal }),
    );
    return tell(result, order);
  },
});

function tell(result: ChargeResult, order: { readonly orderId: string }): z.infer<typeof output> {
  const { outcome, payment } = result;
  const common = {
    ...tellCommonly(result),
    outcome,
    payment: payment === null ? null : tellPayment(payment),
    money_moved: payment === null ? ('unknown' as const) : moneyMoved(payment),
  };
  return {
    summary: inWords('replayed' in result ? result : {}, ...sentences(result, order.orderId)),
    ...common,
  };
}

function sentences(result: ChargeResult, orderId: string): string[] {
  switch (result.outcome) {
    case 'paid': {
      const { amountMinor, currency, livemode } = result.payment;
      const test = livemode ? '' : 'It is test money: nobody has paid.';
      return [`Order ${orderId} is paid: ${moneyText(amountMinor, currency)}.`, test];
    }
    case 'authorized':
      return [
        `The money for order ${orderId} is held, and not taken. "capture" takes it, "void" lets it go.`,
      ];
    case 'released':
      return [`The money for order ${orderId} was held and let go again. Nothing is paid.`];
    case 'declined':
    case 'failed':
      return [
        `Order ${orderId} is not charged. ${withoutKeys(result.detail)}`,
        result.safeToRetryWithNewKey
          ? 'Another try is the next "attempt", and only if the customer asks for it.'
          : 'Do not try again now.',
      ];
    case 'pending':
      if (result.reason === 'customer_must_act')
        return [`Order ${orderId} waits for the customer: they must act on the page where they pay.`, AGAIN];
      return [
        `It is not known yet whether order ${orderId} is charged.`,
        'Do not charge it in another way.',
        AGAIN,
      ];
    case 'review':
      return [`${result.detail} It is not known whether it is charged.`];
    case 'refused':
      return [
        refusedText(result),
        result.payment === null ? '' : `The order has a payment that is ${result.payment.status}.`,
      ];
  }
}
