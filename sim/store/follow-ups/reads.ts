/** The reads of follow-ups, over what is committed; see `src/postgres/follow-ups/`. */

import { type FollowUpKind, isExclusive } from '../../../src/domain/effects.ts';
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import type {
  DueFollowUps,
  DueFollowUpsQuery,
  FollowUpAtGateway,
  FollowUpEventsQuery,
  FollowUpName,
  FollowUpNews,
  FollowUpRecord,
  FollowUpSituation,
  FollowUpSituationQuery,
  FollowUpsQuery,
  PaymentRecord,
  PaymentSums,
  ReleasedQuery,
} from '../../../src/ports/store.ts';
import { within } from '../committed.ts';
import { isDue, isMoney, lastOf, lastRef, NO_ANSWER_MS, payment as paymentById } from '../reads.ts';
import { answerOf } from '../records.ts';
import type { Context } from '../statement.ts';
import { byId, byName, ofPayment, sumsRow } from './committed.ts';
import type { FollowUpRow } from './rows.ts';

export function followUpRecord(row: FollowUpRow, nowMs: number, retentionMs: number): FollowUpRecord {
  return {
    ...{ ...row.state, absences: Number(row.byAbsence) },
    ...{ problem: row.problem, answer: answerOf(row, nowMs, retentionMs) },
  };
}

export function followUpSituation(context: Context, query: FollowUpSituationQuery): FollowUpSituation {
  const { committed, nowMs, retentionMs } = context;
  const { accountId, paymentId, kind, name, keyHash } = query;
  const request = keyHash === null ? undefined : committed.followUpRequests.get(within(accountId, keyHash));
  const named = name === null ? undefined : byName(committed, { accountId, paymentId, kind, name });
  const marked = isExclusive(kind) ? sumsRow(committed, { accountId, paymentId })?.exclusive?.id : null;
  const id = request?.id ?? named?.state.followUp.id ?? marked ?? null;
  const row = id === null ? undefined : byId(committed, accountId, id);
  const payment = paymentById(context, accountId, paymentId);
  return {
    nowMs,
    key: request === undefined ? null : { fingerprint: request.fingerprint, started: request.started },
    followUp: row === undefined ? null : followUpRecord(row, nowMs, retentionMs),
    payment,
    sums: sumsRow(committed, { accountId, paymentId }) ?? untouched(paymentId, payment),
  };
}

function untouched(paymentId: string, payment: PaymentRecord | null): PaymentSums {
  const capturedMinor = payment?.operation.status === 'COMPLETED' ? payment.order.amountMinor : 0;
  return { paymentId, capturedMinor, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0, absences: 0 };
}

export function dueFollowUps(
  { committed, nowMs, retentionMs }: Context,
  query: DueFollowUpsQuery,
): DueFollowUps {
  const pageOf = (kind: FollowUpKind): readonly FollowUpRow[] =>
    [...committed.followUps.values()]
      .filter(({ state }) => state.operation.kind === kind)
      .filter(({ state }) => isDue(state, { ...query, calls: query.calls[kind] }, nowMs))
      .sort(byTimer)
      .slice(0, query.limit);
  const followUps = (Object.keys(query.calls) as FollowUpKind[])
    .flatMap(pageOf)
    .sort(byTimer)
    .map((row) => followUpRecord(row, nowMs, retentionMs));
  return { nowMs, followUps };
}

function byTimer(a: FollowUpRow, b: FollowUpRow): number {
  return (a.state.dueAtMs ?? 0) - (b.state.dueAtMs ?? 0);
}

export function followUpNews({ committed }: Context, accountId: string, id: string): FollowUpNews {
  const evidence = committed.followUpEvidence.get(within(accountId, id)) ?? [];
  const ofMoney = evidence.filter(isMoney);
  return {
    moneyAtMs: lastOf(ofMoney),
    moneyRef: lastRef(ofMoney),
    sentUntilMs: lastOf(evidence.filter((piece) => !isMoney(piece))),
  };
}

export function releasedFollowUps(
  { committed, nowMs, retentionMs }: Context,
  { payment, kind, after, limit }: ReleasedQuery,
): readonly FollowUpRecord[] {
  return ofPayment(committed, { ...payment, kind })
    .filter(({ state, byAbsence }) => state.operation.status === 'FAILED' && byAbsence)
    .filter(({ state }) => after === null || state.followUp.id > after)
    .slice(0, limit)
    .map((row) => followUpRecord(row, nowMs, retentionMs));
}

export function followUp({ committed, nowMs }: Context, name: FollowUpName): FollowUpRecord | null {
  const row = byName(committed, name);
  return row === undefined ? null : followUpRecord(row, nowMs, NO_ANSWER_MS);
}

export function followUpAtGateway(
  { committed, nowMs }: Context,
  { gatewayKey, gatewayRef, ...query }: FollowUpAtGateway,
): FollowUpRecord | null {
  const row = ofPayment(committed, query).findLast(({ state }) =>
    gatewayKey === null
      ? gatewayRef !== null && state.operation.gatewayRef === gatewayRef
      : state.gatewayKey === gatewayKey,
  );
  return row === undefined ? null : followUpRecord(row, nowMs, NO_ANSWER_MS);
}

export function followUps({ committed, nowMs }: Context, query: FollowUpsQuery): readonly FollowUpRecord[] {
  const { before, limit } = query;
  return ofPayment(committed, query)
    .filter(({ state }) => before === undefined || state.followUp.id < before)
    .reverse()
    .slice(0, limit)
    .map((row) => followUpRecord(row, nowMs, NO_ANSWER_MS));
}

export function followUpEvents(
  { committed }: Context,
  query: FollowUpEventsQuery,
): readonly PaymentEvent[] | null {
  const row = byName(committed, query);
  return row?.events.filter(({ seq }) => seq > query.after).slice(0, query.limit) ?? null;
}

export function sums(
  { committed }: Context,
  accountId: string,
  paymentIds: readonly string[],
): readonly PaymentSums[] {
  return [...new Set(paymentIds)].flatMap((paymentId) => sumsRow(committed, { accountId, paymentId }) ?? []);
}
