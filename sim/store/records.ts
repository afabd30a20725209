/** Rows as the port's readers see them. */
import type { BoundKey, PaymentRecord, StoredAnswer } from '../../src/ports/store.ts';
import { operationOf } from './committed.ts';
import type { OperationRow, RequestRow, Row } from './rows.ts';

/** The operation's frozen answer, unless it has expired; `retentionMs` 0: readers are shown none. */
export function answerOf(
  operation: Pick<OperationRow, 'answer' | 'settledAtMs' | 'problem'> | undefined,
  nowMs: number,
  retentionMs: number,
): StoredAnswer | null {
  if (operation === undefined || operation.answer === null || operation.settledAtMs === null) return null;
  const freshForMs = retentionMs - nowMs + operation.settledAtMs;
  return freshForMs > 0 ? { problem: operation.problem, body: operation.answer, freshForMs } : null;
}

export function recordOf(row: Row, nowMs: number, retentionMs: number): PaymentRecord {
  const operation = operationOf(row, row.payment.operation.n);
  return {
    ...row.payment,
    gatewayKey: operation?.gatewayKey ?? '',
    ...withWallClock(operation?.openedWallMs ?? null),
    problem: operation?.problem ?? null,
    answer: answerOf(operation, nowMs, retentionMs),
  };
}

function withWallClock(openedWallMs: number | null): Pick<PaymentRecord, 'openedWallMs'> {
  return openedWallMs === null ? {} : { openedWallMs };
}

/** `row`: the payment that the key is bound to, if it is there. */
export function boundKey(
  request: RequestRow,
  row: Row | undefined,
  nowMs: number,
  retentionMs: number,
): BoundKey {
  const operation = operationOf(row, request.chargeN);
  const answer = answerOf(operation, nowMs, retentionMs);
  const settled = operation !== undefined && operation.settledAtMs !== null;
  return {
    fingerprint: request.fingerprint,
    chargeN: request.chargeN,
    started: request.started,
    answer,
    expired: settled && answer === null,
  };
}
