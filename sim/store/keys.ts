/** The statements of `Store.bindKey` and `Store.openNextCharge`; see `src/postgres/keys.ts`. */
import { openOperation } from '../../src/domain/operation.ts';
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type { KeyBinding, NextCharge } from '../../src/ports/store.ts';
import { put, requireConstraint, rowById, within } from './committed.ts';
import type { OperationRow, PaymentRow, RequestRow, Row } from './rows.ts';
import { type Context, changeOf, keyLock, orderLock, type Statement } from './statement.ts';
import type { Result } from './types.ts';

export function bindKey(context: Context, binding: KeyBinding): Statement<Result<'bindKey'>> {
  const { committed, nowMs } = context;
  const { accountId, paymentId } = binding.payment;
  const key = within(accountId, binding.key.hash);
  return {
    locks: [keyLock(key)],
    proceeds: () => !committed.requests.has(key) && chargeOf(context, binding) !== undefined,
    apply(changes) {
      const request: RequestRow = {
        accountId,
        keyHash: binding.key.hash,
        fingerprint: binding.key.fingerprint,
        paymentId,
        chargeN: binding.chargeN,
        started: false,
        createdAtMs: nowMs,
      };
      const before = rowById(committed, accountId, paymentId);
      if (before === undefined) return 'lost';
      committed.requests.set(key, request);
      const after: Row = { ...before, requests: [...before.requests, request] };
      put(committed, after);
      changes.push(changeOf('bindKey', binding, before, after));
      return 'bound';
    },
    otherwise: () => 'lost',
  };
}

function chargeOf({ committed }: Context, { payment, chargeN }: KeyBinding): OperationRow | undefined {
  const row = rowById(committed, payment.accountId, payment.paymentId);
  // Charge 0 is the payment as it stands.
  return row?.operations.find(({ n }) => n === Math.max(chargeN, 1));
}

export function openNextCharge(context: Context, opening: NextCharge): Statement<Result<'openNextCharge'>> {
  const { committed, nowMs } = context;
  const { accountId, orderId } = opening.order;
  const order = within(accountId, orderId);
  const key = within(accountId, opening.key.hash);
  const stillFailed = (): boolean => mayFollow(committed.rows.get(order)?.payment, opening);
  // Where the snapshot shows another state, the key is inserted, then the statement aborts itself.
  const snapshot = stillFailed();
  return {
    locks: snapshot ? [keyLock(key), orderLock(order)] : [keyLock(key)],
    proceeds: (index) => (index === 0 ? snapshot && !committed.requests.has(key) : stillFailed()),
    apply(changes) {
      requireConstraint(opening.order.amountMinor > 0, 'amount_minor > 0');
      const before = committed.rows.get(order);
      if (before === undefined) return { kind: 'lost' };
      const after = nextRow(before, opening, nowMs);
      put(committed, after);
      const request = after.requests.at(-1);
      if (request !== undefined) committed.requests.set(key, request);
      changes.push(changeOf('openNextCharge', opening, before, after, after.events.at(-1)));
      return { kind: 'opened', nowMs };
    },
    otherwise: () => ({ kind: 'lost' }),
  };
}

function mayFollow(payment: PaymentRow | undefined, opening: NextCharge): boolean {
  return (
    payment !== undefined &&
    payment.paymentId === opening.paymentId &&
    payment.seq === opening.expected.seq &&
    payment.operation.status === 'FAILED' &&
    payment.operation.n === opening.n - 1 &&
    payment.evidence === 0
  );
}

function nextRow(before: Row, opening: NextCharge, nowMs: number): Row {
  const { order, n, key } = opening;
  const payment = nextPayment(before.payment, opening, nowMs);
  const operation: OperationRow = {
    n,
    gateway: null,
    gatewayKey: opening.chargeKey,
    amountMinor: order.amountMinor,
    currency: order.currency,
    method: order.method ?? null,
    openedAtMs: nowMs,
    giveUpAfterS: opening.giveUpAfterS,
    openedWallMs: opening.openedWallMs,
    settledAtMs: null,
    outcome: null,
    byAbsence: false,
    problem: null,
    answer: null,
  };
  const event: PaymentEvent = {
    seq: payment.seq,
    type: 'charge.opened',
    status: 'PROCESSING',
    chargeN: n,
    attempts: payment.operation.attempts,
    detail: null,
    atMs: nowMs,
  };
  const request: RequestRow = {
    accountId: order.accountId,
    keyHash: key.hash,
    fingerprint: key.fingerprint,
    paymentId: opening.paymentId,
    chargeN: n,
    started: true,
    createdAtMs: nowMs,
  };
  return {
    payment,
    operations: [
      ...before.operations.map((earlier) => madeAt(earlier, before.payment.gateway, opening)),
      operation,
    ],
    events: [...before.events, event],
    requests: [...before.requests, request],
    evidence: before.evidence,
  };
}

/** An earlier charge keeps the name of the gateway where it was made, when the payment moves to another. */
function madeAt(earlier: OperationRow, gateway: string, opening: NextCharge): OperationRow {
  return earlier.gateway === null && opening.gateway !== gateway ? { ...earlier, gateway } : earlier;
}

function nextPayment(before: PaymentRow, opening: NextCharge, nowMs: number): PaymentRow {
  const { start, n, verifyFirst, giveUpAfterS } = opening;
  const claimed = start.kind === 'claimed';
  return {
    ...before,
    order: opening.order,
    gateway: opening.gateway,
    operation: openOperation({
      kind: 'charge',
      n,
      openedAtMs: nowMs,
      calling: claimed,
      verifyFirst,
      giveUpAfterS,
      manual: opening.order.captureMethod === 'manual',
    }),
    seq: before.seq + 1,
    fence: before.fence + 1,
    claimId: opening.claimId,
    held: claimed,
    dueAtMs: nowMs + (claimed ? start.leaseMs : start.waitMs),
    updatedAtMs: Math.max(before.updatedAtMs, nowMs),
  };
}
