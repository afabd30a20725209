/** What ends an authorisation: `capture` and `void`. */
import type { CaptureResult, VoidResult } from 'payonce/client';
import { z } from 'zod';
import type { Spending } from '../budget.ts';
import { Refusal } from '../failure.ts';
import { operationSchema, tellOperation } from '../tell/follow-up.ts';
import { AGAIN, inWords, MOVED, refusedText, tellCommonly, withoutKeys } from '../tell/outcome.ts';
import { MINOR } from '../tell/payment.ts';
import { moneyText } from '../tell/time.ts';
import { type Context, defineTool, MOVES_MONEY } from '../tool.ts';
import { amountMinor, attempt, paymentId } from './arguments.ts';
import { withinLimit } from './within-limit.ts';

const NEXT_ATTEMPT = attempt.describe(
  'Default 1. The next number only after the outcome "declined" or "failed", and only if somebody asked for another try. Never to repeat a call.',
);

const operationOutput = {
  ...MOVED,
  operation: operationSchema.nullable().optional(),
};

export const capture = defineTool({
  name: 'capture',
  title: 'Take money that is held',
  description: `Takes money that was authorised: all of it, or a part; the rest is let go. Once for a payment. The amount is in ${MINOR}. Calling it again with the same arguments never captures twice.`,
  annotations: MOVES_MONEY,
  input: z.strictObject({
    payment_id: paymentId,
    amount_minor: amountMinor.optional().describe(`What to take, in ${MINOR}. Default: all that is held.`),
    attempt: NEXT_ATTEMPT,
  }),
  output: z.object({
    ...operationOutput,
    outcome: z.enum(['captured', 'declined', 'failed', 'pending', 'review', 'refused']),
  }),
  async run(args, context) {
    const asked = { paymentId: args.payment_id, amountMinor: args.amount_minor };
    const { attempt: n } = args;
    const { client, budget, signal } = context;
    const work = () => client.capture(asked, { attempt: n, signal });
    const result = budget.isLimited
      ? await withinLimit(budget, { ...(await spendingOf(asked, context)), attempt: `capture ${n}` }, work)
      : await work();
    return { ...tellOf(result), outcome: result.outcome };
  },
});

export const voidPayment = defineTool({
  name: 'void',
  title: 'Let go of money that is held',
  description:
    'Lets go of money that was authorised and not taken. The order cannot be captured any more. Calling it again with the same arguments is safe.',
  annotations: MOVES_MONEY,
  input: z.strictObject({ payment_id: paymentId, attempt: NEXT_ATTEMPT }),
  output: z.object({
    ...operationOutput,
    outcome: z.enum(['voided', 'declined', 'failed', 'pending', 'review', 'refused']),
  }),
  async run(args, { client, signal }) {
    const result = await client.void({ paymentId: args.payment_id }, { attempt: args.attempt, signal });
    return { ...tellOf(result), outcome: result.outcome };
  },
});

/** What the capture counts as: for its order, so that what was authorised in this session does not count twice. */
async function spendingOf(
  asked: { readonly paymentId: string; readonly amountMinor: number | undefined },
  { client, signal }: Context,
): Promise<Omit<Spending, 'attempt'>> {
  const payment = await client.payment(asked.paymentId, { signal });
  if (payment === null) throw new Refusal('payment_not_found', 'There is no such payment.');
  const { orderId, currency, amountMinor: all } = payment;
  return { orderId, currency, amountMinor: asked.amountMinor ?? all };
}

function tellOf(result: CaptureResult | VoidResult) {
  return {
    summary: inWords('replayed' in result ? result : {}, ...sentences(result)),
    ...tellCommonly(result),
    operation: result.operation === null ? null : tellOperation(result.operation),
  };
}

function sentences(result: CaptureResult | VoidResult): string[] {
  switch (result.outcome) {
    case 'captured': {
      const { orderId, amountMinor: asked, capturedMinor, currency } = result.operation;
      return [`Order ${orderId} is paid: ${moneyText(capturedMinor ?? asked, currency)} were taken.`];
    }
    case 'voided':
      return [`The money for order ${result.operation.orderId} is let go. Nothing is paid.`];
    case 'declined':
    case 'failed':
      return [
        `It was not done. ${withoutKeys(result.detail)}`,
        result.safeToRetryWithNewKey
          ? 'Another try is the next "attempt", and only if somebody asks for it.'
          : '',
      ];
    case 'pending':
      return ['It is not known yet whether it is done.', AGAIN];
    case 'review':
      return [result.detail];
    case 'refused':
      return [refusedText(result)];
  }
}
