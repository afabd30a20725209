import { z } from 'zod';
import { paymentNowSchema, tellPaymentNow } from '../tell/payment.ts';
import { defineTool, READS, TOLD } from '../tool.ts';
import { orderId } from './arguments.ts';

const STATUSES = [
  'PROCESSING',
  'AUTHORIZED',
  'COMPLETED',
  'VOIDED',
  'FAILED',
  'UNRESOLVED',
  'REVIEW',
] as const;

export const listPayments = defineTool({
  name: 'list_payments',
  title: 'List payments',
  description:
    'Lists payments, newest first, page by page. Amounts are whole minor units: 1000 is 10.00 USD. Changes nothing. What a customer must do is shown only by "show_payment".',
  annotations: READS,
  input: z.strictObject({
    status: z
      .enum(STATUSES)
      .optional()
      .describe('Only payments with this status. REVIEW: a person must decide.'),
    order_id: orderId.optional().describe('Only the payment of this order.'),
    limit: z.int().min(1).max(100).default(20).describe('How many at most.'),
    cursor: z
      .string()
      .min(1)
      .optional()
      .describe('The "next_cursor" of the page before. Default: the first page.'),
  }),
  output: z.object({
    ...TOLD,
    outcome: z.enum(['found', 'not_read']),
    payments: z.array(paymentNowSchema.omit({ customer_must_act: true })).optional(),
    next_cursor: z
      .string()
      .nullable()
      .optional()
      .describe('Where the next page begins. Null: this is the last one.'),
  }),
  async run({ status, order_id: order, limit, cursor }, { client, signal }) {
    const list = client.payments({ status, orderId: order, pageSize: limit, signal });
    const { things, next } = await list.page(cursor);
    const more = next === null ? 'There are no more.' : 'There are more: call again with "next_cursor".';
    return {
      summary: `${things.length} payments. ${more}`,
      outcome: 'found' as const,
      payments: things.map((payment) => {
        const { customer_must_act: _, ...told } = tellPaymentNow(payment);
        return told;
      }),
      next_cursor: next,
    };
  },
});
