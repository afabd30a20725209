/**
 * The connection between one incarnation of a process and the gateway. It may not come up. The network loses, delays and
 * garbles exchanges, and the real adapter translates what arrives. A request that was sent goes on without its sender.
 */

import type { CaptureRequest } from '../../src/domain/capture-outcomes.ts';
import type {
  CallOutcome,
  LookupOutcome,
  NotSent,
  PrepareRequest,
  SealRequest,
} from '../../src/domain/outcomes.ts';
import { judgeBehind } from '../../src/gateways/http/charge-behind.ts';
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import { createWebhookReader } from '../../src/gateways/http/webhooks.ts';
import type {
  CallOptions,
  CaptureEffect,
  ExchangeOptions,
  Gateway,
  TwoSteps,
} from '../../src/ports/gateway.ts';
import type { BookedEffect, EndKind, ObjectModel } from '../gateway/model.ts';
import type { Heard, Exchange as Seen } from '../judge/wire.ts';
import { type AnyRequest, CHARGE, type Effect, ENDS, REFUND } from './effects.ts';
import { notSent, TIMEOUT } from './gateway-answers.ts';
import { askedFirst } from './gateway-behind.ts';
import { send } from './gateway-calls.ts';
import { look } from './gateway-lookups.ts';
import { askForSum } from './gateway-sums.ts';
import type { Process } from './process.ts';
import { judgePrepared } from './two-steps/adapter.ts';
import { sendPrepare, sendSeal } from './two-steps/requests.ts';
import { WEBHOOK_SECRET } from './webhooks/event.ts';
import type { World } from './world.ts';

/** One exchange under way, as the answering side sees it. */
export interface Line {
  /** Milliseconds until the caller stops listening. The time that connecting took is already subtracted. */
  leftMs(): number;
  /** Ends the exchange with this after `delayMs`, unless it has ended before. */
  answer(delayMs: number, exchange: Exchange): void;
  /** Called when a living sender gives up, if its request may still be on the way. */
  whenReset: (() => void) | null;
}

