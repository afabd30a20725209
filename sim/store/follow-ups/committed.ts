/** Finds and puts follow-ups in the committed state. */
import type { FollowUpName, PaymentKey, PaymentSums } from '../../../src/ports/store.ts';
import { type Committed, requireConstraint, within } from '../committed.ts';
import type { FollowUpRow } from './rows.ts';

/** The unique key of its name. */
export function nameKey({ accountId, paymentId, kind, name }: FollowUpName): string {
  return within(within(accountId, paymentId), within(kind, name));
}

export function byId(state: Committed, accountId: string, id: string): FollowUpRow | undefined {
  return state.followUps.get(within(accountId, id));
}

export function byName(state: Committed, name: FollowUpName): FollowUpRow | undefined {
  const id = state.followUpNames.get(nameKey(name));
  return id === undefined ? undefined : byId(state, name.accountId, id);
}

/** In the order of ids. */
export function ofPayment(
  state: Committed,
  of: Pick<FollowUpName, 'accountId' | 'paymentId' | 'kind'>,
): readonly FollowUpRow[] {
  return [...state.followUps.values()]
    .filter(
      ({ state: { order, paymentId, operation } }) =>
        order.accountId === of.accountId && paymentId === of.paymentId && operation.kind === of.kind,
    )
    .sort((a, b) => (a.state.followUp.id < b.state.followUp.id ? -1 : 1));
}

export function putFollowUp(state: Committed, row: FollowUpRow): void {
  const { order, followUp } = row.state;
  state.followUps.set(within(order.accountId, followUp.id), row);
}

/** Null: the payment never had a follow-up. */
export function sumsRow(
  state: Committed,
  { accountId, paymentId }: Pick<PaymentKey, 'accountId' | 'paymentId'>,
): PaymentSums | null {
  return state.sums.get(within(accountId, paymentId)) ?? null;
}

/** The sums that a row of them begins with. */
export function noSums(paymentId: string): PaymentSums {
  return { paymentId, capturedMinor: 0, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0, absences: 0 };
}

/** What the tables refuse in a row of sums. */
export function requireSums(sums: PaymentSums): void {
  const { refundingMinor, refundedMinor, elsewhereMinor, absences } = sums;
  for (const [name, value] of Object.entries({ refundingMinor, refundedMinor, elsewhereMinor, absences }))
    requireConstraint(value >= 0, `${name} >= 0`);
}
