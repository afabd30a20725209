/** `POST /v1/payments`. */
import { unlessAborted } from './abort.ts';
import type { ChargeInput, ChargeOptions, ChargeResult } from './charge-types.ts';
import type { Answer, Line, Problem } from './exchange.ts';
import { mustBe, NotBelieved } from './fields.ts';
import { jsonOf, mustBeAmount, mustBeFunction, mustBeText, refuseUnknown } from './input.ts';
import { failureCodeOf, judgeBy, nothingSent } from './judge.ts';
import { type NextAction, type Payment, readPayment } from './payment.ts';
import { DEFAULT_RETRY_AFTER_MS, persist, type Verdict } from './persist.ts';
import { keyOf, patienceOf } from './try.ts';

const INPUT = [
  'orderId',
  'amountMinor',
  'currency',
  'method',
  'metadata',
  'giveUpAfterS',
  'captureMethod',
] as const satisfies readonly (keyof ChargeInput)[];
const OPTIONS = [
  'attempt',
  'idempotencyKey',
  'deadlineMs',
  'signal',
  'onNextAction',
] as const satisfies readonly (keyof ChargeOptions)[];

export async function charge(
  line: Line,
  input: ChargeInput,
  options: ChargeOptions = {},
): Promise<ChargeResult> {
  refuseUnknown('The order', input, INPUT);
  refuseUnknown('The options', options, OPTIONS);
  const { orderId, amountMinor, currency, captureMethod = 'automatic' } = input;
  mustBeText('orderId', orderId);
  mustBeAmount('amountMinor', amountMinor);
  mustBeText('currency', currency);
  const patience = patienceOf(line, options);
  const act = actor(options);
  const body = bodyOf(input);
  // From here on, neither is read again: the caller may already fill it with the next order.
  const key = await keyOf('charge', orderId, options);
  const asked: Asked = { orderId, amountMinor, currency, captureMethod, key, act };
  return persist<ChargeResult>(
    line,
    {
      request: { method: 'POST', path: '/v1/payments', body, key },
      judge: judgeBy({
        answer: (answer) => judgeAnswer(answer, asked),
        problem: (problem) => judgeProblem(problem, asked),
      }),
      refused: (problem) => ({ ...nothingSent(problem), payment: paymentIn(problem, asked) }),
      notHeard: (told) => ({ outcome: 'pending', ...told, payment: null, idempotencyKey: key }),
    },
    patience,
  );
}

/** What the answer must be about. */
interface Asked
  extends Required<Pick<ChargeInput, 'orderId' | 'amountMinor' | 'currency' | 'captureMethod'>> {
  readonly key: string;
  /** Null: nobody acts. */
  readonly act: ((action: NextAction, payment: Payment) => Promise<void>) | null;
}

/** Tells the caller of each action once. */
function actor({ onNextAction, signal }: ChargeOptions): Asked['act'] {
  mustBeFunction('onNextAction', onNextAction);
  if (onNextAction === undefined) return null;
  const told = new Set<string>();
  return async (action, payment) => {
    const text = JSON.stringify(action);
    if (told.has(text)) return;
    told.add(text);
    await unlessAborted(signal, Promise.resolve(onNextAction(action, payment)));
  };
}

function bodyOf(input: ChargeInput): string {
  return jsonOf({
    order_id: input.orderId,
    amount: input.amountMinor,
    currency: input.currency,
    method: input.method,
    metadata: input.metadata,
    give_up_after_s: input.giveUpAfterS,
    capture_method: input.captureMethod,
  });
}

function judgeAnswer({ status, body, replayed }: Answer, asked: Asked): Verdict<ChargeResult> {
  const payment = readPayment(body);
  mustBeOurs(payment, asked);
  if (status === 202) return judgeUnsettled(payment, asked);
  if (status !== 200 && status !== 201) throw new NotBelieved(`its status is ${status}`);
  switch (payment.status) {
    case 'COMPLETED':
      return end({ outcome: 'paid', payment: { ...payment, status: 'COMPLETED' }, replayed });
    case 'AUTHORIZED':
      return end({ outcome: 'authorized', payment: { ...payment, status: 'AUTHORIZED' }, replayed });
    case 'VOIDED':
      return end({ outcome: 'released', payment: { ...payment, status: 'VOIDED' }, replayed });
    default:
      throw new NotBelieved(`a payment that is ${payment.status} has no answer ${status}`);
  }
}

/** Whether it is about what was asked for. Another order's answer, or another amount's, is none. */
function mustBeOurs(payment: Payment, asked: Asked): void {
  mustBe('order', payment.orderId, asked.orderId);
  mustBe('amount', payment.amountMinor, asked.amountMinor);
  mustBe('currency', payment.currency, asked.currency);
  mustBe('capture method', payment.captureMethod ?? 'automatic', asked.captureMethod);
}

function judgeUnsettled(payment: Payment, { key, act }: Asked): Verdict<ChargeResult> {
  const retryAfterMs = payment.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  const open = { payment, retryAfterMs, idempotencyKey: key };
  switch (payment.status) {
    case 'REVIEW': {
      const detail = `A person must decide about payment ${payment.paymentId}. Do not charge the order in another way.`;
      return end({ outcome: 'review', reason: payment.failureCode ?? 'review', detail, ...open });
    }
    case 'PROCESSING':
    case 'UNRESOLVED':
    case 'FAILED':
      break;
    default:
      throw new NotBelieved(`a payment that is ${payment.status} has no answer 202`);
  }
  const { nextAction } = payment;
  if (nextAction !== null) {
    const detail = `The customer must act before payment ${payment.paymentId} can go on. Then ask again with the same order and key.`;
    const result = { outcome: 'pending', reason: 'customer_must_act', detail, nextAction, ...open } as const;
    if (act === null) return end(result);
    return { kind: 'open', result, retryAfterMs, act: () => act(nextAction, payment) };
  }
  const reason = payment.status === 'FAILED' ? 'in_doubt' : 'in_progress';
  const detail = `It is not proved yet how payment ${payment.paymentId} ends. Ask again with the same order and key.`;
  return { kind: 'open', result: { outcome: 'pending', reason, detail, ...open }, retryAfterMs };
}

const FAILURES = ['card_declined', 'gateway_failed'] as const;

function judgeProblem(problem: Problem, asked: Asked): Verdict<ChargeResult> | null {
  const payment = paymentIn(problem, asked);
  const code = failureCodeOf(problem.code, FAILURES);
  if (code === null) return null;
  if (payment?.status !== 'FAILED') throw new NotBelieved('its code does not fit its payment');
  mustBeOurs(payment, asked);
  return end({
    outcome: code === 'card_declined' ? 'declined' : 'failed',
    payment: { ...payment, status: 'FAILED' },
    code,
    detail: problem.detail,
    safeToRetryWithNewKey: payment.safeToRetryWithNewKey,
    replayed: problem.replayed,
  });
}

/** The order's payment, if the problem is about one. Its terms may be others: then the problem says so. */
function paymentIn({ body }: Problem, { orderId }: Asked): Payment | null {
  if (body.payment_status === undefined) return null;
  const payment = readPayment(body, 'payment_status');
  mustBe('order', payment.orderId, orderId);
  return payment;
}

function end(result: ChargeResult): Verdict<ChargeResult> {
  return { kind: 'end', result };
}
