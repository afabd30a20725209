/** What happens to a call after its first byte: in the network, at the gateway, and on the way back. */
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import { OTHER_REFERENCE } from '../gateway/effects.ts';
import type { BookedEffect, Customer, Reply, Wish } from '../gateway/model.ts';
import type { CallFault } from '../plan/faults.ts';
import type { AnyRequest, Effect } from './effects.ts';
import {
  ambiguous,
  approvedForAnother,
  FORBIDDEN,
  GARBAGE,
  limited,
  notSent,
  RESET,
  replied,
} from './gateway-answers.ts';
import type { Line } from './gateway-wire.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export interface Wire<R extends AnyRequest, B extends BookedEffect> {
  readonly world: World;
  readonly process: Process;
  readonly line: Line;
  readonly effect: Effect<R, B>;
}

/** The first byte is sent in this tick. */
export function send<R extends AnyRequest, B extends BookedEffect>(wire: Wire<R, B>, request: R): void {
  const { world, process, line, effect } = wire;
  const { faults } = world;
  const call = (world.callsByKey.get(request.key) ?? 0) + 1;
  world.callsByKey.set(request.key, call);
  const { blind } = process.clock;
  effect.sent(world, { sender: process.name, blind, senderLives: () => process.life.alive }, request);
  const fault = world.callFault(process, request, call);
  world.trace.add(
    world.scheduler.nowMs,
    `${process.name} calls the gateway for a ${effect.word} of ${request.orderId} (${fault})`,
  );
  const say = (exchange: Exchange): void => line.answer(faults.delayMs(1, 20), exchange);
  switch (fault) {
    case 'gateway_unreachable':
      say(notSent('connection_refused'));
      return;
    case 'gateway_forbids':
      say(FORBIDDEN);
      return;
    case 'gateway_limits':
      say(limited(RETRY_AFTER_SECONDS[faults.delayMs(0, 3)] ?? 0));
      return;
    case 'answer_about_another':
      world.judge.excuse(request.key, 'answer');
      say(approvedForAnother(effect, request));
      return;
    case 'reset_not_charged':
      say(RESET);
      return;
    case 'timeout_not_charged':
      return;
    case 'kernel_holds_request':
      holdInKernel(wire, request);
      return;
    case 'reset_charged_later':
    case 'timeout_charged_later':
      landLater(wire, request, fault);
      return;
    default:
      arrive(wire, request, fault);
      return;
  }
}

const RETRY_AFTER_SECONDS = [0, 1, -5, 3600];

/** Something on the way still holds the request, and delivers it within the contract's `landsWithinMs`. */
function landLater<R extends AnyRequest, B extends BookedEffect>(
  wire: Wire<R, B>,
  request: R,
  fault: CallFault,
): void {
  const { world, line } = wire;
  const { faults, plan } = world;
  const reset = fault === 'reset_charged_later';
  const brokenInMs = reset ? faults.delayMs(1, 50) : line.leftMs();
  const landsInMs = brokenInMs + faults.delayMs(0, plan.policy.contract.landsWithinMs);
  fly(wire, request, landsInMs, () => void execute(wire, request, fault));
  if (reset) line.answer(brokenInMs, RESET);
}

/** A caller stops listening this long before its lease ends. The request of a dead sender may land that much later. */
const LEASE_LEFT_MS = 250;
/** The chance in a thousand that it lands at the last moment. */
const AT_LAST = 300;

/**
 * Our own kernel holds the request. A living sender that gives up resets the connection, and nothing lands. A dead or
 * frozen one does not. Then the kernel delivers within the contract's `landsWithinMs`, counted from the lease's end.
 */
function holdInKernel<R extends AnyRequest, B extends BookedEffect>(wire: Wire<R, B>, request: R): void {
  const { world, process, line, effect } = wire;
  const { faults, plan } = world;
  const longestMs = line.leftMs() + LEASE_LEFT_MS + plan.policy.contract.landsWithinMs - 1;
  const landsInMs = faults.chance(AT_LAST) ? longestMs : faults.delayMs(0, longestMs);
  const backMs = faults.delayMs(1, 20);
  const reset = fly(wire, request, landsInMs, () => {
    const reply = effect.model(process).begin(request) ?? execute(wire, request, 'kernel_holds_request');
    line.answer(backMs, replied(effect, request.key, reply));
  });
  line.whenReset = reset;
  // A suspended machine delivers nothing. What it would deliver after waking is outside any contract.
  process.clock.onSuspend(reset);
}

