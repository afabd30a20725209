/** What the next step of a record will be, as far as it decides where the record waits and what it may use. */
import { type ClaimEvent, mustLookFirst, onClaim } from '../../domain/transition/index.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import type { Request } from '../gate.ts';
import type { Need } from '../place.ts';
import { contextOf } from './parts.ts';

/** The kind of place that the payment's next step needs: places for calls are kept for calls. */
export function needOf(engine: Engine, record: PaymentRecord): Need {
  const now = contextOf(engine, engine.databaseClock.nowMs(), record);
  const { action, next } = onClaim(record.operation, claimEventOf(record), now);
  if (action !== 'call') return 'lookup';
  return mustLookFirst(next, now) ? 'looked_call' : 'call';
}

/** What the gate must allow before that step. */
export function requestOf(record: PaymentRecord, need: Need): Request {
  if (need === 'lookup') return 'lookup';
  if (record.held) return 'resumed';
  return record.operation.attempts > 0 ? 'retry' : 'first_call';
}

/** What a claim on it finds. */
export function claimEventOf(record: PaymentRecord): ClaimEvent {
  return { expiredAtMs: record.held ? record.dueAtMs : null, evidence: record.evidence };
}
