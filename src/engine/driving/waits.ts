/** Where records wait in memory: for their time, then for a place at the gateway and for what its limits allow. */
import type { EffectKind } from '../../domain/effects.ts';
import { leftToTryMs } from '../../domain/transition/index.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import type { Permission, Request } from '../gate.ts';
import { type Place, takePlace, waitForPlace } from '../place.ts';
import { needOf, requestOf } from './next-step.ts';
import { contextOf, type Parts } from './parts.ts';

export interface Waits {
  /** Continues with it after `waitMs`, once the gateway's limits allow it. False: it is left to the sweep. */
  resumeIn(record: PaymentRecord, waitMs: number): boolean;
  /** Continues in `waitMs` (default: at once) with what waits here, if this record is newer. */
  wake(record: PaymentRecord, waitMs?: number): void;
  /** Ends the wait of an older state of the payment. False: there was none. */
  endWait(record: PaymentRecord): boolean;
}

export interface WaitsOptions extends Parts {
  /** Called when a record has its place and may continue. Whoever is called gives the place back. */
  readonly onPlace: (record: PaymentRecord, place: Place) => void;
}

export function createWaits({ engine, active, forget, isDraining, onPlace }: WaitsOptions): Waits {
  const { clock, gate, limits, databaseClock } = engine;

  /** After a suspension a timer fires late, so nothing is decided before it fires. */
  function resumeIn(record: PaymentRecord, waitMs: number): boolean {
    return later(record, waitMs, () => seekPlace(record, null));
  }

  /**
   * Continues when there is a place at the gateway, or when there is no time left to try. `paid`: the request for
   * which the gate's budget was already charged.
   */
  function seekPlace(record: PaymentRecord, paid: Request | null): void {
    const need = needOf(engine, record);
    const { kind } = record.operation;
    const place = takePlace(engine, need, kind);
    if (place !== null) {
      start(record, place, paid);
      return;
    }
    const dueAtMs = record.dueAtMs ?? databaseClock.nowMs();
    const leftMs = need === 'lookup' ? Number.POSITIVE_INFINITY : leftMsOf(record);
    const onPlace = (free: Place): void => {
      cancelTimer();
      start(record, free, paid);
    };
    const leave = waitForPlace(engine, { need, kind, dueAtMs, onPlace });
    const tooLate = (): void => {
      leave();
      seekPlace(record, paid);
    };
    const cancelTimer = leftMs === Number.POSITIVE_INFINITY ? () => {} : clock.after(leftMs, tooLate);
    const cancel = (): void => {
      cancelTimer();
      leave();
    };
    active.waiting(record, cancel, paid);
  }

  function leftMsOf(record: PaymentRecord): number {
    return leftToTryMs(record.operation, contextOf(engine, databaseClock.nowMs(), record));
  }

  /** No payment keeps its place while it waits. If it may not continue now, it gives the place back first. */
  function start(record: PaymentRecord, place: Place, paid: Request | null): void {
    const need = needOf(engine, record);
    const request = requestOf(record, need);
    // After a long wait, another step may be right.
    const isRight = need === place.need && (paid === null || paid === request);
    const { kind } = record.operation;
    const permission = isRight ? permissionOf(request, paid, kind) : { kind: 'ask_again' as const, inMs: 0 };
    if (permission.kind === 'go' && permission.inMs === 0) {
      onPlace(record, place);
      return;
    }
    place.free();
    if (permission.kind === 'ask_again') {
      if (paid !== null) gate.giveBack(paid, kind);
      resumeIn(record, Math.min(permission.inMs, leftMsOf(record)));
    } else if (!later(record, permission.inMs, () => seekPlace(record, request), request)) {
      gate.giveBack(request, kind);
    }
  }

  /**
   * Asks the breaker in the tick in which the call can start, but asks a budget only once. A call that has waited for
   * its budget may be a probe.
   */
  function permissionOf(request: Request, paid: Request | null, kind: EffectKind): Permission {
    if (paid === null) return gate.reserve(request, kind);
    return request === 'lookup' ? { kind: 'go', inMs: 0 } : gate.reserve('resumed', kind);
  }

  function wake(record: PaymentRecord, waitMs = 0): void {
    if (endWait(record)) resumeIn(record, waitMs);
  }

  /** Ends the wait of an older state of the payment. False: there was none. */
  function endWait(record: PaymentRecord): boolean {
    const interrupted = active.interrupt(record);
    if (interrupted === null) return false;
    if (interrupted.reserved !== null) gate.giveBack(interrupted.reserved, record.operation.kind);
    return true;
  }

  /** Keeps the payment in memory until `next` runs. False: it is left to the sweep instead. */
  function later(
    record: PaymentRecord,
    waitMs: number,
    next: () => void,
    reserved: Request | null = null,
  ): boolean {
    if (isDraining() || waitMs > limits.localWaitMs || !active.hasRoomFor(record)) {
      forget(record);
      return false;
    }
    active.waiting(record, clock.after(waitMs, next), reserved);
    return true;
  }

  return { resumeIn, wake, endWait };
}
