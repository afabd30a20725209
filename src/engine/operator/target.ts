/** What an operator speaks about: how it is found, changed, and handed to a worker. */
import { followUpWords } from '../../domain/effects.ts';
import type { EventType } from '../../domain/events.ts';
import { dashed, isUuid } from '../../domain/ids.ts';
import { type FollowUpRecord, type PaymentRecord, StoreError, type WishChange } from '../../ports/store.ts';
import type { OperatorAnswer, OperatorProblem, OperatorTarget } from '../api.ts';
import { lastOf } from '../capturing/reads.ts';
import { type Engine, roomOf } from '../context.ts';
import type { Driver } from '../drive.ts';
import type { Show } from '../show-now.ts';
import { namesOf, unitOf } from '../unit.ts';
import { write } from '../write.ts';

export interface Operating {
  readonly engine: Engine;
  readonly driver: Driver;
  readonly show: Show;
}

export interface Found {
  readonly record: PaymentRecord;
  /** As the outside may see it. Rejects with `StoreError`. */
  answer(record: PaymentRecord): Promise<Exclude<OperatorAnswer, { kind: 'problem' }>>;
}

/** What the target names, as it is now, or the problem with it. */
export async function findTarget(
  { engine, show }: Operating,
  { accountId, paymentId, followUp: named }: OperatorTarget,
): Promise<Found | OperatorProblem> {
  const payment = isUuid(paymentId) ? await engine.store.payment(accountId, paymentId) : null;
  if (payment === null) return 'payment_not_found';
  await show.requireOwnMode();
  if (named === null)
    return foundAt(engine, payment, async (now) => ({ kind: 'payment', payment: await show.payment(now) }));
  const { kind, name } = named;
  const { store } = engine;
  const followUp =
    name === null
      ? await lastOf(store, accountId, paymentId, kind)
      : await store.followUp({ accountId, paymentId, kind, name });
  if (followUp === null) return followUpWords(kind).notFound;
  return foundAt(engine, followUp, async (now) => show.followUp(kind, now as FollowUpRecord));
}

function foundAt(engine: Engine, record: PaymentRecord, answer: Found['answer']): Found | OperatorProblem {
  const isOurs = record.gateway === engine.gateway.name && roomOf(engine, record).isOffered(engine);
  return isOurs ? { record, answer } : 'other_gateway';
}

/** The answer after `note` has written. If it cannot be read, that must not look as if nothing had been stored. */
export async function answerNoted(found: Found, noted: PaymentRecord): ReturnType<Found['answer']> {
  try {
    return await found.answer(noted);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const message = 'It was stored, and the answer could not be read. Repeat it, or read its status.';
    throw new StoreError('outcome_unknown', message, { cause: error });
  }
}

/** As long as a fail-over of the database takes, and shorter than a client waits. */
const TRY_FOR_MS = 3000;

/**
 * One fenced write without a lease: the event, perhaps a wish, and the row is due now. Nobody may hold the row. Null: it has changed since it
 * was read. Rejects with `StoreError` if it cannot be written.
 */
export async function note(
  { engine, driver }: Operating,
  record: PaymentRecord,
  event: { readonly type: EventType; readonly detail: string | null },
  wish: WishChange | null,
): Promise<PaymentRecord | null> {
  const written = await write(engine, {
    record,
    decision: { next: record.operation, event, waitMs: 0 },
    lease: { kind: 'pass', claimId: dashed(engine.random.hex128()), waitMs: 0 },
    mustBeDue: false,
    evidenceSeen: 0,
    nowMs: engine.databaseClock.nowMs(),
    wish,
    tryForMs: TRY_FOR_MS,
  });
  if (written.kind === 'unreachable') throw written.error;
  if (written.kind !== 'done') return null;
  engine.log.info({ ...namesOf(record), event: event.type, detail: event.detail }, 'an operator has spoken');
  nudge(driver, written.record);
  return written.record;
}

/** So that a worker of this process takes it up in `waitMs`, and not the sweep a moment later. */
export function nudge(driver: Driver, record: PaymentRecord, waitMs = 0): void {
  if (driver.known(unitOf(record)) === undefined) driver.resumeIn(record, waitMs);
  else driver.wake(record, waitMs);
}
