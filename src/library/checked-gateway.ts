/** Checks every answer of the caller's adapter. Its name and contract were checked before. */
import {
  callOutcome,
  lookupOutcome,
  prepareOutcome,
  refundedOutcome,
  sealAnswer,
  webhookReading,
} from '../domain/adapter-answers.ts';
import type { EffectKind } from '../domain/effects.ts';
import type { CallOutcome, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type {
  CallOptions,
  ExchangeOptions,
  Gateway,
  OrderTerms,
  Refunds,
  TwoSteps,
} from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import { atOnce, isThenable } from './at-once.ts';

const INVALID = 'adapter_answer_invalid';

/** An invalid answer counts as no answer. It is logged without its content. */
export function checkedGateway(gateway: Gateway, log: Log): Gateway {
  const { name, address, contract, livemode, credentials, twoSteps, refunds, captures, webhooks } = gateway;
  const check: Check = (effect, answerTo, outcome) => {
    if ('reason' in outcome && outcome.reason === INVALID)
      log.error(
        { gateway: name, effect, answer_to: answerTo },
        `the gateway adapter returned an invalid answer; it counts as no answer, so the ${effect} stays in doubt: fix the adapter`,
      );
    return outcome;
  };
  return {
    name,
    contract,
    ...(address === undefined ? {} : { address }),
    ...(livemode === undefined ? {} : { livemode }),
    ...(typeof credentials === 'string' ? { credentials } : {}),
    ...(gateway.refuses === undefined ? {} : { refuses: checkedRefusal(gateway, log) }),
    ...checkedEffect('charge', gateway, check),
    ...(twoSteps === undefined ? {} : { twoSteps: checkedTwoSteps(twoSteps, check) }),
    ...(refunds === undefined ? {} : { refunds: checkedRefunds(refunds, check) }),
    ...(captures === undefined
      ? {}
      : {
          captures: {
            capture: checkedEffect('capture', captures.capture, check),
            void: checkedEffect('void', captures.void, check),
          },
        }),
    ...(webhooks === undefined ? {} : { webhooks: checkedWebhooks(webhooks, name, log) }),
    close: async () => gateway.close(),
  };
}

/** A refusal that is no text refuses nothing: the gateway decides. */
function checkedRefusal(gateway: Gateway, log: Log): (order: OrderTerms) => string | null {
  return (order) => {
    try {
      // A copy, so that an adapter that changes it does not change what is charged.
      const refusal: unknown = atOnce(gateway.refuses?.(structuredClone(order)) ?? null);
      if (refusal === null || (typeof refusal === 'string' && refusal !== '')) return refusal;
      log.error(
        { gateway: gateway.name },
        'the gateway adapter refused an order without saying why; it is not refused',
      );
    } catch (error) {
      log.error(
        { gateway: gateway.name, err: error },
        'the gateway adapter threw when it was asked whether it refuses an order; it is not refused',
      );
    }
    return null;
  };
}

/** An event that is read later is not read. It is logged once: anybody who reaches the port can send events. */
function checkedWebhooks(
  webhooks: NonNullable<Gateway['webhooks']>,
  name: string,
  log: Log,
): NonNullable<Gateway['webhooks']> {
  let told = false;
  return (delivery, wallMs) => {
    const reading: unknown = atOnce(webhooks(delivery, wallMs));
    if (isThenable(reading) && !told) {
      told = true;
      log.error(
        { gateway: name },
        'the gateway adapter returned a promise for an event, so all events are refused: webhooks must return what the event says, and not be async',
      );
    }
    return webhookReading(reading);
  };
}

/** Logs an invalid answer, and returns the outcome that it counts as. */
type Check = <Outcome extends { readonly kind: string }>(
  effect: EffectKind,
  answerTo: 'prepare' | 'call' | 'lookup' | 'refunded',
  outcome: Outcome,
) => Outcome;

/** The two questions that are the same for every kind of effect. */
interface Effect<Request> {
  call(request: Request, options: CallOptions): Promise<CallOutcome | NotSent>;
  lookup(request: Request, options: ExchangeOptions): Promise<LookupOutcome | NotSent>;
}

function checkedEffect<Request>(kind: EffectKind, effect: Effect<Request>, check: Check): Effect<Request> {
  return {
    async call(request, options) {
      return check(kind, 'call', callOutcome(await effect.call(request, options)));
    },
    async lookup(request, options) {
      return check(kind, 'lookup', lookupOutcome(await effect.lookup(request, options)));
    },
  };
}

function checkedTwoSteps(twoSteps: TwoSteps, check: Check): TwoSteps {
  return {
    async prepare(request, options) {
      return check('charge', 'prepare', prepareOutcome(await twoSteps.prepare(request, options)));
    },
    async seal(request, options) {
      return sealAnswer(await twoSteps.seal(request, options));
    },
  };
}

function checkedRefunds(refunds: Refunds, check: Check): Refunds {
  const effect = checkedEffect('refund', refunds, check);
  if (refunds.refunded === undefined) return effect;
  return {
    ...effect,
    async refunded(charge, options) {
      return check('refund', 'refunded', refundedOutcome(await refunds.refunded?.(charge, options)));
    },
  };
}
