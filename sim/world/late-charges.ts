/** A gateway that breaks its contract: a charge whose absence was proved is made after all, much later. */
import { type BookedCharge, isHeldOrTaken, madeAs, newHold } from '../gateway/model.ts';
import { isManual } from '../plan/plan.ts';
import type { OperationRow, Row } from '../store/database.ts';
import type { World } from './world.ts';

/** How long it takes until a person has done what the alarm says. */
const REFUNDED_AFTER_MS = [1000, 60_000, 600_000] as const;

/** Makes one charge that failed by absence. */
export function landSomeLate(world: World): void {
  for (const row of world.database.rows()) {
    const operation = row.operations.find(
      ({ byAbsence, outcome, gatewayKey }) => byAbsence && outcome === 'FAILED' && !isLive(world, gatewayKey),
    );
    if (operation === undefined) continue;
    landLate(world, row, operation, { withEvidence: world.tape.chance(500) });
    return;
  }
}

/** @param withEvidence a worker that had lost its lease got the approval, and stored it as evidence. */
export function landLate(
  world: World,
  row: Row,
  { n, gatewayKey: key, amountMinor, currency }: OperationRow,
  { withEvidence }: { readonly withEvidence: boolean },
): void {
  const { accountId, orderId } = row.payment.order;
  const id = `ch_late_${world.gateway.ledger.length + 1}`;
  const atMs = world.scheduler.nowMs;
  world.marks.hit('charge_lands_late');
  world.judge.breaksWord(key);
  world.lateLanded = true;
  const charge: BookedCharge = {
    id,
    // The gateway at which the order was charged.
    gateway: row.payment.gateway,
    key,
    reference: world.referenceOf(accountId, orderId),
    amountMinor,
    currency,
    status: 'succeeded',
    visibleAtMs: atMs,
    ...newHold(isManual(world.plan, orderId) ? { captureMethod: 'manual' } : {}),
  };
  charge.status = madeAs(charge);
  world.ledger.push(charge);
  world.hosts.find((host) => host.gateway.name === charge.gateway)?.gateway.model.holds(charge);
  world.webhooks.charge(charge);
  if (world.tape.chance(500))
    world.scheduler.after(world.tape.pick(REFUNDED_AFTER_MS), () => refund(world, row, charge));
  world.trace.add(atMs, `charge ${n} of ${orderId} is made long after its time: ${id}`);
  if (!withEvidence) return;
  const { paymentId } = row.payment;
  const outcome = { kind: 'approved', ref: id } as const;
  const write = world.database.begin('addEvidence', {
    payment: { accountId, orderId, paymentId },
    chargeN: n,
    outcome,
  });
  write.whenLocked(() => void write.commit());
}

/** A person refunds it at the gateway, as the alarm says, unless the order is COMPLETED by then. */
function refund(world: World, { payment }: Row, charge: BookedCharge): void {
  const { accountId, orderId } = payment.order;
  const status = world.database.row(accountId, orderId)?.payment.operation.status;
  if (status === 'COMPLETED' || status === 'AUTHORIZED' || !isHeldOrTaken(charge)) return;
  world.marks.hit('charge_refunded');
  charge.status = charge.status === 'authorized' ? 'voided' : 'refunded';
  world.webhooks.charge(charge);
  world.trace.add(world.scheduler.nowMs, `a person refunds ${charge.id} of ${orderId}`);
}

function isLive({ gateway }: World, wanted: string): boolean {
  return gateway.ledger.some(({ key }) => key === wanted);
}
