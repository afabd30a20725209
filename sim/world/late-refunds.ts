/** What happens to refunds at the gateway without us: one that was proved not to have been made lands, or a person makes one. */
import type { BookedRefund } from '../gateway/model.ts';
import { latestOf } from '../judge/refunds/book.ts';
import type { World } from './world.ts';

/** How long the gateway takes to decide about one that is pending. */
const PENDS_MS = 20_000;

/** Makes one refund that failed by absence. */
export function landSomeRefundLate(world: World): void {
  const known = world.judge.refunds
    .released()
    .find((one) => !world.refunds.ledger.some(({ key }) => key === latestOf(one).gatewayKey));
  if (known === undefined) return;
  const { gatewayKey: key, order, gateway, followUp, paymentId } = latestOf(known);
  const { accountId, orderId, amountMinor, currency } = order;
  const id = `re_late_${world.refunds.ledger.length + 1}`;
  const atMs = world.scheduler.nowMs;
  world.marks.hit('refund_lands_late');
  world.judge.refunds.breaksWord(key);
  const status = world.tape.chance(400) ? 'pending' : 'succeeded';
  const refund: BookedRefund = {
    id,
    gateway,
    key,
    reference: world.referenceOf(accountId, orderId),
    amountMinor,
    currency,
    status,
    visibleAtMs: atMs,
    chargeRef: followUp.chargeRef,
    byPerson: false,
    had: new Set([status]),
  };
  world.refundLedger.push(refund);
  world.webhooks.refund(refund);
  if (status === 'pending') {
    world.scheduler.after(PENDS_MS, () => {
      refund.status = 'succeeded';
      refund.had.add('succeeded');
      world.webhooks.refund(refund);
    });
  }
  world.trace.add(atMs, `refund ${followUp.name} of ${orderId} is made long after its time: ${id}`);
  if (!world.tape.chance(500)) return;
  // A worker that had lost its lease got the approval, and stored it as evidence.
  const payment = { accountId, orderId, paymentId };
  const kind = status === 'pending' ? 'pending' : 'approved';
  const outcome = { kind, ref: id } as const;
  const write = world.database.begin('addFollowUpEvidence', { payment, id: followUp.id, outcome });
  write.whenLocked(() => void write.commit());
}

/** A person refunds a part of some charge at the gateway. */
export function refundElsewhere(world: World): void {
  const { tape, gateway, hosts, scheduler } = world;
  const live = gateway.ledger.filter(({ status }) => status === 'succeeded');
  const charge = live[tape.below(Math.max(live.length, 1))];
  const place = hosts.find((host) => host.gateway.name === charge?.gateway)?.gateway;
  if (charge === undefined || place === undefined) return;
  const refund = place.model.refunds.byHand(charge.id, tape.pick([400, 100, 1000]));
  if (refund === null) return;
  world.marks.hit('refund_elsewhere');
  world.webhooks.refund(refund);
  world.trace.add(scheduler.nowMs, `a person refunds ${refund.amountMinor} of ${charge.id}: ${refund.id}`);
}
