/** `POST /v1/payments/{payment_id}/capture` and `/void`. */
import type { Answer, Line, Problem } from './exchange.ts';
import { mustBe, NotBelieved } from './fields.ts';
import { jsonOf, mustBeAmount, mustBePaymentId, refuseUnknown } from './input.ts';
import { failureCodeOf, judgeBy, nothingSent } from './judge.ts';
import { type CaptureOrVoid, type OperationKind, readOperation } from './operation.ts';
import type {
  CaptureInput,
  CaptureResult,
  OperationNotDone,
  OperationOptions,
  VoidInput,
  VoidResult,
} from './operation-types.ts';
import type { Told } from './outcomes.ts';
import { paymentPath } from './paths.ts';
import { DEFAULT_RETRY_AFTER_MS, persist, type Verdict } from './persist.ts';
import { keyOf, patienceOf } from './try.ts';

export async function capture(
  line: Line,
  input: CaptureInput,
  options?: OperationOptions,
): Promise<CaptureResult> {
  const result = await operate(line, 'capture', input, options);
  return result.outcome === 'done' ? { ...result, outcome: 'captured' } : result;
}

export async function voidPayment(
  line: Line,
  input: VoidInput,
  options?: OperationOptions,
): Promise<VoidResult> {
  const result = await operate(line, 'void', input, options);
  return result.outcome === 'done' ? { ...result, outcome: 'voided' } : result;
}

interface Done extends Told {
  readonly outcome: 'done';
  readonly operation: CaptureOrVoid & { readonly status: 'SUCCEEDED' };
}

type Result = Done | OperationNotDone;

const INPUT = { capture: ['paymentId', 'amountMinor', 'metadata'], void: ['paymentId', 'metadata'] } as const;
const OPTIONS = ['attempt', 'idempotencyKey', 'deadlineMs', 'signal'];

async function operate(
  line: Line,
  kind: OperationKind,
  input: CaptureInput,
  options: OperationOptions = {},
): Promise<Result> {
  refuseUnknown(`The ${kind}`, input, INPUT[kind]);
  refuseUnknown('The options', options, OPTIONS);
  const { amountMinor, metadata } = input;
  const paymentId = mustBePaymentId(input.paymentId);
  if (amountMinor !== undefined) mustBeAmount('amountMinor', amountMinor);
  const patience = patienceOf(line, options);
  const body = jsonOf({ amount: amountMinor, metadata });
  const key = await keyOf(kind, paymentId, options);
  const asked: Asked = { kind, paymentId, amountMinor, key };
  return persist<Result>(
    line,
    {
      request: { method: 'POST', path: paymentPath(paymentId, kind), body, key },
      judge: judgeBy({
        answer: (answer) => judgeAnswer(answer, asked),
        problem: (problem) => judgeProblem(problem, asked),
      }),
      refused: (problem) => ({ ...nothingSent(problem), operation: operationIn(problem, asked) }),
      notHeard: (told) => ({ outcome: 'pending', ...told, operation: null, idempotencyKey: key }),
    },
    patience,
  );
}

interface Asked {
  readonly kind: OperationKind;
  readonly paymentId: string;
  /** Undefined: all that is held. */
  readonly amountMinor: number | undefined;
  readonly key: string;
}

function judgeAnswer({ status, body, replayed }: Answer, asked: Asked): Verdict<Result> {
  const operation = readOperation(body);
  mustBeOurs(operation, asked);
  if (status === 202) return judgeUnsettled(operation, asked);
  if ((status !== 200 && status !== 201) || operation.status !== 'SUCCEEDED')
    throw new NotBelieved(`a ${asked.kind} that is ${operation.status} has no answer ${status}`);
  return end({ outcome: 'done', operation: { ...operation, status: 'SUCCEEDED' }, replayed });
}

function mustBeOurs(operation: CaptureOrVoid, { kind, paymentId, amountMinor }: Asked): void {
  mustBe('payment', operation.paymentId, paymentId);
  mustBe('operation', operation.operation, kind);
  if (amountMinor !== undefined) mustBe('amount', operation.amountMinor, amountMinor);
}

function judgeUnsettled(operation: CaptureOrVoid, { kind, paymentId, key }: Asked): Verdict<Result> {
  const { status, failureCode } = operation;
  const retryAfterMs = operation.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  const open = { operation, retryAfterMs, idempotencyKey: key };
  if (status === 'REVIEW') {
    const detail = `A person must decide about the ${kind} of payment ${paymentId}.`;
    return end({ outcome: 'review', reason: failureCode ?? 'review', detail, ...open });
  }
  const reason = status === 'FAILED' ? 'in_doubt' : 'in_progress';
  const detail = `It is not proved yet how the ${kind} of payment ${paymentId} ends. Ask again with the same arguments.`;
  return { kind: 'open', result: { outcome: 'pending', reason, detail, ...open }, retryAfterMs };
}

const FAILURES = {
  capture: ['capture_declined', 'gateway_failed', 'payment_not_capturable'],
  void: ['void_declined', 'gateway_failed', 'payment_not_voidable'],
} as const;

function judgeProblem(problem: Problem, asked: Asked): Verdict<Result> | null {
  const operation = operationIn(problem, asked);
  const code = failureCodeOf(problem.code, FAILURES[asked.kind]);
  if (code === null) return null;
  if (operation?.status !== 'FAILED') {
    // These two also refuse a request. Then there is no operation that has failed.
    if (code === 'payment_not_capturable' || code === 'payment_not_voidable') return null;
    throw new NotBelieved(`its code does not fit its ${asked.kind}`);
  }
  mustBeOurs(operation, asked);
  return end({
    outcome: code === 'capture_declined' || code === 'void_declined' ? 'declined' : 'failed',
    operation: { ...operation, status: 'FAILED' },
    code,
    detail: problem.detail,
    safeToRetryWithNewKey: operation.safeToRetryWithNewKey,
    replayed: problem.replayed,
  });
}

/** The payment's capture or void, if the problem is about one. It may be the other of the two. */
function operationIn({ body }: Problem, { paymentId }: Asked): CaptureOrVoid | null {
  if (body.operation_status === undefined) return null;
  const operation = readOperation(body, 'operation_status');
  mustBe('payment', operation.paymentId, paymentId);
  return operation;
}

function end(result: Result): Verdict<Result> {
  return { kind: 'end', result };
}
