/** What an operator asks for. */
import type { AnswerName } from '../answers.ts';
import type { BodyName } from '../bodies.ts';
import type { Operation } from '../operation.ts';

interface About {
  readonly name: string;
  readonly resolution: BodyName;
  readonly amount: string;
  readonly moved: number;
  readonly done: string;
  readonly answer: AnswerName;
}

const ABOUT = {
  payment: {
    name: 'Payment',
    resolution: 'PaymentResolution',
    amount: 'amount_captured',
    moved: 10_000,
    done: 'completed',
    answer: 'PaymentNow',
  },
  refund: {
    name: 'Refund',
    resolution: 'RefundResolution',
    amount: 'amount_refunded',
    moved: 4000,
    done: 'succeeded',
    answer: 'RefundNow',
  },
  capture: {
    name: 'Capture',
    resolution: 'CaptureResolution',
    amount: 'amount_captured',
    moved: 10_000,
    done: 'succeeded',
    answer: 'OperationNow',
  },
  void: {
    name: 'Void',
    resolution: 'VoidResolution',
    amount: 'amount_voided',
    moved: 10_000,
    done: 'succeeded',
    answer: 'OperationNow',
  },
} as const satisfies Record<string, About>;

const SOON = 'A worker looks at the gateway at once. Read it again to learn what it found.';

export function review(what: keyof typeof ABOUT): Readonly<Record<'look' | 'resolve', Operation>> {
  const { name, resolution, amount, moved, done, answer } = ABOUT[what];
  const about = what === 'void' ? ({ ofVoid: true } as const) : {};
  const shared = {
    tag: 'Review',
    answers: { 202: answer },
    retriedIfOpen: [202],
    says: { 202: SOON },
    ...about,
  } as const;
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
          [amount]: moved,
        },
      },
      problems: [...problems, 'not_in_review', 'resolution_conflict', 'amount_differs'],
    },
  };
}
