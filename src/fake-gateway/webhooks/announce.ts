/** Which events there are about charges and refunds, and when. */
import { chargeBody, operationBody } from '../bodies.ts';
import type { FaultSettings } from '../faults/settings.ts';
import { chargeToken } from '../faults/tokens.ts';
import { refundsAt } from '../ledger/charge-state.ts';
import type { BookedOperation, Charge, Ledger } from '../ledger/port.ts';
import type { Sleeper } from '../sleep.ts';
import type { Log, WebhookSender } from './deliver.ts';

export interface Announcer {
  /** Sends the event of a new charge, once it is decided. */
  charge(charge: Charge, settings: FaultSettings): void;
  /** Sends the events of a new refund, each when it happens. Captures and voids have none. */
  operation(operation: BookedOperation, charge: Charge, settings: FaultSettings): void;
}

type RefundEvent = 'charge.refunded' | 'refund.succeeded' | 'refund.failed';

export function createAnnouncer(context: {
  readonly ledger: Ledger;
  readonly webhooks: WebhookSender;
  readonly sleeper: Sleeper;
  readonly now: () => number;
  readonly log: Log;
}): Announcer {
  const { ledger, webhooks, sleeper, now, log } = context;

  function sendRefund(
    types: readonly RefundEvent[],
    charge: Charge,
    id: string,
    atMs: number,
    settings: FaultSettings,
  ): void {
    const refund = refundsAt(charge, atMs).find((one) => one.id === id);
    // It was to land late, and nothing was left by then.
    if (refund === undefined) return;
    const magic = chargeToken(charge.method);
    for (const type of types) {
      const data =
        type === 'charge.refunded' ? chargeBody(charge, atMs) : operationBody(charge, refund, atMs);
      webhooks.send(
        { id: `evt_${id}_${type.split('.')[1]}`, body: eventBody(type, atMs, data), magic },
        settings,
      );
    }
  }

  /** Reads the charge again, because other refunds may have come in between. */
  async function sendLater(
    types: readonly RefundEvent[],
    { id, chargeId }: BookedOperation,
    atMs: number,
    settings: FaultSettings,
  ): Promise<void> {
    try {
      const charge = await ledger.byId(chargeId);
      if (charge !== undefined) sendRefund(types, charge, id, Math.max(atMs, now()), settings);
    } catch (error) {
      log.warn({ err: error, refund: id }, 'webhook dropped: the ledger cannot be read, and it is not sent');
    }
  }

  return {
    charge(charge, settings) {
      const result = charge.settleTo ?? charge.outcome;
      if (result !== 'succeeded' && result !== 'declined') return;
      const settledMs = charge.settleMs ?? charge.createdMs;
      const send = () => {
        const atMs = Math.max(settledMs, now());
        webhooks.send(
          {
            id: `evt_${charge.id}_${result}`,
            body: eventBody(`charge.${result}`, atMs, chargeBody(charge, atMs)),
            magic: chargeToken(charge.method),
          },
          settings,
        );
      };
      if (settledMs <= now()) send();
      else sleeper.later(settledMs - now(), send);
    },
    operation(operation, charge, settings) {
      if (operation.kind !== 'refund') return;
      for (const { types, atMs } of momentsOf(operation)) {
        if (types.length === 0) continue;
        if (atMs <= now()) sendRefund(types, charge, operation.id, now(), settings);
        else sleeper.later(atMs - now(), () => void sendLater(types, operation, atMs, settings));
      }
    },
  };
}

/** @param data the whole charge or refund, as JSON text. */
function eventBody(type: RefundEvent | 'charge.succeeded' | 'charge.declined', atMs: number, data: string) {
  return `{"type":"${type}","timestamp":"${new Date(atMs).toISOString()}","data":${data}}`;
}

/** `charge.refunded` comes when more of the charge counts as refunded: also for a refund that is still pending. */
function momentsOf({ outcome, createdMs, settleMs, settleTo }: BookedOperation) {
  const first: Readonly<Record<BookedOperation['outcome'], readonly RefundEvent[]>> = {
    succeeded: ['charge.refunded', 'refund.succeeded'],
    pending: ['charge.refunded'],
    failed: ['refund.failed'],
    none: [],
  };
  const moments: { types: readonly RefundEvent[]; atMs: number }[] = [
    { types: first[outcome], atMs: createdMs },
  ];
  if (settleMs !== null && settleTo !== null) moments.push({ types: [`refund.${settleTo}`], atMs: settleMs });
  return moments;
}
