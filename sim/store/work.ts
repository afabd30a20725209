/** The statements of `Store.addEvidence`, `Store.eraseExpiredAnswers`, `Store.claimMode` and `Store.keepGatewayAddress`; see `src/postgres/`. */
import type { AddressChange, Evidence, Mode } from '../../src/ports/store.ts';
import { operationOf, put, rowById, within, withOperation } from './committed.ts';
import { eraseOfFollowUps } from './follow-ups/work.ts';
import { mode } from './reads.ts';
import type { EvidenceRow, OperationRow, Row } from './rows.ts';
import {
  type Context,
  changeOf,
  INSTALLATION_LOCK,
  operationLock,
  orderLock,
  type Statement,
} from './statement.ts';
import type { Change, FollowUpChange, Result } from './types.ts';

export function addEvidence(context: Context, evidence: Evidence): Statement<Result<'addEvidence'>> {
  const { committed, nowMs } = context;
  const { accountId, orderId, paymentId } = evidence.payment;
  const order = within(accountId, orderId);
  const known = (): boolean => committed.rows.get(order)?.payment.paymentId === paymentId;

  function keep(changes: Change[], counted: boolean): Result<'addEvidence'> {
    const { chargeN, outcome } = evidence;
    const piece: EvidenceRow = { accountId, paymentId, chargeN, outcome, atMs: nowMs };
    const before = rowById(committed, accountId, paymentId);
    if (before === undefined) {
      committed.strays.push(piece);
      return 'no_payment';
    }
    const after: Row = {
      ...before,
      payment: counted ? counting(before.payment, nowMs) : before.payment,
      evidence: [...before.evidence, piece],
    };
    put(committed, after);
    changes.push(changeOf('addEvidence', evidence, before, after));
    return counted ? 'kept' : 'no_payment';
  }

  const snapshot = known();
  return {
    locks: snapshot ? [orderLock(order)] : [],
    proceeds: known,
    apply: (changes) => keep(changes, snapshot),
    otherwise: (changes) => keep(changes, false),
  };
}

/** A holder's lease stays as it is; else the payment is due at once. */
function counting(payment: Row['payment'], nowMs: number): Row['payment'] {
  return {
    ...payment,
    evidence: payment.evidence + 1,
    dueAtMs: payment.held ? payment.dueAtMs : nowMs,
  };
}

interface Expired {
  readonly row: Row;
  readonly operation: OperationRow;
  readonly settledAtMs: number;
}

export function eraseExpiredAnswers(context: Context, limit: number): Statement<number> {
  const { committed, nowMs, retentionMs } = context;
  const expired = expiredBefore(context, nowMs - retentionMs).slice(0, limit);
  const idOf = ({ payment }: Row): string => within(payment.order.accountId, payment.paymentId);

  /** Asked of the row itself once more, so that of two that erase at once only one counts it. */
  function erase({ row: { payment }, operation: { n } }: Expired, changes: Change[]): boolean {
    const { accountId, orderId } = payment.order;
    const before = committed.rows.get(within(accountId, orderId));
    const operation = operationOf(before, n);
    if (before === undefined || operation === undefined || operation.answer === null) return false;
    const after: Row = {
      ...before,
      operations: withOperation(before.operations, { ...operation, answer: null }),
    };
    put(committed, after);
    changes.push(changeOf('eraseExpiredAnswers', limit, before, after));
    return true;
  }

  const followUps = eraseOfFollowUps(context, nowMs - retentionMs, limit - expired.length);
  const apply = (changes: Change[], ofFollowUps: FollowUpChange[]): number =>
    expired.filter((one) => erase(one, changes)).length + followUps.apply(ofFollowUps);
  return {
    locks: [
      ...expired.map(({ row, operation }) => operationLock(idOf(row), operation.n)),
      ...followUps.locks,
    ],
    proceeds: () => true,
    apply,
    otherwise: apply,
  };
}

/** Answers that were settled before then, oldest first. */
function expiredBefore({ committed }: Context, beforeMs: number): Expired[] {
  const expired: Expired[] = [];
  for (const row of committed.rows.values()) {
    for (const operation of row.operations) {
      const { settledAtMs, answer } = operation;
      if (answer !== null && settledAtMs !== null && settledAtMs < beforeMs)
        expired.push({ row, operation, settledAtMs });
    }
  }
  return expired.sort((a, b) => a.settledAtMs - b.settledAtMs);
}

export function claimMode(context: Context, livemode: boolean): Statement<Mode> {
  const { committed } = context;
  const apply = (): Mode => {
    const found = mode(context);
    if (found.livemode === null || !found.final) committed.livemode = livemode;
    return mode(context);
  };
  return { locks: [INSTALLATION_LOCK], proceeds: () => true, apply, otherwise: apply };
}

export function keepGatewayAddress(
  { committed }: Context,
  { gateway, from, to }: AddressChange,
): Statement<'kept' | 'lost'> {
  const apply = (): 'kept' | 'lost' => {
    const before = committed.addresses.get(gateway);
    if (before !== undefined && before !== from) return 'lost';
    committed.addresses.set(gateway, to);
    return 'kept';
  };
  return { locks: [INSTALLATION_LOCK], proceeds: () => true, apply, otherwise: apply };
}
