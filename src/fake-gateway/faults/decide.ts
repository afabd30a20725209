/** Which fault happens to which call: pure decisions from the settings, the magic token and the seed. */
import type { OperationKind } from '../ledger/port.ts';
import { type EXCLUSIVE_AXES, FAULTS, type FaultName, type FaultOf, faultsOf } from './catalogue.ts';
import { draw } from './random.ts';
import type { FaultSettings } from './settings.ts';
import type { MagicToken } from './tokens.ts';

export type AnswerFault = FaultOf<'answer'>;
export type BookingFault = FaultOf<'booking'>;
export type OperationFault = FaultOf<OperationKind>;

const ANSWER_FAULTS = faultsOf('answer');
const BOOKING_FAULTS = faultsOf('booking');
const OPERATION_FAULTS = {
  refund: faultsOf('refund'),
  capture: faultsOf('capture'),
  void: faultsOf('void'),
} as const;

/**
 * The fault of one attempt. Null: it goes well.
 *
 * @param magic what the charge's method does to this effect; null: the rates apply. So it is in all of these decisions.
 * @param attempt the first is 1.
 */
export function answerFault(
  settings: FaultSettings,
  key: string,
  magic: MagicToken | null,
  attempt: number,
): AnswerFault | null {
  if (magic === null) return pick(settings, ANSWER_FAULTS, 'answer', key, attempt);
  if (magic.calls === 'first' && attempt > 1) return null;
  return isOf(magic.fault, 'answer') ? magic.fault : null;
}

/** What is booked for a charge's key instead of a plain success. Null: a plain success. It is the same for all attempts. */
export function bookingFault(
  settings: FaultSettings,
  key: string,
  magic: MagicToken | null,
): BookingFault | null {
  if (magic === null) return pick(settings, BOOKING_FAULTS, 'booking', key, 0);
  return isOf(magic.fault, 'booking') ? magic.fault : null;
}

/** The same for the key of a refund, a capture or a void. */
export function operationFault(
  settings: FaultSettings,
  kind: OperationKind,
  key: string,
  magic: MagicToken | null,
): OperationFault | null {
  if (magic === null) return pick<OperationFault>(settings, OPERATION_FAULTS[kind], kind, key, 0);
  return isOf(magic.fault, kind) ? magic.fault : null;
}

/**
 * Whether an independent fault happens.
 *
 * @param n which time, if the same key has several decisions; else 0.
 */
export function strikes(
  settings: FaultSettings,
  fault: FaultOf<'key' | 'lookup' | 'webhook'>,
  key: string,
  magic: MagicToken | null,
  n = 0,
): boolean {
  if (magic !== null) return magic.fault === fault;
  const { rate } = settings[fault];
  return rate > 0 && draw(settings.seed, fault, key, n) < rate;
}

/** The base latency of one exchange, in milliseconds. */
export function latencyMs(settings: FaultSettings, purpose: string, key: string, n: number): number {
  const { min, max } = settings.latency_ms;
  return min === max ? min : min + Math.floor(draw(settings.seed, purpose, key, n) * (max - min + 1));
}

/** The delay of a fault that takes a time, in milliseconds. */
export function delayOf(settings: FaultSettings, fault: FaultName): number {
  return settings[fault].delay_ms ?? 0;
}

/** One draw against the rates laid end to end, so that each fault gets its exact share. */
function pick<N extends FaultName>(
  settings: FaultSettings,
  names: readonly N[],
  purpose: string,
  key: string,
  n: number,
): N | null {
  // Drawn only if a rate is set, so that faults cost nothing in a run without them.
  let left = -1;
  for (const name of names) {
    const { rate } = settings[name];
    if (rate === 0) continue;
    if (left === -1) left = draw(settings.seed, purpose, key, n);
    left -= rate;
    if (left < 0) return name;
  }
  return null;
}

function isOf<A extends (typeof EXCLUSIVE_AXES)[number]>(
  fault: FaultName | null,
  axis: A,
): fault is FaultOf<A> {
  return fault !== null && FAULTS[fault].axis === axis;
}
