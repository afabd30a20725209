/** What happens to a lookup: at the gateway, or at something that answers in its place. */
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import type { BookedEffect } from '../gateway/model.ts';
import type { LookupFault } from '../plan/faults.ts';
import type { AnyRequest } from './effects.ts';
import { ambiguousList, DOWN, FORBIDDEN, listed, listOf } from './gateway-answers.ts';
import type { Wire } from './gateway-calls.ts';
import type { World } from './world.ts';

export function look<R extends AnyRequest, B extends BookedEffect>(wire: Wire<R, B>, request: R): void {
  const { world, process, line, effect } = wire;
  const { faults, scheduler, trace } = world;
  const fault = world.lookupFault(process);
  trace.add(scheduler.nowMs, `${process.name} looks a ${effect.word} of ${request.orderId} up (${fault})`);
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
      say(listed(listOf([effect.anothers(request)], echoOf(world, request.key))));
      return;
    case 'lookup_cached':
      say(cached(world, request.key));
      return;
    case 'lookup_of_another': {
      const mixedUp = answerBefore(world, request.key);
      if (mixedUp === null) ask(wire, request, 'none');
      else say(mixedUp);
      return;
    }
    default:
      ask(wire, request, fault);
      return;
  }
}

/** A slow lookup is slow before it reads the ledger or after it. If after it, its answer may be out of date. */
function ask<R extends AnyRequest, B extends BookedEffect>(
  { world, process, line, effect }: Wire<R, B>,
  request: R,
  fault: LookupFault,
): void {
  const { faults, scheduler } = world;
  const slowMs = fault === 'lookup_slow' ? faults.delayMs(0, line.leftMs()) : 0;
  const tellsLate = slowMs > 0 && faults.chance(500);
  scheduler.quietly(faults.delayMs(1, 20) + (tellsLate ? 0 : slowMs), () => {
    const found = effect.find(process, request, scheduler.nowMs);
    if (found.length === 0 && effect.ledger(world).some(({ key }) => key === request.key))
      world.marks.hit('lookup_lag');
    const echo = echoOf(world, request.key);
    const body = listOf(found.map(effect.json), echo);
    // The newest is last, so that `answerBefore` can find the lookup before.
    world.lookedUp.delete(request.key);
    world.lookedUp.set(request.key, body);
    const answer = fault === 'lookup_ambiguous' ? ambiguousList(body) : body;
    line.answer(faults.delayMs(1, 20) + (tellsLate ? slowMs : 0), listed(answer));
  });
}

/** The last answer about this key, or an empty list if there is none. */
function cached(world: World, key: string): Exchange {
  const body = world.lookedUp.get(key) ?? listOf([], echoOf(world, key));
  return listed(body, { age: '4' });
}

/**
 * The last answer about another key. Null: there is none, or the gateway does not repeat keys. Without repeated keys,
 * only separate connections can keep answers apart, so they are never mixed up here.
 */
function answerBefore(world: World, key: string): Exchange | null {
  if (!world.plan.echoes) return null;
  const [before] = [...world.lookedUp].filter(([other]) => other !== key).slice(-1);
  return before === undefined ? null : listed(before[1]);
}

function echoOf({ plan }: World, key: string): string | null {
  return plan.echoes ? key : null;
}
