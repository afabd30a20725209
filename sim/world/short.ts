/** A machine that has no file, port or memory left for an exchange. Nothing is sent, and the gateway is not to blame. */
import type { NotSent } from '../../src/domain/outcomes.ts';
import type { CaptureEffect, Gateway } from '../../src/ports/gateway.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

const SHORT: NotSent = { kind: 'not_sent', reason: 'emfile' };

export function shortGateway(world: World, process: Process, gateway: Gateway): Gateway {
  const { plan, faults, marks } = world;
  const { narrow } = plan;
  if (narrow === null) return gateway;

  /** Null: the machine has what it needs. */
  function short(name: 'call' | 'lookup'): Promise<NotSent> | null {
    if (world.healed || narrow === null || !faults.chance(narrow.shortPerMille)) return null;
    marks.hit('out_of_files');
    return world.port(process, name, (resolve) => void process.life.deliver(1, () => resolve(SHORT)));
  }

  const { refunds, captures, twoSteps } = gateway;
  const shortOf = ({ call, lookup }: CaptureEffect): CaptureEffect => ({
    call: (request, options) => short('call') ?? call(request, options),
    lookup: (request, options) => short('lookup') ?? lookup(request, options),
  });
  return {
    ...gateway,
    call: (request, options) => short('call') ?? gateway.call(request, options),
    lookup: (request, options) => short('lookup') ?? gateway.lookup(request, options),
    ...(twoSteps === undefined
      ? {}
      : {
          twoSteps: {
            prepare: (request, options) => short('call') ?? twoSteps.prepare(request, options),
            seal: (request, options) => short('lookup') ?? twoSteps.seal(request, options),
          },
        }),
    ...(refunds === undefined
      ? {}
      : {
          refunds: {
            ...refunds,
            call: (request, options) => short('call') ?? refunds.call(request, options),
            lookup: (request, options) => short('lookup') ?? refunds.lookup(request, options),
          },
        }),
    ...(captures === undefined
      ? {}
      : { captures: { capture: shortOf(captures.capture), void: shortOf(captures.void) } }),
  };
}
