/** What happens to a lookup: at the gateway, or at something that answers in its place. */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import type { LookupFault } from '../plan/faults.ts';
import { ambiguousList, DOWN, FORBIDDEN, list, listAboutAnother, listed } from './gateway-answers.ts';
import type { Wire } from './gateway-calls.ts';
import type { World } from './world.ts';

export function look({ world, process, line }: Wire, request: ChargeRequest): void {
  const { faults, scheduler, trace } = world;
  const fault = world.lookupFault(process, request);
  trace.add(scheduler.nowMs, `${process.name} looks ${request.orderId} up (${fault})`);
  const say = (exchange: Exchange): void => line.answer(faults.delayMs(1, 20), exchange);
  switch (fault) {
    case 'lookup_down':
      say(DOWN);
      return;
    case 'lookup_timeout':
      return;
    case 'lookup_forbidden':
      say(FORBIDDEN);
      return;
    case 'lookup_about_another':
      say(listed(listAboutAnother(request, echoOf(world, request.key))));
      return;
    case 'lookup_cached':
      say(cached(world, request));
      return;
    case 'lookup_of_another': {
      const mixedUp = answerBefore(world, request);
      if (mixedUp === null) ask({ world, process, line }, request, 'none');
      else say(mixedUp);
      return;
    }
    default:
      ask({ world, process, line }, request, fault);
      return;
  }
}

/** A slow lookup is slow before it reads the ledger or after it. If after it, its answer may be out of date. */
function ask({ world, process, line }: Wire, request: ChargeRequest, fault: LookupFault): void {
  const { faults, scheduler } = world;
  const slowMs = fault === 'lookup_slow' ? faults.delayMs(0, line.leftMs()) : 0;
  const tellsLate = slowMs > 0 && faults.chance(500);
  scheduler.quietly(faults.delayMs(1, 20) + (tellsLate ? 0 : slowMs), () => {
    const charges = process.gateway.model.find(request.key);
    if (charges.length === 0 && world.gateway.ledger.some(({ key }) => key === request.key))
      world.marks.hit('lookup_lag');
    const echo = echoOf(world, request.key);
    const body = list(charges, echo);
    // The newest is last, so that `answerBefore` can find the lookup before.
    world.lookedUp.delete(request.key);
    world.lookedUp.set(request.key, body);
    const answer = fault === 'lookup_ambiguous' ? ambiguousList(charges, echo) : body;
    line.answer(faults.delayMs(1, 20) + (tellsLate ? slowMs : 0), listed(answer));
  });
}

/** The last answer about this key, or an empty list if there is none. */
function cached(world: World, { key }: ChargeRequest): Exchange {
  const body = world.lookedUp.get(key) ?? list([], echoOf(world, key));
  return listed(body, { age: '4' });
}

/**
 * The last answer about another key. Null: there is none, or the gateway does not repeat keys. Without repeated keys,
 * only separate connections can keep answers apart, so they are never mixed up here.
 */
function answerBefore(world: World, { key }: ChargeRequest): Exchange | null {
  if (!world.plan.echoes) return null;
  const [before] = [...world.lookedUp].filter(([other]) => other !== key).slice(-1);
  return before === undefined ? null : listed(before[1]);
}

function echoOf({ plan }: World, key: string): string | null {
  return plan.echoes ? key : null;
}
