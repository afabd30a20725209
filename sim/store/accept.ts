/** The statement of `Store.accept`; see `src/postgres/accept.ts`. */
import { openOperation } from '../../src/domain/operation.ts';
import type { PaymentEvent } from '../../src/domain/payment.ts';
import type { Accepted, Intent } from '../../src/ports/store.ts';
import { put, requireConstraint, within } from './committed.ts';
import type { OperationRow, PaymentRow, RequestRow, Row } from './rows.ts';
import { type Context, INSTALLATION_LOCK, keyLock, orderLock, type Statement } from './statement.ts';

export function accept(context: Context, intent: Intent): Statement<Accepted> {
  const { committed } = context;
  const wanted = intent.installationId ?? context.installationId;
  if (wanted !== context.installationId) return refused({ kind: 'other_installation' });
  const { accountId, orderId } = intent.order;
  const order = within(accountId, orderId);
  const key = intent.key === null ? null : within(accountId, intent.key.hash);
  const isOurs = (): boolean => committed.livemode === null || committed.livemode === intent.livemode;
  // With the first payment the mode is final, and is not locked any more by those whose mode it is.
  const isFinal = committed.rows.size > 0 && committed.livemode === intent.livemode;
  const guards = isFinal ? [] : [INSTALLATION_LOCK];
  const rows = key === null ? [orderLock(order)] : [keyLock(key), orderLock(order)];
  // An order that the snapshot shows is not inserted at all, nor is its key.
  const locks = [...guards, ...(committed.rows.has(order) ? [] : rows)];
  function found(): Accepted {
    if (!isOurs()) return { kind: 'mode_lost' };
    committed.livemode ??= intent.livemode;
    return { kind: 'exists' };
  }

  return {
    locks,
    proceeds(index) {
      if (locks[index] === INSTALLATION_LOCK) return isOurs();
      return key !== null && locks[index] === keyLock(key)
        ? !committed.requests.has(key)
        : !committed.rows.has(order);
    },
    apply(changes) {
      if (committed.rows.has(order)) return found();
      const id = within(accountId, intent.paymentId);
      if (committed.orders.has(id)) {
        // The key was inserted and the payment was not: the statement aborts itself, however often it is repeated.
        requireConstraint(key === null, 'another order has this payment_id');
        return { kind: 'exists' };
      }
      requireConstraint(intent.order.amountMinor > 0, 'amount_minor > 0');
      const row = firstRow(intent, context.nowMs);
      committed.livemode ??= intent.livemode;
      committed.orders.set(id, order);
      const [request] = row.requests;
      if (key !== null && request !== undefined) committed.requests.set(key, request);
      put(committed, row);
      changes.push({
        kind: 'accept',
        accountId,
        orderId,
        paymentId: intent.paymentId,
        before: null,
        after: row.payment,
        rowBefore: null,
        rowAfter: row,
        event: row.events[0] ?? null,
        args: intent,
      });
      return { kind: 'accepted', nowMs: context.nowMs };
    },
    otherwise: found,
  };
}

function refused(accepted: Accepted): Statement<Accepted> {
  return { locks: [], proceeds: () => true, apply: () => accepted, otherwise: () => accepted };
}

function firstRow(intent: Intent, nowMs: number): Row {
  const payment = firstPayment(intent, nowMs);
  const { n, status, attempts } = payment.operation;
  const event: PaymentEvent = {
    seq: 1,
    type: 'payment.created',
    status,
    chargeN: n,
    attempts,
    detail: null,
    atMs: nowMs,
  };
  const operation: OperationRow = {
    n,
    gateway: null,
    gatewayKey: intent.chargeKey,
    amountMinor: intent.order.amountMinor,
    currency: intent.order.currency,
    method: intent.order.method ?? null,
    openedAtMs: nowMs,
    giveUpAfterS: intent.giveUpAfterS,
    openedWallMs: null,
    settledAtMs: null,
    outcome: null,
    byAbsence: false,
    problem: null,
    answer: null,
  };
  const requests: readonly RequestRow[] =
    intent.key === null
      ? []
      : [
          {
            accountId: intent.order.accountId,
            keyHash: intent.key.hash,
            fingerprint: intent.key.fingerprint,
            paymentId: intent.paymentId,
            chargeN: n,
            started: true,
            createdAtMs: nowMs,
          },
        ];
  return { payment, operations: [operation], events: [event], requests, evidence: [] };
}

function firstPayment(intent: Intent, nowMs: number): PaymentRow {
  const { start } = intent;
  const calling = start.kind === 'claimed';
  return {
    order: intent.order,
    paymentId: intent.paymentId,
    gateway: intent.gateway,
    operation: openOperation({
      kind: 'charge',
      n: 1,
      openedAtMs: nowMs,
      calling,
      verifyFirst: false,
      giveUpAfterS: intent.giveUpAfterS,
      manual: intent.order.captureMethod === 'manual',
    }),
    seq: 1,
    fence: 1,
    claimId: intent.claimId,
    held: calling,
    dueAtMs: nowMs + (calling ? start.leaseMs : start.waitMs),
    evidence: 0,
    absences: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}
