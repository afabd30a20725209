/** What becomes of a lookup of a capture or a void that the gateway does not know by its key: the charge behind it is looked at. */
import type { CaptureRequest } from '../../src/domain/capture-outcomes.ts';
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import { asShown, type BookedCharge } from '../gateway/model.ts';
import { chargeJson, plainChargeJson } from './charge-json.ts';
import { DOWN, FORBIDDEN, listed, OTHER_KEY } from './gateway-answers.ts';
import type { Line } from './gateway-wire.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export interface Behind {
  readonly world: World;
  readonly process: Process;
  readonly line: Line;
  /** Whether the list by the key, as it arrived, has nothing. */
  readonly isEmpty: (list: Exchange) => boolean;
  /** The second question leaves. */
  readonly onAsked: () => void;
}

/** The line of the first question, the list by the key. If it is empty, the second question is asked in its place. */
export function askedFirst(behind: Behind, request: CaptureRequest): Line {
  const { process, line, isEmpty, onAsked } = behind;
  return {
    leftMs: () => line.leftMs(),
    whenReset: null,
    answer: (delayMs, list) =>
      void process.life.deliver(delayMs, () => {
        if (!isEmpty(list)) {
          line.answer(0, list);
          return;
        }
        onAsked();
        lookBehind(behind, request);
      }),
  };
}

function lookBehind({ world, process, line }: Behind, { chargeRef, orderId }: CaptureRequest): void {
  const { faults, scheduler, trace } = world;
  const fault = world.lookupFault(process);
  trace.add(scheduler.nowMs, `${process.name} looks at the charge ${chargeRef} of ${orderId} (${fault})`);
  const charge = world.gateway.ledger.find(
    ({ id, gateway }) => id === chargeRef && gateway === process.gateway.name,
  );
  const say = (exchange: Exchange): void => line.answer(faults.delayMs(1, 20), exchange);
  if (fault === 'lookup_timeout') return;
  if (fault === 'lookup_forbidden') say(FORBIDDEN);
  else if (charge === undefined || fault === 'lookup_down') say(DOWN);
  else if (fault === 'lookup_about_another')
    say(listed(written({ ...charge, key: OTHER_KEY, id: 'ch_other' })));
  else if (fault === 'lookup_cached') say(listed(asItWas(charge), { age: '4' }));
  else {
    const slowMs = fault === 'lookup_slow' ? faults.delayMs(0, line.leftMs()) : 0;
    const tellsLate = slowMs > 0 && faults.chance(500);
    scheduler.quietly(faults.delayMs(1, 20) + (tellsLate ? 0 : slowMs), () => {
      const body = written(asShown(charge, scheduler.nowMs));
      const answer = fault === 'lookup_ambiguous' ? twoStatuses(body) : body;
      line.answer(faults.delayMs(1, 20) + (tellsLate ? slowMs : 0), listed(answer));
    });
  }
}

function written(charge: BookedCharge): string {
  return JSON.stringify(plainChargeJson(charge));
}

/** As it was before anything ended its hold. */
function asItWas(charge: BookedCharge): string {
  const { hold } = charge;
  if (hold === undefined) return written(charge);
  return JSON.stringify(chargeJson({ ...charge, status: 'authorized', hold: { ...hold, capturedMinor: 0 } }));
}

function twoStatuses(body: string): string {
  return `${body.slice(0, -1)},"status":"authorized"}`;
}
