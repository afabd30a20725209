/** Turns rows into the engine's types. Every read of a payment shares this list of columns. */
import type { Doubt, Operation } from '../domain/operation.ts';
import type { FailureProblem } from '../domain/problems.ts';
import type { PaymentRecord, StoredAnswer } from '../ports/store.ts';
import { millisecondsOf } from './columns.ts';
import { safeInteger } from './types.ts';

/** For readers that get no answers: their age does not matter. */
export const ANY_AGE = '0::float8';

/** SQL that reads the frozen answer of operation `alias`. `retention`: SQL for the retention in milliseconds. */
export function answerColumns(alias: string, retention: string, prefix: string): string {
  const freshMs = `${retention} - ${millisecondsOf('now()')} + ${millisecondsOf(`${alias}.settled_at`)}`;
  return `${alias}.problem AS ${prefix}problem,
    CASE WHEN ${freshMs} > 0 THEN ${alias}.answer END AS ${prefix}answer,
    ${freshMs} AS ${prefix}fresh_ms,
    ${alias}.settled_at IS NOT NULL AS ${prefix}settled`;
}

export interface AnswerRow {
  readonly problem: FailureProblem | null;
  readonly answer: string | null;
  readonly fresh_ms: number | null;
}

export function storedAnswer(row: AnswerRow): StoredAnswer | null {
  if (row.answer === null) return null;
  return { problem: row.problem, body: row.answer, freshForMs: row.fresh_ms ?? 0 };
}

/** Everything of a payment and its current operation, by the aliases of both. `retention`: the answers' retention as SQL. */
export function recordColumns(retention: string, p = 'p', o = 'o'): string {
  return `${p}.account_id, ${p}.order_id, ${p}.payment_id, ${p}.amount_minor, ${p}.currency, ${p}.metadata,
    ${p}.gateway, ${p}.charge_n, ${p}.status, ${p}.step, ${p}.attempts, ${p}.doubt,
    ${millisecondsOf(`${p}.doubt_until`)} AS doubt_until,
    ${millisecondsOf(`${p}.first_sent_at`)} AS first_sent_at, ${p}.decline_code, ${p}.lookups,
    ${millisecondsOf(`${p}.unresolved_since`)} AS unresolved_since, ${p}.failure_code, ${p}.gateway_ref, ${p}.absences,
    ${p}.seq, ${p}.fence, ${p}.claim_id, ${p}.held, ${millisecondsOf(`${p}.due_at`)} AS due_at, ${p}.evidence,
    ${millisecondsOf(`${p}.created_at`)} AS created_at, ${millisecondsOf(`${p}.updated_at`)} AS updated_at,
    ${o}.method, ${o}.gateway_key, ${millisecondsOf(`${o}.opened_at`)} AS opened_at, ${o}.opened_wall_ms, ${o}.give_up_after_s,
    ${o}.capture_method,
    ${answerColumns(o, retention, '')}`;
}

/**
 * The join that `recordColumns` reads from. A page is taken from the payments before the join, so that PostgreSQL uses the index of the
 * page, whatever its statistics are.
 */
export function recordTables(payments = 'payonce.payments'): string {
  return `${payments} p JOIN payonce.operations o
    ON o.account_id = p.account_id AND o.payment_id = p.payment_id AND o.kind = 'charge' AND o.n = p.charge_n`;
}

export interface RecordRow extends AnswerRow {
  readonly account_id: string;
  readonly order_id: string;
  readonly payment_id: string;
  /** As text, because a JavaScript number may round it. */
  readonly amount_minor: string;
  readonly currency: string;
  readonly metadata: Record<string, string>;
  readonly gateway: string;
  readonly charge_n: number;
  readonly status: Operation['status'];
  readonly step: Operation['step'];
  readonly attempts: number;
  readonly doubt: Doubt['kind'];
  readonly doubt_until: number | null;
  readonly first_sent_at: number | null;
  readonly decline_code: string | null;
  readonly lookups: number;
  readonly unresolved_since: number | null;
  readonly failure_code: string | null;
  readonly gateway_ref: string | null;
  readonly absences: number;
  readonly seq: number;
  readonly fence: number;
  readonly claim_id: string;
  readonly held: boolean;
  readonly due_at: number | null;
  readonly evidence: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly method: string | null;
  readonly gateway_key: string;
  readonly opened_at: number;
  readonly opened_wall_ms: number | null;
  readonly give_up_after_s: number | null;
  readonly capture_method: 'manual' | null;
}

export function toRecord(row: RecordRow): PaymentRecord {
  return {
    order: {
      accountId: row.account_id,
      orderId: row.order_id,
      amountMinor: safeInteger(row.amount_minor),
      currency: row.currency,
      ...(row.method === null ? {} : { method: row.method }),
      ...(row.capture_method === null ? {} : { captureMethod: row.capture_method }),
      metadata: row.metadata,
    },
    paymentId: row.payment_id,
    gateway: row.gateway,
    operation: toOperation(row),
    gatewayKey: row.gateway_key,
    ...(row.opened_wall_ms === null ? {} : { openedWallMs: row.opened_wall_ms }),
    seq: row.seq,
    fence: row.fence,
    claimId: row.claim_id,
    held: row.held,
    dueAtMs: row.due_at,
    evidence: row.evidence,
    absences: row.absences,
    problem: row.problem,
    answer: storedAnswer(row),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}

function toOperation(row: RecordRow): Operation {
  return {
    kind: 'charge',
    n: row.charge_n,
    status: row.status,
    step: row.step,
    attempts: row.attempts,
    doubt: row.doubt === 'none' ? { kind: 'none' } : { kind: row.doubt, untilMs: row.doubt_until ?? 0 },
    openedAtMs: row.opened_at,
    giveUpAfterS: row.give_up_after_s,
    firstSentAtMs: row.first_sent_at,
    declineCode: row.decline_code,
    lookups: row.lookups,
    unresolvedSinceMs: row.unresolved_since,
    failureCode: row.failure_code,
    gatewayRef: row.gateway_ref,
    ...(row.capture_method === null ? {} : { manual: true }),
  };
}
