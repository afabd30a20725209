/** `POST /v1/payments/{payment_id}/refunds`. */
import { PayonceInputError } from './errors.ts';
import type { Answer, Line, Problem } from './exchange.ts';
import { mustBe, NotBelieved } from './fields.ts';
import {
  jsonOf,
  mustBeAmount,
  mustBePaymentId,
  mustBePrintable,
  mustBeText,
  refuseUnknown,
} from './input.ts';
import { failureCodeOf, judgeBy, nothingSent } from './judge.ts';
import { paymentPath } from './paths.ts';
import { DEFAULT_RETRY_AFTER_MS, persist, type Verdict } from './persist.ts';
import { type Refund, readRefund } from './refund.ts';
import type { RefundInput, RefundOptions, RefundResult } from './refund-types.ts';
import { patienceOf } from './try.ts';

const INPUT = [
  'paymentId',
  'amountMinor',
  'refundId',
  'idempotencyKey',
  'reason',
  'metadata',
] as const satisfies readonly (keyof RefundInput)[];

export async function refund(
  line: Line,
  input: RefundInput,
  options: RefundOptions = {},
): Promise<RefundResult> {
  refuseUnknown('The refund', input, INPUT);
  refuseUnknown('The options', options, ['deadlineMs', 'signal']);
  const { amountMinor, refundId, idempotencyKey, reason, metadata } = input;
  const paymentId = mustBePaymentId(input.paymentId);
  if (amountMinor !== undefined) mustBeAmount('amountMinor', amountMinor);
  if (refundId !== undefined) mustBeText('refundId', refundId);
  if (idempotencyKey !== undefined) mustBePrintable('idempotencyKey', idempotencyKey);
  if (refundId === undefined && idempotencyKey === undefined)
    throw new PayonceInputError(
      'Give the refund a refundId or an idempotencyKey, so that it is made once. Nothing was sent.',
    );
  const asked: Asked = { paymentId, refundId, amountMinor };
  return persist<RefundResult>(
    line,
    {
      request: {
        method: 'POST',
        path: paymentPath(paymentId, 'refunds'),
        body: jsonOf({ amount: amountMinor, refund_id: refundId, reason, metadata }),
        ...(idempotencyKey === undefined ? {} : { key: idempotencyKey }),
      },
      judge: judgeBy({
        answer: (answer) => judgeAnswer(answer, asked),
        problem: (problem) => judgeProblem(problem, asked),
      }),
      refused: (problem) => ({ ...nothingSent(problem), refund: refundIn(problem, asked) }),
      notHeard: (told) => ({ outcome: 'pending', ...told, refund: null }),
    },
    patienceOf(line, options),
  );
}

interface Asked {
  readonly paymentId: string;
  /** Undefined: the server makes it from the key. */
  readonly refundId: string | undefined;
  /** Undefined: all that is left. */
  readonly amountMinor: number | undefined;
}

function judgeAnswer({ status, body, replayed: keySeen }: Answer, asked: Asked): Verdict<RefundResult> {
  const refund = readRefund(body);
  // 200: the name was there before. A refund that its name alone identifies has no key that could say so.
  const replayed = keySeen || status === 200;
  mustBeOurs(refund, asked);
  const retryAfterMs = refund.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  if (status === 202) return judgeUnsettled(refund, retryAfterMs);
  if (status !== 200 && status !== 201) throw new NotBelieved(`its status is ${status}`);
  switch (refund.status) {
    case 'SUCCEEDED':
      return end({ outcome: 'refunded', refund: { ...refund, status: 'SUCCEEDED' }, replayed });
    case 'PENDING':
      return end({ outcome: 'accepted', refund: { ...refund, status: 'PENDING' }, retryAfterMs, replayed });
    default:
      throw new NotBelieved(`a refund that is ${refund.status} has no answer ${status}`);
  }
}

function mustBeOurs(refund: Refund, asked: Asked): void {
  mustBeNamed(refund, asked);
  if (asked.amountMinor !== undefined) mustBe('amount', refund.amountMinor, asked.amountMinor);
}

function mustBeNamed(refund: Refund, { paymentId, refundId }: Asked): void {
  mustBe('payment', refund.paymentId, paymentId);
  if (refundId !== undefined) mustBe('refund', refund.refundId, refundId);
}

function judgeUnsettled(refund: Refund, retryAfterMs: number): Verdict<RefundResult> {
  const { refundId, status, failureCode } = refund;
  if (status === 'REVIEW') {
    const detail = `A person must decide about refund ${refundId}. Do not refund in another way.`;
    return end({ outcome: 'review', reason: failureCode ?? 'review', detail, refund, retryAfterMs });
  }
  const reason = status === 'FAILED' ? 'in_doubt' : 'in_progress';
  const detail = `It is not proved yet how refund ${refundId} ends. Ask again with the same arguments.`;
  return { kind: 'open', result: { outcome: 'pending', reason, detail, refund, retryAfterMs }, retryAfterMs };
}

const FAILURES = [
  'refund_declined',
  'gateway_failed',
  'refund_exceeds_captured',
  'earlier_refund_found',
] as const;

function judgeProblem(problem: Problem, asked: Asked): Verdict<RefundResult> | null {
  const refund = refundIn(problem, asked);
  const code = failureCodeOf(problem.code, FAILURES);
  // Without a refund, this one only refuses the request.
  if (code === null || (code === 'refund_exceeds_captured' && refund === null)) return null;
  if (refund?.status !== 'FAILED') throw new NotBelieved('its code does not fit its refund');
  mustBeOurs(refund, asked);
  return end({
    outcome: code === 'refund_declined' ? 'declined' : 'failed',
    refund: { ...refund, status: 'FAILED' },
    code,
    detail: problem.detail,
    safeToRetryWithNewKey: refund.safeToRetryWithNewKey,
    replayed: problem.replayed,
  });
}

/** The refund of this name, if the problem is about it. Its amount may be another: then the problem says so. */
function refundIn({ body }: Problem, asked: Asked): Refund | null {
  if (body.refund_status === undefined) return null;
  const refund = readRefund(body, 'refund_status');
  mustBeNamed(refund, asked);
  return refund;
}

function end(result: RefundResult): Verdict<RefundResult> {
  return { kind: 'end', result };
}
