/** What follows from one note: its row is found, and made due for a lookup if the note tells more than the row shows. */
import { type GatewayNote, weighNote } from '../../domain/gateway-note.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import { type Engine, policyOf } from '../context.ts';
import type { Driver } from '../drive.ts';
import { nudge } from '../operator/target.ts';
import { pause } from '../pause.ts';
import { paymentKey, unitOf } from '../unit.ts';
import type { Pace } from './pace.ts';

/** A note, and whose order it is about. */
export interface OwnNote extends GatewayNote {
  readonly accountId: string;
}

export interface Noting {
  readonly engine: Engine;
  readonly driver: Driver;
  readonly pace: Pace;
}

/** `elsewhere`: it is about nothing that Payonce made here. For the others see `Counted`. */
export type Noted = 'noted' | 'known' | 'later' | 'unknown' | 'elsewhere';

/**
 * How long to wait for a worker that holds the row: longer than most exchanges with a gateway take, and shorter than gateways wait for an
 * answer.
 */
const WAIT_FOR_MS = 3000;
/** The first pause between two reads. It doubles up to the cap. */
const READ_AGAIN_MS = 50;
const READ_AGAIN_CAP_MS = 400;

/** Rejects with `StoreError` if the store cannot be read or written. */
export async function takeNote(noting: Noting, note: OwnNote): Promise<Noted> {
  const { clock, ownMode } = noting.engine;
  const untilMs = clock.monotonicMs() + WAIT_FOR_MS;
  let lostAtSeq: number | null = null;
  for (let pauseMs = READ_AGAIN_MS; ; pauseMs = Math.min(2 * pauseMs, READ_AGAIN_CAP_MS)) {
    const found = await find(noting.engine, note);
    // What another process of the other mode has stored is not ours.
    if (!(await ownMode.holds())) return 'later';
    if (typeof found === 'string') return found;
    switch (weighNote(note, found, policyOf(noting.engine, found).contract.lookup)) {
      case 'known':
        return 'known';
      case 'wake': {
        // Nobody has written since the wake was lost. So the row is due soon enough: our date is early by the way to the database.
        if (found.seq === lostAtSeq && found.dueAtMs !== null) return 'known';
        const woken = await wakeUp(noting, found);
        if (woken !== 'lost') return woken;
        if (found.seq === lostAtSeq) break;
        // It is read once more, also if the time is over: nobody may be working on it.
        lostAtSeq = found.seq;
        continue;
      }
      case 'wait':
    }
    if (clock.monotonicMs() >= untilMs) return 'later';
    await pause(clock, pauseMs);
  }
}

/** The row that the note is about. `elsewhere`: a refund that Payonce did not make. */
async function find(
  { store, gateway }: Engine,
  note: OwnNote,
): Promise<PaymentRecord | 'unknown' | 'elsewhere'> {
  const { accountId, orderId, kind, key: gatewayKey, ref: gatewayRef } = note;
  const { payment } = await store.situation({ accountId, orderId, keyHash: null });
  if (kind === 'charge') return payment?.gateway === gateway.name ? payment : 'unknown';
  if (payment === null) return 'unknown';
  const { paymentId } = payment;
  const refund = await store.followUpAtGateway({ accountId, paymentId, kind, gatewayKey, gatewayRef });
  return refund?.gateway === gateway.name ? refund : 'elsewhere';
}

async function wakeUp(
  { engine, driver, pace }: Noting,
  record: PaymentRecord,
): Promise<'noted' | 'known' | 'lost'> {
  const unit = unitOf(record);
  // Never too late: a wall clock that was just set forward would make everything look due, and swallow the event.
  const nowMs = engine.databaseClock.atLeastMs();
  const gapMs = pace.gapMs(unit);
  // The row's last write was its last look. If the clock was set back since, that lies in the future.
  const waitMs = Math.min(gapMs, Math.max(0, record.updatedAtMs + gapMs - nowMs));
  const dueAtMs = nowMs + waitMs;
  if (record.dueAtMs !== null && record.dueAtMs <= dueAtMs) return 'known';
  const woken = await engine.store.wake({
    payment: paymentKey(record),
    followUpId: 'followUp' in record ? unit : null,
    expected: { seq: record.seq },
    waitMs,
  });
  if (woken === 'lost') return 'lost';
  pace.woken(unit);
  nudge(driver, { ...record, dueAtMs }, waitMs);
  return 'noted';
}
