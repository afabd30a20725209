/** Checks every answer of the caller's adapter. Its name and contract were checked before. */
import { callOutcome, lookupOutcome, refundedOutcome } from '../domain/adapter-answers.ts';
import type { EffectKind } from '../domain/effects.ts';
import type { CallOutcome, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { CallOptions, ExchangeOptions, Gateway, Refunds } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';

const INVALID = 'adapter_answer_invalid';

/** An invalid answer counts as no answer. It is logged without its content. */
export function checkedGateway(gateway: Gateway, log: Log): Gateway {
  const { name, contract, livemode, refunds, captures } = gateway;
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
    ...(livemode === undefined ? {} : { livemode }),
    ...checkedEffect('charge', gateway, check),
    ...(refunds === undefined ? {} : { refunds: checkedRefunds(refunds, check) }),
    ...(captures === undefined
      ? {}
      : {
          captures: {
            capture: checkedEffect('capture', captures.capture, check),
            void: checkedEffect('void', captures.void, check),
          },
        }),
    close: async () => gateway.close(),
  };
}

/** Logs an invalid answer, and returns the outcome that it counts as. */
type Check = <Outcome extends { readonly kind: string }>(
  effect: EffectKind,
  answerTo: 'call' | 'lookup' | 'refunded',
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
