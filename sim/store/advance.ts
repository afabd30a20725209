/** The statement of `Store.advance`; see `src/postgres/advance.ts`. */
import { isSettled, type Operation } from '../../src/domain/operation.ts';
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type { Advance, Advanced } from '../../src/ports/store.ts';
import { operationOf, put, requireConstraint, within, withOperation } from './committed.ts';
import { noSums, sumsRow } from './follow-ups/committed.ts';
import { sumsLock } from './follow-ups/statement.ts';
import { recordOf } from './records.ts';
import type { PaymentRow, Row } from './rows.ts';
import { type Context, changeOf, orderLock, type Statement } from './statement.ts';
import { changeWish } from './wishes.ts';

export function advance(context: Context, write: Advance): Statement<Advanced> {
  const { committed, nowMs } = context;
  const { accountId, orderId, paymentId } = write.payment;
  const order = within(accountId, orderId);
  const sums = within(accountId, paymentId);
  const { capturedMinor, refundedElsewhereMinor = 0 } = write;
  const asExpected = (): boolean => matches(committed.rows.get(order)?.payment, write, nowMs);
  // The losing verdict is a second statement, which sees what is committed by then.
  const lost = (): Advanced => {
    const row = committed.rows.get(order);
    return {
      kind: 'lost',
      record: row === undefined ? null : recordOf(row, context.clock(), context.retentionMs),
    };
  };
  const snapshot = asExpected();
  return {
    locks: snapshot ? [orderLock(order), ...(capturedMinor === undefined ? [] : [sumsLock(sums)])] : [],
    proceeds: (index) => index === 1 || asExpected(),
    apply(changes) {
      const before = committed.rows.get(order);
      if (before === undefined || !snapshot) return lost();
      const after = advanced(before, write, nowMs);
      put(committed, after);
      if (capturedMinor !== undefined)
        committed.sums.set(sums, {
          ...(sumsRow(committed, write.payment) ?? noSums(paymentId)),
          capturedMinor,
          elsewhereMinor: refundedElsewhereMinor,
        });
      const { seq, operation } = after.payment;
      const unit = { accountId, unitId: paymentId };
      changeWish(committed, unit, write.wish, { seq, n: operation.n });
      changes.push(changeOf('advance', write, before, after, after.events.at(-1)));
      return { kind: 'done', nowMs, evidence: after.payment.evidence };
    },
    otherwise: lost,
  };
}

/** Whether the row is as the writer expects it. */
export function matches(payment: PaymentRow | undefined, write: Advance, nowMs: number): boolean {
  const { expected, settlement, evidenceSeen } = write;
  const fails = settlement !== null && settlement.problem !== null;
  return (
    payment !== undefined &&
    payment.paymentId === write.payment.paymentId &&
    payment.seq === expected.seq &&
    payment.fence === expected.fence &&
    payment.claimId === expected.claimId &&
    (!fails || payment.evidence === evidenceSeen) &&
    (!expected.mustBeDue || (payment.dueAtMs !== null && payment.dueAtMs <= nowMs))
  );
}

function advanced(before: Row, write: Advance, nowMs: number): Row {
  const payment = advancedPayment(before.payment, write, nowMs);
  const { status, n, attempts, gatewayRef } = payment.operation;
  requireConstraint(status !== 'COMPLETED' || gatewayRef !== null, 'COMPLETED without gateway_ref');
  const event: PaymentEvent = {
    seq: payment.seq,
    type: write.event.type,
    status,
    chargeN: n,
    attempts,
    detail: write.event.detail,
    atMs: nowMs,
  };
  return {
    ...before,
    payment,
    operations: settled(before, write, nowMs),
    events: [...before.events, event],
  };
}

function advancedPayment(before: PaymentRow, write: Advance, nowMs: number): PaymentRow {
  const absences = before.absences + (write.settlement?.byAbsence === true ? 1 : 0);
  return { ...advancedState(before, write, nowMs), absences };
}

/** What every fenced write changes in its row, whatever it is about. */
export function advancedState<T extends Omit<PaymentRow, 'absences'>>(
  before: T,
  write: Advance,
  nowMs: number,
): T {
  const { lease, evidenceSeen } = write;
  const taken = lease.kind === 'take';
  const waitMs = taken ? lease.claim.leaseMs : lease.waitMs;
  const newClaim = claimOf(lease);
  const unseen = before.evidence > evidenceSeen;
  const isCheckedNext =
    unseen && !taken && isSettled(write.operation.status) && write.event.type !== 'verify.unavailable';
  return {
    ...before,
    operation: operationOfSame(before.operation, write.operation),
    seq: before.seq + 1,
    fence: before.fence + (newClaim === null ? 0 : 1),
    claimId: newClaim ?? before.claimId,
    held: taken,
    dueAtMs: isCheckedNext ? nowMs : waitMs === null ? (unseen ? nowMs : null) : nowMs + waitMs,
    evidence: before.evidence - evidenceSeen,
    updatedAtMs: write.updatedAtMs,
  };
}

/** Null: the claim stays as it is. */
function claimOf(lease: Advance['lease']): string | null {
  if (lease.kind === 'release') return null;
  return lease.kind === 'take' ? lease.claim.claimId : lease.claimId;
}

/** The kind, the number, the opening, the time that its caller gives it and how it is captured are the operation's: no write changes them. */
function operationOfSame(before: Operation, { manual: _unwritten, ...written }: Operation): Operation {
  const { kind, n, openedAtMs, giveUpAfterS, manual } = before;
  return { ...written, kind, n, openedAtMs, giveUpAfterS, ...(manual === undefined ? {} : { manual }) };
}

/** The first settlement of an operation is its last. */
function settled(before: Row, write: Advance, nowMs: number): Row['operations'] {
  const { settlement, operation: written } = write;
  const operation = operationOf(before, before.payment.operation.n);
  if (settlement === null || operation === undefined || operation.settledAtMs !== null)
    return before.operations;
  requireConstraint(
    ['COMPLETED', 'AUTHORIZED', 'FAILED'].includes(written.status),
    `outcome ${written.status}`,
  );
  return withOperation(before.operations, {
    ...operation,
    settledAtMs: nowMs,
    outcome: written.status,
    problem: settlement.problem,
    answer: settlement.body,
    byAbsence: settlement.byAbsence,
  });
}
