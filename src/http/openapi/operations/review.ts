/** What an operator asks for. */
import type { AnswerName } from '../answers.ts';
import type { BodyName } from '../bodies.ts';
import type { Operation } from '../operation.ts';

interface About {
  readonly name: string;
  readonly resolution: BodyName;
  readonly amount: string;
  readonly done: string;
  readonly answer: AnswerName;
}

const ABOUT = {
  payment: {
    name: 'Payment',
    resolution: 'PaymentResolution',
    amount: 'amount_captured',
    done: 'completed',
    answer: 'PaymentNow',
  },
  refund: {
    name: 'Refund',
    resolution: 'RefundResolution',
    amount: 'amount_refunded',
    done: 'succeeded',
    answer: 'RefundNow',
  },
  capture: {
    name: 'Capture',
    resolution: 'CaptureResolution',
    amount: 'amount_captured',
    done: 'succeeded',
    answer: 'OperationNow',
  },
  void: {
    name: 'Void',
    resolution: 'VoidResolution',
    amount: 'amount_voided',
    done: 'succeeded',
    answer: 'OperationNow',
  },
} as const satisfies Record<string, About>;

export function review(what: keyof typeof ABOUT): Readonly<Record<'look' | 'resolve', Operation>> {
  const { name, resolution, amount, done, answer } = ABOUT[what];
  const about = what === 'void' ? ({ ofVoid: true } as const) : {};
  const shared = { tag: 'Review', answers: { 202: answer }, retriedIfOpen: [202], ...about } as const;
  const missing =
    what === 'payment'
      ? []
      : what === 'refund'
        ? (['refund_not_found'] as const)
        : (['operation_not_found'] as const);
  const problems = ['payment_not_found', ...missing, 'other_gateway', 'under_way'] as const;
  return {
    look: {
      ...shared,
      id: `look${name}UpNow`,
      summary: `Look the ${what} up at the gateway now.`,
      body: { schema: 'LookNowRequest', optional: true, example: { actor: 'amira' } },
      problems: [...problems, 'nothing_to_look_at'],
    },
    resolve: {
      ...shared,
      id: `resolve${name}`,
      summary: `State how the ${what} ended.`,
      body: {
        schema: resolution,
        example: {
          outcome: done,
          evidence: 'seen in the dashboard of the gateway',
          actor: 'amira',
          gateway_ref: 'ch_123',
          [amount]: 10000,
        },
      },
      problems: [...problems, 'not_in_review', 'resolution_conflict', 'amount_differs'],
    },
  };
}
