/** The statement of `Store.advanceFollowUp`; see `src/postgres/follow-ups/advance.ts`. */
import { isExclusive } from '../../../src/domain/effects.ts';
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import type { FollowUpAdvance, FollowUpAdvanced, PaymentSums } from '../../../src/ports/store.ts';
import { advancedState, matches } from '../advance.ts';
import { put, requireConstraint, within } from '../committed.ts';
import type { Row } from '../rows.ts';
import { type Context, changeOf, orderLock, type Statement } from '../statement.ts';
import type { Change } from '../types.ts';
import { changeWish } from '../wishes.ts';
import { byId, putFollowUp, requireSums, sumsRow } from './committed.ts';
import { followUpRecord } from './reads.ts';
import type { FollowUpRow } from './rows.ts';
import { followUpLock, sumsLock } from './statement.ts';

export function advanceFollowUp(context: Context, write: FollowUpAdvance): Statement<FollowUpAdvanced> {
  const { committed, nowMs } = context;
  const { payment, id } = write;
  const { accountId, paymentId } = payment;
  const row = (): FollowUpRow | undefined => byId(committed, accountId, id);
  const asExpected = (): boolean => {
    const state = row()?.state;
    return state?.order.orderId === payment.orderId && matches(state, write, nowMs);
  };
  // The losing verdict is a second statement, which sees what is committed by then.
  const lost = (): FollowUpAdvanced => {
    const found = row();
    const record = found === undefined ? null : followUpRecord(found, context.clock(), context.retentionMs);
    return { kind: 'lost', record };
  };
  const snapshot = asExpected();
  const another = anotherOf(committed, write);
  const order = within(accountId, payment.orderId);
  const locks = [
    followUpLock(within(accountId, id)),
    ...(write.mark === 'succeeded' || write.mark === 'failed' ? [orderLock(order)] : []),
    sumsLock(within(accountId, paymentId)),
  ];
  return {
    locks: snapshot ? locks : [],
    proceeds: (index) => index > 0 || asExpected(),
    apply(changes, followUps) {
      const before = row();
      const sumsBefore = sumsRow(committed, payment);
      if (before === undefined || sumsBefore === null || !snapshot) return lost();
      const after = advanced(before, write, nowMs);
      const sumsAfter = changed(sumsBefore, write, { movedMinor: movedMinor(after), another });
      putFollowUp(committed, after);
      endPayment(context, write, after, changes);
      changeWish(committed, { accountId, unitId: id }, write.wish, { seq: after.state.seq, n: 1 });
      committed.sums.set(within(accountId, paymentId), sumsAfter);
      followUps.push({
        ...{ kind: 'advanceFollowUp', accountId, paymentId, id, before, after, sumsBefore, sumsAfter },
        ...{ event: after.events.at(-1) ?? null, args: write },
      });
      return { kind: 'done', nowMs, evidence: after.state.evidence };
    },
    otherwise: lost,
  };
}

/** What the end of a capture or a void does to its payment. */
function endPayment(
  { committed, nowMs }: Context,
  write: FollowUpAdvance,
  followUp: FollowUpRow,
  changes: Change[],
): void {
  const { accountId, orderId, paymentId } = write.payment;
  const before = committed.rows.get(within(accountId, orderId));
  if (before === undefined || before.payment.paymentId !== paymentId) return;
  const { payment } = before;
  const { status } = payment.operation;
  const { state } = followUp;
  const isCapture = state.operation.kind === 'capture';
  if (write.mark === 'failed' && status === 'AUTHORIZED' && !payment.held) {
    const after = { ...before, payment: { ...payment, dueAtMs: nowMs } };
    put(committed, after);
    changes.push(changeOf('advanceFollowUp', write, before, after));
  }
  const isEnded = status === 'AUTHORIZED' || (status === 'VOIDED' && isCapture);
  if (write.mark !== 'succeeded' || !isEnded) return;
  const operation = {
    ...payment.operation,
    status: isCapture ? ('COMPLETED' as const) : ('VOIDED' as const),
    step: 'none' as const,
    failureCode: null,
  };
  const seq = payment.seq + 1;
  const event: PaymentEvent = {
    seq,
    type: isCapture ? 'payment.captured' : 'payment.voided',
    status: operation.status,
    chargeN: operation.n,
    attempts: operation.attempts,
    detail: isCapture ? String(movedMinor(followUp)) : null,
    atMs: nowMs,
  };
  const after: Row = {
    ...before,
    payment: {
      ...payment,
      operation,
      seq,
      fence: payment.fence + 1,
      held: false,
      dueAtMs: payment.evidence > 0 ? nowMs : null,
      updatedAtMs: Math.max(payment.updatedAtMs, state.updatedAtMs),
    },
    events: [...before.events, event],
  };
  put(committed, after);
  changes.push(changeOf('advanceFollowUp', write, before, after, event));
}

