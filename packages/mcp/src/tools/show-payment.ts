import { z } from 'zod';
import { factsText } from '../explain/facts.ts';
import { paymentNowSchema, tellPaymentNow } from '../tell/payment.ts';
import { defineTool, READS, TOLD } from '../tool.ts';
import { WHICH } from './arguments.ts';
import { findPayment } from './find.ts';

export const showPayment = defineTool({
  name: 'show_payment',
  title: 'Show a payment',
  description:
    'Shows a payment as it is now, with what became of its money and what may be done. Amounts are whole minor units: 1000 is 10.00 USD. Changes nothing.',
  annotations: READS,
  input: z.strictObject(WHICH),
  output: z.object({
    ...TOLD,
    outcome: z.enum(['found', 'not_read']),
    payment: paymentNowSchema.optional(),
  }),
  async run(args, context) {
    const payment = await findPayment(args, context);
    return { summary: factsText(payment), outcome: 'found' as const, payment: tellPaymentNow(payment) };
  },
});
