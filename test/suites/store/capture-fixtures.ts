/** What tests of captures and voids at a store share: an authorised payment, and a capture or a void of it. */
import { expect } from 'vitest';
import type { ExclusiveKind } from '../../../src/domain/effects.ts';
import type { FollowUpIntent, FollowUpRecord, PaymentRecord, Store } from '../../../src/ports/store.ts';
import { accepted, done, intent, order, release } from './fixtures.ts';
import { type RefundChanges, refund } from './follow-up-fixtures.ts';

/** A payment of 1,000 that is authorised, and looked at in a day. */
export async function authorized(store: Store, orderId = 'the order'): Promise<PaymentRecord> {
  const charge = await accepted(store, intent(order(orderId, { captureMethod: 'manual' })));
  return done(
    store,
    release(charge, 86_400_000, {
      operation: { status: 'AUTHORIZED', step: 'lookup', gatewayRef: 'ch_1' },
      event: { type: 'payment.authorized', detail: 'ch_1' },
      settlement: { problem: null, body: '{"authorized":true}', byAbsence: false },
    }),
  );
}

/** The first of both unless changed. */
export function exclusive(
  store: Store,
  kind: ExclusiveKind,
  payment: PaymentRecord,
  { after = 0, ...changes }: RefundChanges & { readonly after?: number } = {},
): Promise<FollowUpIntent> {
  return refund(store, payment, String(after + 1), {
    kind,
    amountMinor: 1000,
    exclusive: { after },
    ...changes,
  });
}

export async function opened(store: Store, wanted: FollowUpIntent): Promise<FollowUpRecord> {
  expect(await store.openFollowUp(wanted)).toMatchObject({ kind: 'opened' });
  const { accountId, paymentId } = wanted.payment;
  const name = { accountId, paymentId, kind: wanted.kind, name: wanted.terms.name };
  return (await store.followUp(name)) as FollowUpRecord;
}
