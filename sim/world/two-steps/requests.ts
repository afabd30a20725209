/** What happens to the requests that make an object and seal it: in the network, and at the gateway. */
import type { PrepareRequest, SealRequest } from '../../../src/domain/outcomes.ts';
import type { Exchange } from '../../../src/gateways/http/exchange.ts';
import type { ObjectModel, PrepareReply, PrepareWish } from '../../gateway/model.ts';
import type { PrepareFault } from '../../plan/faults.ts';
import { answer, ERROR, FORBIDDEN, notSent, RESET } from '../gateway-answers.ts';
import type { Line } from '../gateway-wire.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';

export interface ObjectWire {
  readonly world: World;
  readonly process: Process;
  readonly line: Line;
  readonly objects: ObjectModel;
}

export function sendPrepare(wire: ObjectWire, request: PrepareRequest): void {
  const { world, process, line } = wire;
  const { faults, scheduler, trace } = world;
  const fault = world.prepareFault(process);
  trace.add(scheduler.nowMs, `${process.name} prepares a charge of ${request.orderId} (${fault})`);
  const backMs = faults.delayMs(1, 20);
  if (fault === 'unreachable') line.answer(backMs, notSent('connection_refused'));
  else if (fault === 'forbidden') line.answer(backMs, FORBIDDEN);
  else if (fault === 'prepare_lost') line.answer(backMs, RESET);
  else {
    const lands = arrivesIn(wire, fault === 'prepare_late');
    scheduler.quietly(lands, () => {
      const reply = wire.objects.prepare(request, wishFor(world, fault));
      trace.add(scheduler.nowMs, `the gateway prepares a charge of ${request.orderId}: ${wordFor(reply)}`);
      if (fault === 'prepare_late') return;
      line.answer(backMs, fault === 'prepare_answer_lost' ? RESET : ANSWERS[reply.kind](reply));
    });
  }
}

function wishFor({ faults, plan }: World, fault: PrepareFault): PrepareWish {
  const result = fault === 'prepare_error' ? 'error' : fault === 'prepare_declined' ? 'decline' : 'make';
  return { result, lagMs: faults.delayMs(0, plan.policy.contract.lookupLagMs) };
}

function wordFor(reply: PrepareReply): string {
  return reply.kind === 'made' ? reply.handle : reply.kind;
}

const ANSWERS: Readonly<Record<PrepareReply['kind'], (reply: PrepareReply) => Exchange>> = {
  made: (reply) => answer(200, { id: wordFor(reply) }),
  declined: () => answer(402, { error: 'amount_too_small' }),
  error: () => ERROR,
};

export function sendSeal(wire: ObjectWire, request: SealRequest): void {
  const { world, process, line, objects } = wire;
  const { faults, scheduler, trace } = world;
  const fault = world.sealFault(process);
  trace.add(scheduler.nowMs, `${process.name} seals ${request.handle} of ${request.orderId} (${fault})`);
  world.judge.seals(request);
  const backMs = faults.delayMs(1, 20);
  if (fault === 'seal_lost') {
    line.answer(backMs, RESET);
    return;
  }
  scheduler.quietly(arrivesIn(wire, fault === 'seal_late'), () => {
    objects.seal(request, fault === 'seal_error' ? 'error' : 'seal');
    const status = objects.read(request.handle)?.status ?? 'unknown';
    trace.add(scheduler.nowMs, `the gateway is asked to seal ${request.handle}: ${status}`);
    if (fault === 'seal_late') return;
    line.answer(backMs, fault === 'seal_answer_lost' ? RESET : ERROR);
  });
}

/** In time to be heard, or up to the contract's `landsWithinMs` after that. */
function arrivesIn({ world, line }: ObjectWire, isLate: boolean): number {
  const { faults, plan } = world;
  return isLate
    ? line.leftMs() + faults.delayMs(0, plan.policy.contract.landsWithinMs)
    : faults.delayMs(1, 100);
}
