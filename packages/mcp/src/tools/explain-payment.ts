import type { FollowUpEvent, Listing, PaymentEvent, PaymentNow } from 'payonce/client';
import { z } from 'zod';
import { factsText, followUpText, modeText, nextText, refundsText, stateText } from '../explain/facts.ts';
import { historyOf, stepSchema, type Trail } from '../explain/history.ts';
import { moneyMoved, moneySchema, paymentNowSchema, tellPaymentNow } from '../tell/payment.ts';
import { type Context, defineTool, READS, TOLD } from '../tool.ts';
import { WHICH } from './arguments.ts';
import { findPayment } from './find.ts';

/** A payment has a handful of refunds, and an outage gives some hundred events. More would not be read. */
const MOST_REFUNDS = 20;
const MOST_EVENTS = 1000;

export const explainPayment = defineTool({
  name: 'explain_payment',
  title: 'Explain what happened to a payment',
  description:
    'Tells the history of a payment in plain words: what is known, whether money moved, and what happens next. With its refunds, its capture and its void. Changes nothing.',
  annotations: READS,
  input: z.strictObject(WHICH),
  output: z.object({
    ...TOLD,
    outcome: z.enum(['found', 'not_read']),
    money_moved: moneySchema.optional(),
    known: z.array(z.string()).optional().describe('What is known now.'),
    next: z.string().optional().describe('What happens next, and who must do something.'),
    history: z.array(stepSchema).optional().describe('Oldest first.'),
    is_whole_history: z.boolean().optional().describe('False: there is more than is told here.'),
    payment: paymentNowSchema.optional(),
  }),
  async run(args, context) {
    const payment = await findPayment(args, context);
    const { trails, sentences, isWhole } = await read(payment, context);
    const known = [stateText(payment), modeText(payment), refundsText(payment), ...sentences];
    return {
      summary: factsText(payment),
      outcome: 'found' as const,
      money_moved: moneyMoved(payment),
      known: known.filter((text) => text !== ''),
      next: nextText(payment),
      history: historyOf(trails),
      is_whole_history: isWhole,
      payment: tellPaymentNow(payment),
    };
  },
});

interface Story {
  readonly trails: readonly Trail[];
  /** About each refund, the capture and the void. */
  readonly sentences: readonly string[];
  readonly isWhole: boolean;
}

async function read({ paymentId: id, captureMethod }: PaymentNow, context: Context): Promise<Story> {
  const { client, signal } = context;
  const refunds = await client.refunds(id, { pageSize: MOST_REFUNDS, signal }).page();
  const isHeldFirst = captureMethod === 'manual';
  const operations = isHeldFirst
    ? [await client.findCapture(id, { signal }), await client.findVoid(id, { signal })]
    : [];
  const made = operations.flatMap((each) => (each === null ? [] : [each]));
  const trails = [await trailOf('payment', client.events(id, { signal }))];
  for (const { operation } of made) {
    const events =
      operation === 'capture' ? client.captureEvents(id, { signal }) : client.voidEvents(id, { signal });
    trails.push(await trailOf(operation, events));
  }
  for (const { refundId } of refunds.things)
    trails.push(await trailOf(`refund ${refundId}`, client.refundEvents(id, refundId, { signal })));
  return {
    trails,
    sentences: [...made, ...refunds.things].map(followUpText),
    isWhole: refunds.next === null && trails.every(({ isWhole }) => isWhole),
  };
}

/** The oldest events, as many as are told. */
async function trailOf(
  about: string,
  list: Listing<PaymentEvent> | Listing<FollowUpEvent>,
): Promise<Trail & { readonly isWhole: boolean }> {
  const events: (PaymentEvent | FollowUpEvent)[] = [];
  for await (const event of list) {
    if (events.length === MOST_EVENTS) return { about, events, isWhole: false };
    events.push(event);
  }
  return { about, events, isWhole: true };
}
