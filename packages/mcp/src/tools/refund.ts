import type { RefundResult } from 'payonce/client';
import { z } from 'zod';
import { refundSchema, tellRefund } from '../tell/follow-up.ts';
import { AGAIN, inWords, MOVED, refusedText, tellCommonly, withoutKeys } from '../tell/outcome.ts';
import { MINOR } from '../tell/payment.ts';
import { moneyText } from '../tell/time.ts';
import { defineTool, MOVES_MONEY } from '../tool.ts';
import * as argument from './arguments.ts';

const input = z.strictObject({
  payment_id: argument.paymentId,
  amount_minor: argument.amountMinor
    .optional()
    .describe(`What to give back, in ${MINOR}. Default: all that is left of the payment.`),
  reason: z
    .string()
    .min(1)
    .optional()
    .describe('Why, for the books. A repeated call may word it differently.'),
  refund_id: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The id that the refund has in the shop’s books, such as the number of the return. Do not invent one. Default: made from the amount, so that one payment has one refund of an amount.',
    ),
});

const output = z.object({
  ...MOVED,
  outcome: z
    .enum(['refunded', 'accepted', 'declined', 'failed', 'pending', 'review', 'refused'])
    .describe(
      'Only "refunded" means that the gateway gave it back. "accepted": the gateway has it, and decides later.',
    ),
  refund: refundSchema.nullable().optional(),
});

export const refund = defineTool({
  name: 'refund',
  title: 'Refund a payment',
  description: `Gives money of a payment back at most once for its name, or says what became of this refund. The amount is in ${MINOR}. Calling it again with the same arguments never refunds twice. A second refund of the same amount needs the "refund_id" that the shop has for it.`,
  annotations: MOVES_MONEY,
  input,
  output,
  async run(args, { client, signal }) {
    const refundId = args.refund_id ?? nameOf(args.amount_minor);
    const { payment_id: paymentId, amount_minor: amountMinor, reason } = args;
    const asked = { paymentId, amountMinor, reason, refundId };
    const result = await client.refund(asked, { signal });
    return tell(result, args.refund_id === undefined);
  },
});

/** Never change it: an agent that repeats a refund would make another one. A letter stands before the digits, so that they are no card number. */
function nameOf(amount: number | undefined): string {
  return amount === undefined ? 'agent-all' : `agent-a${amount}`;
}

function tell(result: RefundResult, isNamedByAmount: boolean): z.infer<typeof output> {
  const { outcome } = result;
  const isReplayed = 'replayed' in result && result.replayed;
  const another = isReplayed && isNamedByAmount ? 'If another refund is meant, give it its "refund_id".' : '';
  return {
    summary: inWords('replayed' in result ? result : {}, ...sentences(result), another),
    ...tellCommonly(result),
    outcome,
    refund: result.refund === null ? null : tellRefund(result.refund),
  };
}

function sentences(result: RefundResult): string[] {
  switch (result.outcome) {
    case 'refunded': {
      const { amountMinor: asked, refundedMinor, currency, paymentId: id } = result.refund;
      return [`${moneyText(refundedMinor ?? asked, currency)} of payment ${id} went back.`];
    }
    case 'accepted':
      return ['The gateway has the refund, and decides later. Do not refund it in another way.'];
    case 'declined':
    case 'failed':
      return [
        `Nothing was refunded. ${withoutKeys(result.detail)}`,
        result.safeToRetryWithNewKey ? 'Another try needs another "refund_id" of the shop.' : '',
      ];
    case 'pending':
      return ['It is not known yet whether it is refunded. Do not refund it in another way.', AGAIN];
    case 'review':
      return [result.detail];
    case 'refused':
      return [refusedText(result)];
  }
}