export function connectGateway(world: World, process: Process): Gateway {
  const { life, clock } = process;
  const { scheduler, plan, trace, faults } = world;

  /** Resolves inside the process, or never if the process has died. */
  // `connected` runs `start` if the exchange is still open. If `start` returns an exchange, nothing was sent, and that ends it.
  function exchange<T extends Heard>(
    name: Seen['kind'],
    {
      request,
      timeoutMs,
    }: {
      readonly request: Pick<AnyRequest, 'key' | 'reference' | 'accountId' | 'orderId'>;
      readonly timeoutMs: number;
    },
    translate: (exchange: Exchange) => T,
    begin: (line: Line, connected: (start: () => Exchange | null) => void, seen: Seen) => void,
  ): Promise<T> {
    return world.port(process, name, (resolve) => {
      const { blind } = clock;
      world.ordersByReference.set(request.reference, request);
      const seen = world.judge.begins({ kind: name, sender: process.name, request, timeoutMs, blind });
      const untilMs = scheduler.nowMs + timeoutMs;
      let open = true;
      let whenLate = notSent('timeout_before_send');
      const end = (ended: Exchange): void => {
        if (!open) return;
        open = false;
        cancelTimeout();
        const outcome = translate(ended);
        trace.add(scheduler.nowMs, `${process.name} hears of its ${name}: ${wordFor(outcome)}`);
        seen.heard = outcome;
        seen.untilMs = Math.min(seen.untilMs, scheduler.nowMs);
        resolve(outcome);
      };
      const line: Line = {
        leftMs: () => untilMs - scheduler.nowMs,
        whenReset: null,
        answer: (delayMs, ended) => void life.deliver(delayMs, () => end(ended)),
      };
      const cancelTimeout = clock.after(life, timeoutMs, () => {
        end(whenLate);
        line.whenReset?.();
      });
      const connected = (start: () => Exchange | null): void => {
        if (!open) return;
        const kept = start();
        if (kept === null) whenLate = TIMEOUT;
        else end(kept);
      };
      begin(line, connected, seen);
    });
  }

  /** As in the real adapter: asked in the tick of the first byte, and only if the caller still waits. */
  function leaving(
    mayLeave: () => boolean,
    connected: (start: () => Exchange | null) => void,
    leave: () => void,
  ): () => void {
    return () =>
      connected(() => {
        if (mayLeave()) {
          leave();
          return null;
        }
        world.marks.hit('lease_over_before_send');
        return notSent('lease_over_before_send');
      });
  }

  function twoStepsOf(objects: ObjectModel): TwoSteps {
    return {
      prepare: (request: PrepareRequest, { timeoutMs, mayLeave }) =>
        exchange('prepare', { request, timeoutMs }, judgePrepared, (line, connected) =>
          leaving(mayLeave, connected, () => sendPrepare({ world, process, line, objects }, request))(),
        ),
      async seal(request: SealRequest, { timeoutMs }) {
        await exchange(
          'seal',
          { request, timeoutMs },
          () => ASKED,
          (line, connected) =>
            connected(() => {
              sendSeal({ world, process, line, objects }, request);
              return null;
            }),
        );
        return undefined;
      },
    };
  }

  /** The exchanges about one kind of effect. */
  function exchangesOf<R extends AnyRequest, B extends BookedEffect>(effect: Effect<R, B>) {
    return {
      call: (request: R, { timeoutMs, mayLeave }: CallOptions) =>
        exchange<CallOutcome | NotSent>(
          'call',
          { request, timeoutMs },
          (ended) => effect.readCall(request, ended, { wallMs: clock.wallMs(), livemode: true }),
          (line, connected, seen) => {
            const connectMs = faults.connectMs(request);
            const write = leaving(mayLeave, connected, () => {
              seen.leftMs = scheduler.nowMs;
              send({ world, process, line, effect }, request);
            });
            // The connection is already open: the request is written in this tick.
            if (connectMs === 0) {
              write();
              return;
            }
            world.marks.hit('gateway_connects_slowly');
            trace.add(scheduler.nowMs, `${process.name} connects to the gateway for ${request.orderId}`);
            life.deliver(connectMs, write);
          },
        ),
      lookup: (request: R, { timeoutMs }: ExchangeOptions) =>
        exchange<LookupOutcome | NotSent>(
          'lookup',
          { request, timeoutMs },
          (ended) =>
            effect.readLookup(request, ended, { wallMs: clock.wallMs(), livemode: true, isOld: false }),
          (line, connected) =>
            connected(() => {
              look({ world, process, line, effect }, request);
              return null;
            }),
        ),
    };
  }

  /** A lookup may ask twice: by the key, and then for the charge. */
  function endsOf(kind: EndKind): CaptureEffect {
    const effect = ENDS[kind];
    return {
      ...exchangesOf(effect),
      lookup(request: CaptureRequest, { timeoutMs }: ExchangeOptions) {
        const judging = (): { wallMs: number; livemode: true; isOld: false } => ({
          wallMs: clock.wallMs(),
          livemode: true,
          isOld: false,
        });
        let asksForCharge = false;
        return exchange<LookupOutcome | NotSent>(
          'lookup',
          { request, timeoutMs },
          (ended) =>
            asksForCharge
              ? judgeBehind(kind, request, ended, judging())
              : effect.readLookup(request, ended, judging()),
          (line, connected) =>
            connected(() => {
              const first = askedFirst(
                {
                  ...{ world, process, line },
                  isEmpty: (list) => effect.readLookup(request, list, judging()).kind === 'absent',
                  onAsked: () => {
                    asksForCharge = true;
                  },
                },
                request,
              );
              look({ world, process, line: first, effect }, request);
              return null;
            }),
        );
      },
    };
  }

  const refunds = exchangesOf(REFUND);
  const { objects } = process.gateway.model;
  return {
    name: process.gateway.name,
    contract: plan.policy.contract,
    close: async () => {},
    ...exchangesOf(CHARGE),
    ...(objects === null ? {} : { twoSteps: twoStepsOf(objects) }),
    ...(plan.webhooks === undefined ? {} : { webhooks: READ_WEBHOOK }),
    refunds: plan.refunds.saysSum
      ? { ...refunds, refunded: (charge, options) => askForSum(world, process, charge, options) }
      : refunds,
    ...(plan.captures === null ? {} : { captures: { capture: endsOf('capture'), void: endsOf('void') } }),
  };
}

const READ_WEBHOOK = createWebhookReader([WEBHOOK_SECRET], true);

/** A seal has no outcome of its own. */
const ASKED = { kind: 'asked' } as const;

function wordFor(outcome: Heard): string {
  return 'reason' in outcome ? `${outcome.kind} (${outcome.reason})` : outcome.kind;
}
