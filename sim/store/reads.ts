/** The reads of the port, over what is committed; see `src/postgres/situation.ts`, `work.ts` and `queries.ts`. */

import { isSettled } from '../../src/domain/operation.ts';
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type {
  ChargeName,
  ChargePage,
  ChargeToVerify,
  DuePayments,
  DueQuery,
  EventsQuery,
  GatewayAddress,
  Mode,
  OpenElsewhere,
  PaymentKey,
  PaymentRecord,
  PaymentsQuery,
  Situation,
  SituationQuery,
  StoredAnswer,
} from '../../src/ports/store.ts';
import { operationOf, rowById, within } from './committed.ts';
import { answerOf, boundKey, recordOf } from './records.ts';
import type { EvidenceRow, PaymentRow, Row } from './rows.ts';
import type { Context } from './statement.ts';

export function situation(context: Context, query: SituationQuery): Situation {
  const { committed, nowMs, retentionMs } = context;
  const { accountId, orderId, keyHash } = query;
  const row = committed.rows.get(within(accountId, orderId));
  const request = keyHash === null ? undefined : committed.requests.get(within(accountId, keyHash));
  return {
    nowMs,
    key:
      request === undefined
        ? null
        : boundKey(request, rowById(committed, accountId, request.paymentId), nowMs, retentionMs),
    payment: row === undefined ? null : recordOf(row, nowMs, retentionMs),
  };
}

export function due(context: Context, query: DueQuery): DuePayments {
  const { committed, nowMs, retentionMs } = context;
  const found: { readonly row: Row; readonly dueAtMs: number }[] = [];
  for (const row of committed.rows.values()) {
    const { dueAtMs } = row.payment;
    if (dueAtMs !== null && isDue(row.payment, query, nowMs)) found.push({ row, dueAtMs });
  }
  found.sort((a, b) => a.dueAtMs - b.dueAtMs);
  const payments = found.slice(0, query.limit).map(({ row }) => recordOf(row, nowMs, retentionMs));
  return { nowMs, longestLeaseMs: committed.longestLeaseMs, payments };
}

/** Whether a sweep with this query gets it. */
export function isDue(
  {
    dueAtMs,
    gateway,
    operation,
    evidence,
  }: Pick<PaymentRow, 'dueAtMs' | 'gateway' | 'operation' | 'evidence'>,
  { gateway: ours, calls, lookupsOverdueMs }: DueQuery,
  nowMs: number,
): boolean {
  if (dueAtMs === null || dueAtMs > nowMs || gateway !== ours) return false;
  const isOther = operation.step !== 'call' || evidence > 0;
  if (!isOther) return typeof calls === 'boolean' ? calls : dueAtMs < calls.dueBeforeMs;
  return evidence > 0 || nowMs - dueAtMs >= (lookupsOverdueMs ?? 0);
}

export function mode({ committed }: Context): Mode {
  return { livemode: committed.livemode, final: committed.rows.size > 0 };
}

export function openElsewhere(context: Context, ours: string): readonly OpenElsewhere[] {
  return [...openByGateway(context)]
    .filter(([gateway]) => gateway !== ours)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([gateway, count]) => ({ gateway, count }));
}

export function gatewayAddress(context: Context, gateway: string): GatewayAddress {
  const address = context.committed.addresses.get(gateway) ?? null;
  return { address, open: openByGateway(context).get(gateway) ?? 0 };
}

function openByGateway({ committed }: Context): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const payments = [...committed.rows.values()].map(({ payment }) => payment);
  // One that has ended is only watched.
  const followUps = [...committed.followUps.values()]
    .map(({ state }) => state)
    .filter(({ operation }) => !isSettled(operation.status));
  for (const { gateway, dueAtMs } of [...payments, ...followUps]) {
    if (dueAtMs !== null) counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  }
  return counts;
}

export function chargesToVerify(
  { committed }: Context,
  payment: PaymentKey,
  { afterN, limit }: ChargePage,
): readonly ChargeToVerify[] {
  const row = rowById(committed, payment.accountId, payment.paymentId);
  if (row === undefined) return [];
  const numbers = [...row.operations.map(({ n }) => n), ...row.evidence.map(({ chargeN }) => chargeN)];
  return [...new Set(numbers)]
    .filter((n) => n > afterN && isInQuestion(row, n))
    .sort((a, b) => a - b)
    .slice(0, limit)
    .map((n) => chargeToVerify(row, n));
}

