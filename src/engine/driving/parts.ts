/** What the parts of one driver share. */
import { timeOfUuidV7 } from '../../domain/ids.ts';
import type { Context } from '../../domain/transition/index.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import type { ActivePayments } from '../active.ts';
import { type Engine, policyOf } from '../context.ts';
import { unitOf } from '../unit.ts';

export interface Parts {
  readonly engine: Engine;
  readonly active: ActivePayments;
  /** Called after every durable change that this process made. */
  readonly onChange: (record: PaymentRecord) => void;
  /** Leaves it to the sweep, or to nobody once it has ended. */
  forget(record: PaymentRecord): void;
  /** Nothing new may start. */
  isDraining(): boolean;
}

/** What a decision about the record, made at `nowMs` of the database's clock, depends on. Each one has a random number of its own. */
export function contextOf(engine: Engine, nowMs: number, record: PaymentRecord): Context {
  const { clock, random, databaseClock } = engine;
  const policy = policyOf(engine, record);
  const wallAgeMs = wallAgeOf(record, clock.wallMs());
  const atLeastMs = databaseClock.atLeastMs();
  return { policy, nowMs, atLeastMs, roll: random.float(), trust: databaseClock.trust(), wallAgeMs };
}

/** How long the wall clock, which now reads `wallMs`, says that the operation is open. 0: nobody knows, because an older release opened it. */
function wallAgeOf(record: PaymentRecord, wallMs: number): number {
  const isLater = record.operation.n > 1;
  const openedMs = isLater ? record.openedWallMs : timeOfUuidV7(unitOf(record));
  return openedMs === undefined ? 0 : wallMs - openedMs;
}
