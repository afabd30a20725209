/** What an operator speaks about: how it is found, changed, and handed to a worker. */
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
  target: OperatorTarget,
): Promise<Found | OperatorProblem> {
  const { accountId, paymentId } = target;
  const payment = isUuid(paymentId) ? await engine.store.payment(accountId, paymentId) : null;
  if (payment === null) return 'payment_not_found';
  await show.requireOwnMode();
  const followUp = await findFollowUp(engine, target);
  if (typeof followUp === 'string') return followUp;
  const record = followUp ?? payment;
  if (record.gateway !== engine.gateway.name || !roomOf(engine, record).isOffered(engine))
    return 'other_gateway';
  return {
    record,
    answer: async (now) => {
      if (followUp === null) return { kind: 'payment', payment: await show.payment(now) };
      const changed = now as FollowUpRecord;
      return target.exclusive === undefined
        ? { kind: 'refund', refund: show.refund(changed) }
        : { kind: 'exclusive', exclusive: show.exclusive(changed) };
    },
  };
}

/** Null: the target is the payment itself. */
async function findFollowUp(
  { store }: Engine,
  { accountId, paymentId, refundId, exclusive }: OperatorTarget,
): Promise<FollowUpRecord | null | 'refund_not_found' | 'operation_not_found'> {
  if (exclusive !== undefined)
    return (await lastOf(store, accountId, paymentId, exclusive)) ?? 'operation_not_found';
  if (refundId === null) return null;
  const name = { accountId, paymentId, kind: 'refund', name: refundId } as const;
  return (await store.followUp(name)) ?? 'refund_not_found';
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

/** So that a worker of this process takes it up now, and not the sweep a moment later. */
export function nudge(driver: Driver, record: PaymentRecord): void {
  if (driver.known(unitOf(record)) === undefined) driver.resumeIn(record, 0);
  else driver.wake(record);
}