function isInQuestion(row: Row, n: number): boolean {
  const { outcome, byAbsence } = operationOf(row, n) ?? {};
  return row.evidence.some(({ chargeN }) => chargeN === n) || (outcome === 'FAILED' && byAbsence === true);
}

/** One that the database has forgotten has the terms of the payment. */
function chargeToVerify(row: Row, n: number): ChargeToVerify {
  const operation = operationOf(row, n);
  const { order, gateway } = row.payment;
  const evidence = row.evidence.filter(({ chargeN }) => chargeN === n);
  return {
    n,
    gateway: operation?.gateway ?? gateway,
    chargeKey: operation?.gatewayKey ?? null,
    amountMinor: operation?.amountMinor ?? order.amountMinor,
    currency: operation?.currency ?? order.currency,
    moneyAtMs: lastOf(evidence.filter(isMoney)),
    moneyRef: lastRef(evidence),
    sentUntilMs: lastOf(evidence.filter((piece) => !isMoney(piece))),
  };
}

type Told = Pick<EvidenceRow, 'outcome' | 'atMs'>;

export function lastOf(evidence: readonly Told[]): number | null {
  return evidence.at(-1)?.atMs ?? null;
}

/** The greatest, as the real store says it. */
export function lastRef(evidence: readonly Told[]): string | null {
  const refs = evidence.flatMap(({ outcome }) => ('ref' in outcome && outcome.ref ? [outcome.ref] : []));
  return refs.sort().at(-1) ?? null;
}

export function isMoney({ outcome: { kind } }: Told): boolean {
  return kind === 'approved' || kind === 'mismatch' || kind === 'pending';
}

export function storedAnswerOf(
  { committed, nowMs, retentionMs }: Context,
  payment: PaymentKey,
  chargeN: number,
): StoredAnswer | null {
  const row = rowById(committed, payment.accountId, payment.paymentId);
  return answerOf(operationOf(row, chargeN), nowMs, retentionMs);
}

export function someCharges({ committed }: Context, limit: number): readonly ChargeName[] {
  const rows = [...committed.rows.values()];
  const chosen = new Set([...rows.slice(0, limit), ...rows.slice(-limit)]);
  return [...chosen].map((row) => {
    const { order, paymentId, operation } = row.payment;
    const chargeKey = operationOf(row, operation.n)?.gatewayKey ?? '';
    return { accountId: order.accountId, orderId: order.orderId, paymentId, n: operation.n, chargeKey };
  });
}

/** Readers are shown no answer. */
export const NO_ANSWER_MS = 0;

export function payment(
  { committed, nowMs }: Context,
  accountId: string,
  paymentId: string,
): PaymentRecord | null {
  const row = rowById(committed, accountId, paymentId);
  return row === undefined ? null : recordOf(row, nowMs, NO_ANSWER_MS);
}

export function payments({ committed, nowMs }: Context, query: PaymentsQuery): readonly PaymentRecord[] {
  const { accountId, orderId, status, before, limit } = query;
  const found: Row[] = [];
  for (const row of committed.rows.values()) {
    const { order, operation, paymentId } = row.payment;
    if (order.accountId !== accountId) continue;
    if (orderId !== undefined && order.orderId !== orderId) continue;
    if (status !== undefined && operation.status !== status) continue;
    if (before === undefined || paymentId < before) found.push(row);
  }
  return found
    .sort((a, b) => (a.payment.paymentId < b.payment.paymentId ? 1 : -1))
    .slice(0, limit)
    .map((row) => recordOf(row, nowMs, NO_ANSWER_MS));
}

export function events({ committed }: Context, query: EventsQuery): readonly PaymentEvent[] | null {
  const row = rowById(committed, query.accountId, query.paymentId);
  if (row === undefined) return null;
  return row.events.filter((event) => event.seq > query.after).slice(0, query.limit);
}
