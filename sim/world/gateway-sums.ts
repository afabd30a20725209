/** The question how much of a charge was refunded in all. */
import type { NotSent } from '../../src/domain/outcomes.ts';
import type { RefundedCharge, RefundedOutcome } from '../../src/domain/refund-outcomes.ts';
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import { judgeRefundedExchange } from '../../src/gateways/http/refunded.ts';
import type { ExchangeOptions } from '../../src/ports/gateway.ts';
import { chargeJson } from './charge-json.ts';
import { DOWN, FORBIDDEN, listed, TIMEOUT } from './gateway-answers.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export function askForSum(
  world: World,
  process: Process,
  charge: RefundedCharge,
  { timeoutMs }: ExchangeOptions,
): Promise<RefundedOutcome | NotSent> {
  const { scheduler, faults, trace } = world;
  const { life, clock, name } = process;
  return world.port(process, 'refunded', (resolve) => {
    const hear = (exchange: Exchange): void => {
      cancelTimeout();
      const judging = { wallMs: clock.wallMs(), livemode: true, isOld: false };
      resolve(judgeRefundedExchange(charge, exchange, judging));
    };
    const cancelTimeout = clock.after(life, timeoutMs, () => hear(TIMEOUT));
    const fault = world.lookupFault(process);
    trace.add(scheduler.nowMs, `${name} asks what was refunded of ${charge.chargeRef} (${fault})`);
    scheduler.quietly(faults.delayMs(1, 20), () => {
      const exchange = answered(world, process, charge, fault);
      if (exchange !== null) life.deliver(faults.delayMs(1, 20), () => hear(exchange));
    });
  });
}

/** Null: no answer comes. */
function answered(
  world: World,
  { gateway }: Process,
  { chargeRef }: RefundedCharge,
  fault: ReturnType<World['lookupFault']>,
): Exchange | null {
  switch (fault) {
    case 'lookup_timeout':
      return null;
    case 'lookup_forbidden':
      return FORBIDDEN;
    case 'lookup_down':
      return DOWN;
  }
  const booked = world.gateway.ledger.find(({ id }) => id === chargeRef);
  if (booked === undefined) return DOWN;
  const body = JSON.stringify({
    ...chargeJson(booked),
    captured: booked.hold?.capturedMinor ?? booked.amountMinor,
    refunded: gateway.model.refunds.refundedMinor(chargeRef),
  });
  return listed(body, fault === 'lookup_cached' ? { age: '4' } : {});
}