/** The normal course: the request arrives, is executed, and is answered. */
function arrive<R extends AnyRequest, B extends BookedEffect>(
  wire: Wire<R, B>,
  request: R,
  fault: CallFault,
): void {
  const { world, line, process, effect } = wire;
  const { faults, plan } = world;
  const gateway = effect.model(process);
  const backMs = faults.delayMs(1, 20);
  // Longer than the caller listens, but within the time in which the contract lets a request land.
  const longestMs = line.leftMs() + plan.policy.contract.landsWithinMs - 200;
  fly(wire, request, faults.delayMs(1, 20), () => {
    const early = gateway.begin(request);
    if (early !== null) {
      reply(early);
      return;
    }
    const slow = fault === 'gateway_slow' ? faults.delayMs(0, longestMs) : 0;
    fly(wire, request, faults.delayMs(1, 100) + slow, () => reply(execute(wire, request, fault)));
  });

  function reply(given: Reply<B>): void {
    const heard = distorted(effect, request.key, given, fault);
    if (heard !== null) line.answer(backMs, heard);
  }
}

/** The reply as the caller gets it. Null: nothing arrives before the caller's timeout. */
function distorted<R extends AnyRequest, B extends BookedEffect>(
  effect: Effect<R, B>,
  key: string,
  given: Reply<B>,
  how: CallFault,
): Exchange | null {
  switch (how) {
    case 'reset_charged':
      return RESET;
    case 'garbage_charged':
    case 'garbage_not_charged':
      return GARBAGE;
    case 'ambiguous_charged':
      return ambiguous(effect, key, given);
    case 'timeout_charged':
      return null;
    default:
      return replied(effect, key, given);
  }
}

/** Puts the request on its way. It lands once, unless the returned function cancels it before. */
function fly<R extends AnyRequest, B extends BookedEffect>(
  { world, process, effect }: Wire<R, B>,
  request: R,
  delayMs: number,
  land: () => void,
): () => void {
  let flying = true;
  const landed = effect.model(process).flies(request);
  const end = (): boolean => {
    if (!flying) return false;
    flying = false;
    landed();
    return true;
  };
  world.scheduler.quietly(delayMs, () => {
    if (end()) land();
  });
  return end;
}

function execute<R extends AnyRequest, B extends BookedEffect>(
  wire: Wire<R, B>,
  request: R,
  fault: CallFault,
): Reply<B> {
  const { world, process, effect } = wire;
  const given = effect.model(process).execute(request, wishFor(wire, request, fault));
  const word = given.kind === 'booked' ? `${given.effect.id} ${given.effect.status}` : given.kind;
  const what = `a ${effect.word} of ${request.orderId}`;
  world.trace.add(world.scheduler.nowMs, `the gateway executes a call for ${what}: ${word}`);
  return given;
}

function wishFor<R extends AnyRequest, B extends BookedEffect>(
  { world, effect }: Wire<R, B>,
  request: R,
  fault: CallFault,
): Wish {
  const { faults, plan } = world;
  const wrong = wrongTerms(effect.word, request, fault);
  if (wrong !== undefined) world.judge.excuse(request.key, 'money');
  return {
    result: wishedResult(fault),
    ...(wrong === undefined ? {} : { instead: wrong }),
    lagMs: faults.delayMs(0, plan.policy.contract.lookupLagMs),
    pending: {
      forMs: faults.delayMs(100, 30_000),
      endsAs: faults.chance(300) ? 'declined' : 'succeeded',
    },
    madeAllTheSame: fault === 'error_charged',
    failsAfterMs: effect.failsAfterMs(world),
    ...(fault === 'customer_must_act' ? { customer: customerOf(world) } : {}),
  };
}

/** Some take longer than they are given. */
function customerOf({ faults }: World): Customer {
  const does = faults.chance(CUSTOMER_PAYS) ? 'pays' : faults.chance(CUSTOMER_FAILS) ? 'fails' : 'nothing';
  return { does, afterMs: faults.delayMs(100, CUSTOMER_WITHIN_MS) };
}

/** In a thousand; the others may fail, or never do anything. Asked for by nothing else, so that a script can tell them apart. */
export const CUSTOMER_PAYS = 502;
export const CUSTOMER_FAILS = 503;
const CUSTOMER_WITHIN_MS = 40_000;

function wishedResult(fault: CallFault): Wish['result'] {
  switch (fault) {
    case 'gateway_declines':
      return 'decline';
    case 'gateway_pending':
      return 'pend';
    case 'customer_must_act':
      return 'act';
    case 'error_not_charged':
    case 'error_charged':
    case 'garbage_not_charged':
      return 'error';
    default:
      return 'succeed';
  }
}

function wrongTerms(word: string, request: AnyRequest, fault: CallFault): Wish['instead'] {
  // No gateway captures more than it holds.
  if (fault === 'wrong_amount') return { amountMinor: request.amountMinor + (word === 'capture' ? -1 : 1) };
  if (fault === 'wrong_currency') return { currency: request.currency === 'USD' ? 'EUR' : 'USD' };
  if (fault === 'wrong_reference') return { reference: OTHER_REFERENCE };
  return undefined;
}
