/** The statement of `Store.advanceFollowUp`; see `src/postgres/follow-ups/advance.ts`. */
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import type { FollowUpAdvance, FollowUpAdvanced, PaymentSums } from '../../../src/ports/store.ts';
import { advancedState, matches } from '../advance.ts';
import { requireConstraint, within } from '../committed.ts';
import type { Context, Statement } from '../statement.ts';
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
  const locks = [followUpLock(within(accountId, id)), sumsLock(within(accountId, paymentId))];
  return {
    locks: snapshot ? locks : [],
    proceeds: (index) => index === 1 || asExpected(),
    apply(_changes, followUps) {
      const before = row();
      const sumsBefore = sumsRow(committed, payment);
      if (before === undefined || sumsBefore === null || !snapshot) return lost();
      const after = advanced(before, write, nowMs);
      const sumsAfter = changed(sumsBefore, write);
      putFollowUp(committed, after);
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

function changed(sums: PaymentSums, { sums: change, elsewhere }: FollowUpAdvance): PaymentSums {
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
