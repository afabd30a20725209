import { z } from 'zod';
import { tellCommonly } from '../tell/outcome.ts';
import { defineTool, TOLD } from '../tool.ts';
import { paymentId } from './arguments.ts';

export const lookNow = defineTool({
  name: 'look_now',
  title: 'Have a payment looked up at the gateway now',
  description:
    'Has a payment, a refund, a capture or a void looked up at the gateway at once. It moves no money, and does not wait for the lookup: read the payment afterwards. The key needs the scope "review".',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    payment_id: paymentId,
    refund_id: z.string().min(1).optional().describe('The refund to look up. Default: the payment itself.'),
    operation: z
      .enum(['capture', 'void'])
      .optional()
      .describe('The last capture or void to look up. Not together with "refund_id".'),
  }),
  output: z.object({
    ...TOLD,
    reason: z.string().optional(),
    outcome: z.enum(['accepted', 'pending', 'refused']),
  }),
  async run({ payment_id: id, refund_id: refundId, operation }, { client, signal }) {
    const result = await client.lookNow(id, { refundId, operation, actor: 'an agent', signal });
    const common = { ...tellCommonly(result), outcome: result.outcome };
    switch (result.outcome) {
      case 'accepted':
        return { summary: 'It is looked up now. Read the payment to see what comes of it.', ...common };
      case 'pending':
        return { summary: 'It is not known whether the request was taken. Repeating it is safe.', ...common };
      case 'refused':
        return { summary: `Nothing was looked up. ${result.detail}`, ...common };
    }
  },
});
