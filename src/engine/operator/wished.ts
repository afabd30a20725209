/** What a worker does with an operator's wish: it finds it, looks at the gateway once more, and decides. */
import { type Context, type Decision, onWished } from '../../domain/transition/index.ts';
import {
  type FollowUpRecord,
  type PaymentRecord,
  type StoredWish,
  StoreError,
  type WishChange,
} from '../../ports/store.ts';
import { type Engine, policyOf, roomOf } from '../context.ts';
import { askedAtMs, askingNow, type Held } from '../lease.ts';
import { amountOf, isFollowUp, unitOf } from '../unit.ts';
import type { VerifyProgress } from '../verify-progress.ts';

/**
 * The open wish about what is in REVIEW. It is read only there, so nothing else pays for it. Whoever makes a wish raises the row's `seq`, so
 * a claim that follows this answer fails if a wish is made in between.
 */
export async function openWish(
  engine: Pick<Engine, 'store' | 'outage' | 'clock'>,
  record: PaymentRecord,
): Promise<StoredWish | null | 'unreadable'> {
  const { operation, order } = record;
  const askedMs = engine.clock.monotonicMs();
  try {
    const wish = await engine.store.lastWish({ accountId: order.accountId, unitId: unitOf(record) });
    return wish === null || wish.end !== null || wish.n !== operation.n ? null : wish;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    engine.outage.failed(error, askedMs);
    return 'unreadable';
  }
}

export interface Resolved {
  readonly decision: Decision;
  readonly evidenceSeen: number;
  /** Null: the wish stays open. */
  readonly wish: WishChange | null;
}

/** Looks once more, at everything that can be looked at. */
export async function lookOnceMore(
  engine: Engine,
  held: Held,
  stored: StoredWish,
  progress: VerifyProgress,
): Promise<(context: Context) => Resolved> {
  const { record } = held;
  const otherMinor = otherAmountOf(stored, record);
  const room = roomOf(engine, record);
  const asking = askingNow(engine, held);
  const check = await room.verify(engine, held, progress);
  const canLook = policyOf(engine, record).contract.lookup;
  const own = canLook ? await room.lookup(engine, withAmount(held, otherMinor), 'ends') : null;
  const asked = askedAtMs(engine, asking);
  return (context) => {
    const { decision: checked, evidenceSeen, others } = check(context);
    const { decision, end } = onWished(
      stored,
      { checked, others, own, otherMinor, askedAtMs: asked },
      context,
    );
    if (end === null) return { decision, evidenceSeen, wish: null };
    // Where the gateway says nothing about the evidence, the operator's word is the answer to it.
    const seen = end === 'carried_out' ? record.evidence : evidenceSeen;
    return { decision, evidenceSeen: seen, wish: { kind: 'end', seq: stored.seq, end } };
  };
}

/** The amount in the operator's word, if it is not the one that was asked for. */
function otherAmountOf({ wish }: StoredWish, record: PaymentRecord): number | null {
  if (wish.outcome === 'failed' || wish.amountMinor === amountOf(record)) return null;
  return wish.amountMinor;
}

/** As if it were settled with that amount: so the gateway's answer is compared with the operator's word. */
function withAmount(held: Held, otherMinor: number | null): Held {
  if (otherMinor === null || !isFollowUp(held.record)) return held;
  const record: FollowUpRecord = { ...held.record, settledMinor: otherMinor };
  return { ...held, record };
}
