/** Payments and refunds as they are read: with what has become of the money, and with what may be done now. */
import { actionsOf } from '../domain/actions.ts';
import type { FollowUpKind } from '../domain/effects.ts';
import { refundableMinor, type Sums } from '../domain/sums.ts';
import { type FollowUpRecord, type PaymentRecord, type PaymentSums, StoreError } from '../ports/store.ts';
import type { CaptureOrVoidNow, FollowUpNow, PaymentNow, RefundNow } from './api.ts';
import { showCaptureOrVoid } from './capturing/show.ts';
import { type Engine, policyOf, roomOf, type Shared } from './context.ts';
import { showRefund } from './refunding/show.ts';
import { showPayment } from './show.ts';
import { nextActionOf } from './two-steps/action.ts';

export interface Show {
  /** Those of one account, without what customers must do. Rejects with `StoreError`, also if they are of the other mode (real or test payments). */
  payments(accountId: string, records: readonly PaymentRecord[]): Promise<PaymentNow[]>;
  payment(record: PaymentRecord): Promise<PaymentNow>;
  refund(record: FollowUpRecord): RefundNow;
  exclusive(record: FollowUpRecord): CaptureOrVoidNow;
  followUp(kind: FollowUpKind, record: FollowUpRecord): FollowUpNow;
  /** Rejects with `StoreError` if what was read is of the other mode. */
  requireOwnMode(): Promise<void>;
}

/** `engineAt`: the engine at the gateway of this name. If it is not one of this process's, then at any that is. */
export function createShow({ store, ownMode }: Shared, engineAt: (gateway: string) => Engine): Show {
  /** `leftMinor`: what is left to refund. `isFree`: neither a capture nor a void is open or has succeeded. */
  function actions(record: PaymentRecord, { leftMinor, isFree }: { leftMinor: number; isFree: boolean }) {
    const engine = engineAt(record.gateway);
    const { gateway } = engine;
    const isOurs = record.gateway === gateway.name && roomOf(engine, record).isOffered(engine);
    const canRefund = isOurs && gateway.refunds !== undefined && leftMinor > 0;
    const canCapture = isOurs && gateway.captures !== undefined && isFree;
    return actionsOf(record.operation, {
      canLook: isOurs && policyOf(engine, record).contract.lookup,
      canCapture,
      canRefund,
    });
  }

  async function requireOwnMode(): Promise<void> {
    if (!(await ownMode.holds()))
      throw new StoreError('unavailable', 'The payments of this database are of the other mode.');
  }

  async function withSums(accountId: string, records: readonly PaymentRecord[]): Promise<PaymentNow[]> {
    const ids = records.map(({ paymentId }) => paymentId);
    const known = new Map((await store.sums(accountId, ids)).map((one) => [one.paymentId, one]));
    return records.map((record) => {
      const stored = known.get(record.paymentId);
      const sums = sumsOf(record, stored);
      const isFree = (stored?.exclusive?.id ?? null) === null;
      return {
        ...showPayment(engineAt(record.gateway), record),
        sums,
        actions: actions(record, { leftMinor: refundableMinor(sums), isFree }),
      };
    });
  }

  function refund(record: FollowUpRecord): RefundNow {
    return { ...showRefund(engineAt(record.gateway), record), actions: actions(record, NOTHING) };
  }

  function exclusive(record: FollowUpRecord): CaptureOrVoidNow {
    return { ...showCaptureOrVoid(engineAt(record.gateway), record), actions: actions(record, NOTHING) };
  }

  const showExclusive = (record: FollowUpRecord) =>
    ({ kind: 'exclusive', exclusive: exclusive(record) }) as const;

  const views: Readonly<Record<FollowUpKind, (record: FollowUpRecord) => FollowUpNow>> = {
    refund: (record) => ({ kind: 'refund', refund: refund(record) }),
    capture: showExclusive,
    void: showExclusive,
  };

  return {
    async payments(accountId, records) {
      if (records.length === 0) return [];
      await requireOwnMode();
      return withSums(accountId, records);
    },
    async payment(record) {
      const [shown] = await withSums(record.order.accountId, [record]);
      const nextAction = await nextActionOf(engineAt(record.gateway), record);
      return { ...(shown as PaymentNow), nextAction };
    },
    refund,
    exclusive,
    followUp: (kind, record) => views[kind](record),
    requireOwnMode,
  };
}

/** Of a follow-up nothing is refunded, captured or voided. */
const NOTHING = { leftMinor: 0, isFree: false } as const;

/** What has become of the payment's money. A payment without follow-ups has no row of sums. */
function sumsOf({ order, operation }: PaymentRecord, stored: PaymentSums | undefined): Sums {
  // The sums are read after the payment, so it may have been captured in between. It is shown as it was when it was read.
  if (operation.status !== 'COMPLETED') return NO_SUMS;
  const {
    capturedMinor = order.amountMinor,
    refundingMinor = 0,
    refundedMinor = 0,
    elsewhereMinor = 0,
  } = stored ?? {};
  return { capturedMinor, refundingMinor, refundedMinor, elsewhereMinor };
}

/** Only of a payment that is COMPLETED was anything taken. */
const NO_SUMS: Sums = { capturedMinor: 0, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0 };
