/** Wraps a process's gateway and store, so that the judge of its limits sees every use. */
import type { EffectKind, ExclusiveKind } from '../../src/domain/effects.ts';
import type { RefundedOutcome } from '../../src/domain/refund-outcomes.ts';
import type { CallOptions, CaptureEffect, Gateway, Refunds, TwoSteps } from '../../src/ports/gateway.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Caller, ExchangeKind } from '../judge/limits.ts';
import { asCall } from '../judge/two-steps.ts';
import type { Heard } from '../judge/wire.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

type Outcome = Heard | RefundedOutcome;

/** A seal has no outcome of its own. */
const ASKED = { kind: 'asked' } as const;

export function watchedGateway({ judge }: World, process: Process, gateway: Gateway): Gateway {
  function watch<T extends Outcome>(
    kind: ExchangeKind,
    about: { readonly key: string; readonly effect: EffectKind },
    begin: (keep: () => void) => Promise<T>,
    told: (outcome: T) => Heard | RefundedOutcome = (outcome) => outcome,
  ): Promise<T> {
    const caller = callerOf(process);
    const beganAtMs = caller.monotonicMs;
    let kept = false;
    judge.limits.began(kind, caller, about);
    const exchange = begin(() => {
      kept = true;
    });
    // Before the engine gets the outcome and begins the next exchange in its place.
    void exchange.then((outcome) =>
      judge.limits.ended(kind, callerOf(process), {
        outcome: told(outcome),
        kept,
        beganAtMs,
        effect: about.effect,
      }),
    );
    return exchange;
  }

  /** As it is, but the judge learns whether the engine let the request leave. */
  function watchLeave({ mayLeave, ...options }: CallOptions, keep: () => void): CallOptions {
    return {
      ...options,
      mayLeave() {
        const may = mayLeave();
        if (!may) keep();
        return may;
      },
    };
  }

  function watchedRefunds({ refunded, ...refunds }: Refunds): Refunds {
    const of = ({ key }: { readonly key: string }) => ({ key, effect: 'refund' }) as const;
    const watched: Refunds = {
      call: (request, options) =>
        watch('call', of(request), (keep) => refunds.call(request, watchLeave(options, keep))),
      lookup: (request, options) => watch('lookup', of(request), () => refunds.lookup(request, options)),
    };
    if (refunded === undefined) return watched;
    // It is about no key.
    return {
      ...watched,
      refunded: (charge, options) => watch('lookup', of({ key: '' }), () => refunded(charge, options)),
    };
  }

  function watchedEnd(effect: ExclusiveKind, { call, lookup }: CaptureEffect): CaptureEffect {
    const of = ({ key }: { readonly key: string }) => ({ key, effect }) as const;
    return {
      call: (request, options) =>
        watch('call', of(request), (keep) => call(request, watchLeave(options, keep))),
      lookup: (request, options) => watch('lookup', of(request), () => lookup(request, options)),
    };
  }

  /** A request for an object is a call to the limits, and a seal is a lookup. */
  function watchedSteps({ prepare, seal }: TwoSteps): TwoSteps {
    return {
      prepare: (request, options) =>
        watch('call', of(request), (keep) => prepare(request, watchLeave(options, keep)), asCall),
      async seal(request, options) {
        const ask = async () => (await seal(request, options)) ?? ASKED;
        const ended = await watch('lookup', of(request), ask);
        return ended.kind === 'not_sent' ? ended : undefined;
      },
    };
  }

  judge.limits.started(callerOf(process));
  const { refunds, captures, twoSteps } = gateway;
  const of = ({ key }: { readonly key: string }) => ({ key, effect: 'charge' }) as const;
  return {
    ...gateway,
    call: (request, options) =>
      watch('call', of(request), (keep) => gateway.call(request, watchLeave(options, keep))),
    lookup: (request, options) => watch('lookup', of(request), () => gateway.lookup(request, options)),
    ...(refunds === undefined ? {} : { refunds: watchedRefunds(refunds) }),
    ...(captures === undefined
      ? {}
      : {
          captures: {
            capture: watchedEnd('capture', captures.capture),
            void: watchedEnd('void', captures.void),
          },
        }),
    ...(twoSteps === undefined ? {} : { twoSteps: watchedSteps(twoSteps) }),
  };
}

export function watchedStore({ judge, marks }: World, process: Process, store: Store): Store {
  const earned = (effect: EffectKind): void => judge.limits.earned(callerOf(process), effect);
  return {
    ...store,
    accept(intent) {
      earned('charge');
      return store.accept(intent);
    },
    openNextCharge(opening) {
      earned('charge');
      return store.openNextCharge(opening);
    },
    advance(advance) {
      const { payment, expected, lease, operation } = advance;
      if (lease.kind === 'take' && operation.attempts === 1) earned('charge');
      judge.limits.writes(callerOf(process), { paymentId: payment.paymentId, seq: expected.seq + 1 });
      return store.advance(advance);
    },
    async wake(query) {
      judge.webhooks.wakes(callerOf(process), query);
      const woken = await store.wake(query);
      if (woken === 'woken') {
        marks.hit('webhook_woke');
        judge.webhooks.woke(callerOf(process), query);
      }
      return woken;
    },
    openFollowUp(intent) {
      earned(intent.kind);
      return store.openFollowUp(intent);
    },
    advanceFollowUp(advance) {
      const { lease, operation } = advance;
      if (lease.kind === 'take' && operation.attempts === 1) earned(operation.kind);
      return store.advanceFollowUp(advance);
    },
  };
}

export function callerOf({ name, life, clock }: Process): Caller {
  return { name, monotonicMs: clock.monotonicMs(), wokeAtMs: life.wokeAtMs, sleptMs: life.sleptMs };
}
