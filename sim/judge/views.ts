/** Compares what a client gets about a payment, field by field, with what was committed. */
import { isSettled as hasEnded } from '../../src/domain/operation.ts';
import type { Payment } from '../../src/domain/payment.ts';
import type { OperationRow, Row } from '../store/database.ts';
import type { State } from './book.ts';

type PaymentRow = Row['payment'];

/** The most by which the engine's estimate of a due time may differ from the database's. */
const ESTIMATE_MS = 15_000;
/** The bounds of `retryAfterMs`. */
const COME_BACK_MS = { least: 1000, most: 60_000 } as const;

/** The longest pause between two probes while calls to a gateway are stopped. */
const LONGEST_STOP_MS = 60_000;

interface ViewContext {
  readonly steadyClocks: boolean;
  /** When it was shown, by the database's clock. */
  readonly databaseNowMs: number;
}

/** What is wrong with the payment that was shown. Null: it matches one of these states. */
export function wrongView(payment: Payment, states: readonly State[], context: ViewContext): string | null {
  const same = states.filter(({ seq }) => seq === payment.seq);
  if (same.length === 0) return `seq ${payment.seq}, which never was`;
  const wrongs = same.map((state) => firstDifference(payment, state.row, context));
  return wrongs.includes(null) ? null : (wrongs.at(-1) ?? null);
}

function firstDifference(
  payment: Payment,
  row: PaymentRow,
  { steadyClocks, databaseNowMs }: ViewContext,
): string | null {
  const { operation, order } = row;
  const isSettled = hasEnded(operation.status);
  const wanted: Partial<Record<keyof Payment, unknown>> = {
    paymentId: row.paymentId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    status: operation.status,
    captureMethod: order.captureMethod,
    attempts: operation.attempts,
    failureCode: operation.failureCode,
    gateway: row.gateway,
    livemode: true,
    gatewayRef: operation.gatewayRef,
    chargeN: operation.n,
    inDoubt: row.evidence > 0,
    createdAtMs: row.createdAtMs,
    updatedAtMs: row.updatedAtMs,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const told = payment[name as keyof Payment];
    if (told !== value) return `${name} ${String(told)} at ${payment.seq}, and it was ${String(value)}`;
  }
  if (payment.metadata.request !== order.metadata.request) return 'the notes of another request';
  const { retryAfterMs, nextAttemptAtMs } = payment;
  if ((retryAfterMs === null) !== isSettled) return `retryAfterMs ${retryAfterMs} while ${operation.status}`;
  if (retryAfterMs !== null && (retryAfterMs < COME_BACK_MS.least || retryAfterMs > COME_BACK_MS.most))
    return `retryAfterMs ${retryAfterMs}`;
  const dueAtMs = isSettled || row.held ? null : row.dueAtMs;
  if ((nextAttemptAtMs === null) !== (dueAtMs === null))
    return `nextAttemptAtMs ${nextAttemptAtMs} at ${payment.seq}, and it was ${dueAtMs}`;
  if (!steadyClocks || nextAttemptAtMs === null || dueAtMs === null) return null;
  if (nextAttemptAtMs < dueAtMs - ESTIMATE_MS)
    return `nextAttemptAtMs ${dueAtMs - nextAttemptAtMs} ms too early`;
  // An overdue payment is shown as due now. If calls to its gateway are stopped, it is shown as due later.
  const latestMs = Math.max(dueAtMs, databaseNowMs + LONGEST_STOP_MS) + ESTIMATE_MS;
  return nextAttemptAtMs > latestMs ? `nextAttemptAtMs ${nextAttemptAtMs - latestMs} ms too late` : null;
}

/**
 * What is wrong with an answer that was just frozen. Null: it shows what was committed with it. `amnesia`: the database has lost commits. It may have
 * got the same intent twice since, and the process remembers when that was for the first time.
 */
export function wrongBody(
  { answer, problem }: OperationRow,
  { operation, order, ...row }: PaymentRow,
  { amnesia }: { readonly amnesia: boolean },
): string | null {
  const body = JSON.parse(answer ?? 'null') as Record<string, unknown> | null;
  if (body === null) return 'no answer was frozen';
  const failed = problem !== null;
  const wanted: Record<string, unknown> = {
    payment_id: row.paymentId,
    order_id: order.orderId,
    amount: order.amountMinor,
    currency: order.currency,
    attempts: operation.attempts,
    failure_code: operation.failureCode,
    gateway: row.gateway,
    gateway_ref: operation.gatewayRef,
    livemode: true,
    safe_to_retry_with_new_key: operation.status === 'FAILED' && row.evidence === 0,
    [failed ? 'payment_status' : 'status']: operation.status,
    ...(amnesia ? {} : { created_at: new Date(row.createdAtMs).toISOString() }),
    updated_at: new Date(row.updatedAtMs).toISOString(),
    ...(failed ? { code: problem, status: problem === 'card_declined' ? 402 : 502 } : {}),
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (body[name] !== value) return `${name} is ${String(body[name])}, and it was ${String(value)}`;
  }
  return 'retry_after_ms' in body ? 'it tells to come back' : null;
}

/** Whether a final answer has another amount or currency than its request. */
export function wrongTerms(
  body: Record<string, unknown>,
  asked: { readonly amountMinor: number; readonly currency: string },
): boolean {
  return body.amount !== asked.amountMinor || body.currency !== asked.currency;
}
