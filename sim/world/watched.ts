/** Wraps a process's gateway and store, so that the judge of its limits sees every use. */
import type { CallOutcome, LookupOutcome, NotSent } from '../../src/domain/outcomes.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Caller, ExchangeKind } from '../judge/limits.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export function watchedGateway({ judge }: World, process: Process, gateway: Gateway): Gateway {
  function watch<T extends CallOutcome | LookupOutcome | NotSent>(
    kind: ExchangeKind,
    key: string,
    begin: (keep: () => void) => Promise<T>,
  ): Promise<T> {
    const caller = callerOf(process);
    const beganAtMs = caller.monotonicMs;
    let kept = false;
    judge.limits.began(kind, caller, key);
    const exchange = begin(() => {
      kept = true;
    });
    // Before the engine gets the outcome and begins the next exchange in its place.
    void exchange.then((outcome) =>
      judge.limits.ended(kind, callerOf(process), { outcome, kept, beganAtMs }),
    );
    return exchange;
  }

  judge.limits.started(callerOf(process));
  return {
    ...gateway,
    call: (request, options) =>
      watch('call', request.key, (keep) =>
        gateway.call(request, {
          ...options,
          mayLeave() {
            const may = options.mayLeave();
            if (!may) keep();
            return may;
          },
        }),
      ),
    lookup: (request, options) => watch('lookup', request.key, () => gateway.lookup(request, options)),
  };
}

export function watchedStore({ judge }: World, process: Process, store: Store): Store {
  const earned = (): void => judge.limits.earned(callerOf(process));
  return {
    ...store,
    accept(intent) {
      earned();
      return store.accept(intent);
    },
    openNextCharge(opening) {
      earned();
      return store.openNextCharge(opening);
    },
    advance(advance) {
      const { payment, expected, lease, operation } = advance;
      if (lease.kind === 'take' && operation.attempts === 1) earned();
      judge.limits.writes(callerOf(process), { paymentId: payment.paymentId, seq: expected.seq + 1 });
      return store.advance(advance);
    },
  };
}

export function callerOf({ name, life, clock }: Process): Caller {
  return { name, monotonicMs: clock.monotonicMs(), wokeAtMs: life.wokeAtMs };
}