/** What it moves if it succeeds. */
function movedMinor({ state }: FollowUpRow): number {
  return state.settledMinor ?? state.order.amountMinor;
}

/** A capture or a void of the same payment that is open or made, as the statement sees it. */
function anotherOf(
  committed: Context['committed'],
  { payment: { accountId, paymentId }, id }: FollowUpAdvance,
): string | null {
  const others = [...committed.followUps.values()].filter(
    ({ state }) =>
      state.order.accountId === accountId &&
      state.paymentId === paymentId &&
      isExclusive(state.operation.kind) &&
      state.operation.status !== 'FAILED' &&
      state.followUp.id !== id,
  );
  return others.map(({ state }) => state.followUp.id).sort()[0] ?? null;
}

/** What the write moves, and what is open or made beside it. */
interface Beside {
  readonly movedMinor: number;
  readonly another: string | null;
}

/** By the end of a capture or a void. */
function markedBy(
  sums: PaymentSums,
  { mark, id, operation }: FollowUpAdvance,
  { movedMinor: amountMinor, another }: Beside,
): PaymentSums {
  const { exclusive } = sums;
  if (mark === undefined || exclusive === undefined) return sums;
  const left = exclusive.id === id ? another : exclusive.id;
  const marks = { open: exclusive.id ?? id, succeeded: id, failed: left };
  const isCaptured = mark === 'succeeded' && operation.kind === 'capture';
  return {
    ...sums,
    capturedMinor: isCaptured ? amountMinor : sums.capturedMinor,
    exclusive: { ...exclusive, id: marks[mark] },
  };
}

function changed(before: PaymentSums, write: FollowUpAdvance, beside: Beside): PaymentSums {
  if (isExclusive(write.operation.kind)) return markedBy(before, write, beside);
  return added(before, write);
}

function added(sums: PaymentSums, { sums: change, elsewhere }: FollowUpAdvance): PaymentSums {
  const after: PaymentSums = {
    ...sums,
    refundingMinor: sums.refundingMinor + change.refundingMinor,
    refundedMinor: sums.refundedMinor + change.refundedMinor,
    absences: sums.absences + change.absences,
    elsewhereMinor: elsewhereNow(sums, elsewhere),
  };
  requireSums(after);
  return after;
}

function elsewhereNow(sums: PaymentSums, elsewhere: FollowUpAdvance['elsewhere']): number {
  const { elsewhereMinor, refundingMinor, refundedMinor, absences } = sums;
  const asked = elsewhere?.asked;
  if (elsewhere === null || asked?.refundingMinor !== refundingMinor || asked.refundedMinor !== refundedMinor)
    return elsewhereMinor;
  if (asked.absences !== absences) return elsewhereMinor;
  return elsewhere.exact ? elsewhere.amountMinor : Math.max(elsewhereMinor, elsewhere.amountMinor);
}

function advanced(before: FollowUpRow, write: FollowUpAdvance, nowMs: number): FollowUpRow {
  const { settlement, sums } = write;
  const state = advancedState(before.state, write, nowMs);
  const { status, n, attempts, gatewayRef } = state.operation;
  requireConstraint(status !== 'COMPLETED' || gatewayRef !== null, 'COMPLETED without gateway_ref');
  const { type, detail } = write.event;
  const event: PaymentEvent = { seq: state.seq, type, status, chargeN: n, attempts, detail, atMs: nowMs };
  // The first settlement is kept for good.
  const isFirst = settlement !== null && before.settledAtMs === null;
  return {
    ...before,
    ...(isFirst ? { settledAtMs: nowMs, problem: settlement.problem, answer: settlement.body } : {}),
    state: { ...state, settledMinor: write.settledMinor },
    byAbsence: sums.absences === 0 ? before.byAbsence : sums.absences > 0,
    events: [...before.events, event],
  };
}
