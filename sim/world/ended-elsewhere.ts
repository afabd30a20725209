/** A person captures or voids an authorised charge at the gateway, and Payonce is not told. */
import type { World } from './world.ts';

export function endElsewhere(world: World): void {
  const { tape, gateway, hosts, scheduler, trace } = world;
  const held = gateway.ledger.filter(({ status }) => status === 'authorized');
  const charge = held[tape.below(Math.max(held.length, 1))];
  const place = hosts.find((host) => host.gateway.name === charge?.gateway)?.gateway;
  if (charge === undefined || place === undefined) return;
  const kind = tape.chance(400) ? 'void' : 'capture';
  const made = place.model.captures.byHand(kind, charge.id, tape.pick([charge.amountMinor, 400]));
  if (made === null) return;
  world.marks.hit('ended_elsewhere');
  // The answer to a call that is repeated shows it, and looks like a charge that was taken at once.
  world.judge.excuse(charge.key, 'answer');
  trace.add(scheduler.nowMs, `a person ends ${charge.id}: ${made.id}, ${made.amountMinor}`);
}
