/**
 * Delivers events to a merchant, as real gateways do: at least once, in no particular order, for a limited time. The queue
 * is in memory: events in it are lost when the process ends.
 */
import { delayOf, strikes } from '../faults/decide.ts';
import type { FaultSettings } from '../faults/settings.ts';
import type { MagicToken } from '../faults/tokens.ts';
import type { Sleeper } from '../sleep.ts';

/**
 * Where events are sent, as in the Standard Webhooks specification: `charge.succeeded`, `charge.declined`, `charge.refunded`,
 * `refund.succeeded` and `refund.failed`. They come at least once, in no particular order. Events that wait when the process ends are lost.
 */
export interface WebhookOptions {
  /** The receiver's address. A status from 200 to 299 means that it took the event. */
  readonly url: string;
  /** The secret that signs the events: `whsec_` and the base64 of 24 to 64 bytes. */
  readonly secret: string;
  /** The wait before each repeated try, in milliseconds. After the last one the event is given up. Default 1,000, 5,000, 30,000, 120,000. */
  readonly retryDelaysMs?: readonly number[];
  /** How long one try may take, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
}

export interface Event {
  /** The same for every delivery of the event, and for no other event. */
  readonly id: string;
  /** What is sent. */
  readonly body: string;
  /** What the charge's method does to its events; null: the rates apply. */
  readonly magic: MagicToken | null;
}

export interface WebhookSender {
  /** Queues an event. */
  send(event: Event, settings: FaultSettings): void;
}

export interface Log {
  warn(fields: object, message: string): void;
}

/** The most events that wait or are being sent. Above it, new ones are dropped, so that a receiver that is down does not fill the memory. */
const MAX_QUEUE = 10_000;
/** Deliveries at the same time. */
const MAX_IN_FLIGHT = 16;
const RETRY_DELAYS_MS = [1_000, 5_000, 30_000, 120_000];

/** The headers of one try, signed at this time. */
export type SignDelivery = (id: string, timestampSeconds: number, body: string) => Record<string, string>;

interface Delivery {
  readonly id: string;
  readonly body: string;
  readonly tries: number;
}

export function createWebhookSender(
  options: Omit<WebhookOptions, 'secret'>,
  sign: SignDelivery,
  { later }: Sleeper,
  { now, log }: { readonly now: () => number; readonly log: Log },
): WebhookSender {
  const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
  const waiting: Delivery[] = [];
  let queued = 0;
  let inFlight = 0;
  /** An event that waits until the next one is sent. */
  let held: (() => void) | null = null;

  function pump(): void {
    while (inFlight < MAX_IN_FLIGHT) {
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      inFlight += 1;
      void attempt(delivery).then((delivered) => {
        inFlight -= 1;
        const delayMs = delays[delivery.tries];
        if (delivered) queued -= 1;
        else if (delayMs !== undefined)
          later(delayMs, () => enqueue({ ...delivery, tries: delivery.tries + 1 }));
        else {
          queued -= 1;
          log.warn(
            { webhookId: delivery.id },
            'webhook given up: the receiver took it at no try, and it is not sent again',
          );
        }
        pump();
      });
    }
  }

  function enqueue(delivery: Delivery): void {
    waiting.push(delivery);
    pump();
  }

  async function attempt({ id, body }: Delivery): Promise<boolean> {
    try {
      const response = await fetch(options.url, {
        method: 'POST',
        headers: sign(id, Math.floor(now() / 1000), body),
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  /** Runs `deliver` now, or after the next event, or after the fault's delay if there is none. */
  function inTurn(isHeld: boolean, maxWaitMs: number, deliver: () => void): void {
    const release = held;
    held = null;
    if (isHeld && release === null) {
      const once = () => {
        if (held === once) held = null;
        deliver();
      };
      held = once;
      later(maxWaitMs, () => {
        if (held === once) once();
      });
      return;
    }
    deliver();
    release?.();
  }

  return {
    send({ id, body, magic }, settings) {
      const copies = strikes(settings, 'webhook_duplicate', id, magic) ? 2 : 1;
      if (queued + copies > MAX_QUEUE) {
        log.warn({ webhookId: id }, 'webhook dropped: the queue is full, and it is not sent');
        return;
      }
      queued += copies;
      const deliver = () => {
        for (let copy = 0; copy < copies; copy += 1) enqueue({ id, body, tries: 0 });
      };
      const isHeld = strikes(settings, 'webhook_out_of_order', id, magic);
      const go = () => inTurn(isHeld, delayOf(settings, 'webhook_out_of_order'), deliver);
      if (strikes(settings, 'webhook_late', id, magic)) later(delayOf(settings, 'webhook_late'), go);
      else go();
    },
  };
}
