/**
 * Drives a payment with its current charge, or a follow-up: claims it, acts, writes the result, and repeats this. It ends when that is
 * settled, or waits too long to be kept in memory. Every step is durable before the next begins, so the process may die between any two.
 *
 * `driving/waits.ts` says when a step begins, `driving/worker.ts` does it, and `driving/finish.ts` writes how it ended. Comments there say
 * payment for follow-ups, too.
 */
import type { PaymentRecord } from '../ports/store.ts';
import { createActivePayments } from './active.ts';
import type { Engine } from './context.ts';
import type { Parts } from './driving/parts.ts';
import { createWaits } from './driving/waits.ts';
import { createWorker } from './driving/worker.ts';
import type { Held } from './lease.ts';
import type { Place } from './place.ts';
import { namesOf, unitOf } from './unit.ts';

export interface Driver {
  /** Continues with a payment that was accepted under our claim. Its first step is already counted. */
  drive(held: Held): void;
  /** Continues with a payment after `waitMs`, once the gateway's limits allow it. `false`: it is left to the sweep. */
  resumeIn(record: PaymentRecord, waitMs: number): boolean;
  /**
   * Continues in `waitMs` (default: at once) with a payment that waits here, if the store has something newer: evidence, another
   * process's write, or an earlier time.
   */
  wake(record: PaymentRecord, waitMs?: number): void;
  /** It as this process last knew it, while it is in memory. `unit`: see `unitOf`. */
  known(unit: string): PaymentRecord | undefined;
  /** Starts nothing new, and resolves when everything under way has ended. */
  drain(): Promise<void>;
}

export interface DriverOptions {
  readonly engine: Engine;
  /** Called after every durable change that this process made. */
  readonly onChange: (record: PaymentRecord) => void;
  /** Called when something leaves this process's memory. */
  readonly onForget: (unit: string) => void;
}

export function createDriver({ engine, onChange, onForget }: DriverOptions): Driver {
  const { gate, log } = engine;
  const active = createActivePayments(engine.limits.maxActive);
  const parts: Parts = { engine, active, onChange, forget, isDraining: () => draining };
  const waits = createWaits({
    ...parts,
    onPlace: (record, place) => track(record, worker.takeUp(record, place), place),
  });
  const worker = createWorker({ ...parts, resumeIn: waits.resumeIn });
  let running = 0;
  let draining = false;
  let idle: Promise<void> | null = null;
  let onIdle: (() => void) | null = null;

  /**
   * Frees the place when a worker's step has ended. If the step throws, the payment is forgotten here, and the sweep
   * finds it again.
   */
  function track(record: PaymentRecord, work: Promise<void>, place: Place | null): void {
    running += 1;
    work.then(
      () => ended(place),
      (error: unknown) => {
        forget(record);
        log.error(
          { err: error, ...namesOf(record) },
          'a worker failed; the sweep takes its payment up again',
        );
        ended(place);
      },
    );
  }

  function ended(place: Place | null): void {
    place?.free();
    running -= 1;
    if (running === 0) onIdle?.();
  }

  function forget(record: PaymentRecord): void {
    const unit = unitOf(record);
    active.remove(unit);
    onForget(unit);
  }

  return {
    drive(held) {
      // The order's failed charge may still be waiting here.
      waits.endWait(held.record);
      track(held.record, worker.begin(held), held.place);
    },
    resumeIn: waits.resumeIn,
    wake: waits.wake,
    known: active.record,
    drain() {
      draining = true;
      gate.close();
      for (const record of active.idle()) forget(record);
      if (running === 0) return Promise.resolve();
      idle ??= new Promise((resolve) => {
        onIdle = resolve;
      });
      return idle;
    },
  };
}
