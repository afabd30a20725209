/** What ends an authorisation: `capture` and `void`. */
import type { CaptureResult, PayonceClient, VoidResult } from 'payonce/client';
import { z } from 'zod';
import type { Spent } from '../budget.ts';
import { Refusal } from '../failure.ts';
import { operationSchema, tellOperation } from '../tell/follow-up.ts';
import { AGAIN, inWords, MOVED, refusedText, tellCommonly, withoutKeys } from '../tell/outcome.ts';
import { MINOR } from '../tell/payment.ts';
import { moneyText } from '../tell/time.ts';
import { type Context, defineTool, MOVES_MONEY } from '../tool.ts';
import { amountMinor, attempt, paymentId } from './arguments.ts';

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
    const result = await withinLimit(context, { ...asked, attempt: `capture ${n}` }, () =>
      context.client.capture(asked, { attempt: n, signal: context.signal }),
    );
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

interface Capture {
  readonly paymentId: string;
  readonly amountMinor: number | undefined;
  readonly attempt: string;
}

/** Counts the capture for its order. What was authorised in this session counts already, and does not count twice. */
async function withinLimit(
  { client, budget, signal }: Context,
  { paymentId: id, amountMinor: amount, attempt: n }: Capture,
  work: () => ReturnType<PayonceClient['capture']>,
): Promise<CaptureResult> {
  if (!budget.isLimited) return work();
  const payment = await client.payment(id, { signal });
  if (payment === null) throw new Refusal('payment_not_found', 'There is no such payment.');
  const { orderId, currency, amountMinor: all } = payment;
  const spending = { orderId, currency, amountMinor: amount ?? all, attempt: n };
  const excess = budget.begin(spending);
  if (excess !== null) throw new Refusal('session_limit', excess);
  let spent: Spent = 'perhaps';
  try {
    const result = await work();
    if (result.outcome === 'refused') spent = 'nothing_sent';
    if (result.outcome === 'declined' || result.outcome === 'failed') spent = 'nothing';
    return result;
  } finally {
    budget.done(spending, spent);
  }
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
