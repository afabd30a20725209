/** The statements of `Store.openFollowUp` and `Store.bindFollowUpKey`; see `src/postgres/follow-ups/`. */
import { isExclusive } from '../../../src/domain/effects.ts';
import type { EventType } from '../../../src/domain/events.ts';
import { openOperation } from '../../../src/domain/operation.ts';
import type { PaymentEvent } from '../../../src/domain/payment.ts';
import { refundableMinor } from '../../../src/domain/sums.ts';
import type {
  FollowUpIntent,
  FollowUpKeyBinding,
  FollowUpOpened,
  PaymentSums,
} from '../../../src/ports/store.ts';
import { requireConstraint, rowById, within } from '../committed.ts';
import type { Context, Statement } from '../statement.ts';
import type { FollowUpChange, Result } from '../types.ts';
import { byId, byName, nameKey, noSums, putFollowUp, requireSums, sumsRow } from './committed.ts';
import type { FollowUpRow } from './rows.ts';
import { followUpChange, followUpKeyLock, sumsLock } from './statement.ts';

const LOST = { kind: 'lost' } as const;

export function openFollowUp(context: Context, intent: FollowUpIntent): Statement<FollowUpOpened> {
  const { committed, nowMs } = context;
  const { payment, key, terms, kind } = intent;
  const { accountId, paymentId } = payment;
  const name = { accountId, paymentId, kind, name: terms.name };
  const keyed = key === null ? null : within(accountId, key.hash);
  const captured = capturedBy(context, intent);
  const isKeyFree = (): boolean => keyed === null || !committed.followUpRequests.has(keyed);
  const fits = (): boolean =>
    captured !== null && reserved(sumsRow(committed, payment), intent, captured) !== null;
  // What the snapshot shows to exist is not inserted at all.
  const isWanted = intent.installationId === context.installationId && byName(committed, name) === undefined;
  const locks = [
    ...(keyed === null ? [] : [followUpKeyLock(keyed)]),
    ...(captured === null ? [] : [sumsLock(within(accountId, paymentId))]),
  ];

  function apply(followUps: FollowUpChange[]): FollowUpOpened {
    const sumsBefore = sumsRow(committed, payment);
    const sumsAfter = captured === null ? null : reserved(sumsBefore, intent, captured);
    if (!isWanted || !isKeyFree() || sumsAfter === null) return LOST;
    requireConstraint(intent.amountMinor > 0, 'amount_minor > 0');
    requireSums(sumsAfter);
    if (byName(committed, name) !== undefined || byId(committed, accountId, terms.id) !== undefined)
      return LOST;
    const after = firstRow(intent, nowMs);
    const [event = null] = after.events;
    if (keyed !== null && key !== null)
      committed.followUpRequests.set(keyed, { fingerprint: key.fingerprint, id: terms.id, started: true });
    committed.followUpNames.set(nameKey(name), terms.id);
    committed.sums.set(within(accountId, paymentId), sumsAfter);
    putFollowUp(committed, after);
    followUps.push({
      ...{ kind: 'openFollowUp', accountId, paymentId, id: terms.id, before: null, after },
      ...{ sumsBefore, sumsAfter, event, args: intent },
    });
    return { kind: 'opened', nowMs };
  }

  return {
    locks: isWanted ? locks : [],
    proceeds: (index) => (keyed !== null && index === 0 ? isKeyFree() : fits()),
    apply: (_changes, followUps) => apply(followUps),
    otherwise: () => LOST,
  };
}

/** What the payment captured, as far as its row shows; null: it takes no such follow-up. */
function capturedBy({ committed }: Context, { payment, amountMinor, kind }: FollowUpIntent): number | null {
  const row = rowById(committed, payment.accountId, payment.paymentId)?.payment;
  const status = isExclusive(kind) ? 'AUTHORIZED' : 'COMPLETED';
  if (row === undefined || row.order.orderId !== payment.orderId || row.operation.status !== status)
    return null;
  if (amountMinor > row.order.amountMinor) return null;
  return isExclusive(kind) ? 0 : row.order.amountMinor;
}

/** The sums after the opening; null: there is no room for it, or something that the caller has not seen. */
function reserved(
  before: PaymentSums | null,
  intent: FollowUpIntent,
  capturedMinor: number,
): PaymentSums | null {
  const { payment, amountMinor, expected, exclusive } = intent;
  const { paymentId } = payment;
  if (isExclusive(intent.kind)) return marked(before ?? noSums(paymentId), intent.terms.id, exclusive?.after);
  const sums = before ?? { ...noSums(paymentId), capturedMinor };
  if (sums.absences !== expected.absences || amountMinor > bound(sums, intent.verifyFirst)) return null;
  return { ...sums, refundingMinor: sums.refundingMinor + amountMinor };
}

/** The sums with the mark. */
function marked(sums: PaymentSums, id: string, after = 0): PaymentSums | null {
  const { id: other, count } = sums.exclusive ?? { id: null, count: 0 };
  if (other !== null || count !== after || sums.capturedMinor !== 0) return null;
  return { ...sums, exclusive: { id, count: count + 1 } };
}

function bound(sums: PaymentSums, verifyFirst: boolean): number {
  return refundableMinor(verifyFirst ? { ...sums, elsewhereMinor: 0 } : sums);
}

function firstRow(intent: FollowUpIntent, nowMs: number): FollowUpRow {
  const { payment, start, kind } = intent;
  const claimed = start.kind === 'claimed';
  const operation = openOperation({
    ...{ kind, n: 1, openedAtMs: nowMs, calling: claimed, verifyFirst: intent.verifyFirst },
  });
  const type: EventType = `${kind}.created`;
  const { n, status, attempts } = operation;
  const event: PaymentEvent = { seq: 1, type, status, chargeN: n, attempts, detail: null, atMs: nowMs };
  return {
    state: {
      order: {
        accountId: payment.accountId,
        orderId: payment.orderId,
        amountMinor: intent.amountMinor,
        currency: intent.currency,
        metadata: intent.metadata,
      },
      paymentId: payment.paymentId,
      gateway: intent.gateway,
      gatewayKey: intent.gatewayKey,
      operation,
      seq: 1,
      fence: 1,
      claimId: intent.claimId,
      held: claimed,
      dueAtMs: nowMs + (claimed ? start.leaseMs : start.waitMs),
      evidence: 0,
      absences: 0,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      followUp: intent.terms,
      settledMinor: null,
    },
    settledAtMs: null,
    problem: null,
    answer: null,
    byAbsence: false,
    events: [event],
  };
}

export function bindFollowUpKey(
  { committed }: Context,
  binding: FollowUpKeyBinding,
): Statement<Result<'bindFollowUpKey'>> {
  const { payment, id, key } = binding;
  const keyed = within(payment.accountId, key.hash);
  const row = byId(committed, payment.accountId, id);
  const known = row?.state.paymentId === payment.paymentId ? row : undefined;
  const isFree = (): boolean => !committed.followUpRequests.has(keyed);
  return {
    locks: known === undefined ? [] : [followUpKeyLock(keyed)],
    proceeds: isFree,
    apply(_changes, followUps) {
      if (known === undefined || !isFree()) return 'lost';
      committed.followUpRequests.set(keyed, { fingerprint: key.fingerprint, id, started: false });
      followUps.push(followUpChange(committed, 'bindFollowUpKey', binding, known, known));
      return 'bound';
    },
    otherwise: () => 'lost',
  };
}
