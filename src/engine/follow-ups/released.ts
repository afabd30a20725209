/** Looks up follow-ups that counted as failed without the gateway's word, before another one is sent. */
import { isDeclineFinal } from '../../domain/contract.ts';
import type { FollowUpKind } from '../../domain/effects.ts';
import type { CallOutcome, LookupOutcome } from '../../domain/outcomes.ts';
import type { ReleasedOutcome } from '../../domain/transition/index.ts';
import type { Elsewhere, FollowUpRecord } from '../../ports/store.ts';
import { type Engine, policyOf } from '../context.ts';
import { lookUp } from '../exchange.ts';
import { askedAtMs, askingNow } from '../lease.ts';
import { amountOf, paymentKey } from '../unit.ts';
import { notBefore } from '../verify.ts';
import type { HeldFollowUp, RoomTraits } from './traits.ts';

/** How many are read, and then looked up, at once. */
const PAGE = 16;

type Unavailable = Extract<ReleasedOutcome, { kind: 'unavailable' }>;
type Outcome =
  /** `elsewhere`: what the gateway said of refunds by somebody else; null: it was not asked, or did not say. */
  { readonly kind: 'clear' | 'exceeded' | 'made'; readonly elsewhere: Elsewhere | null } | Unavailable;

/** Rejects with `StoreError`. */
export async function lookUpReleased(
  engine: Engine,
  held: HeldFollowUp,
  traits: Pick<RoomTraits, 'releasedKinds' | 'lookup' | 'leftMinor' | 'askElsewhere'>,
): Promise<Outcome> {
  const { store } = engine;
  const { leftMinor, askElsewhere } = traits;
  const payment = paymentKey(held.record);
  const looked = await lookAtReleased(engine, held, traits);
  if (looked.kind === 'unavailable') return looked;
  const { foundMinor } = looked;
  const [sums] = await store.sums(payment.accountId, [payment.paymentId]);
  if (sums === undefined) return { kind: 'clear', elsewhere: null };
  const fits = (elsewhereMinor: number): boolean =>
    leftMinor({ ...sums, elsewhereMinor }, held.record) - foundMinor >= held.record.order.amountMinor;
  const ended = foundMinor === 0 ? 'clear' : 'made';
  if (fits(sums.elsewhereMinor)) return { kind: ended, elsewhere: null };
  // It may fit all the same, if less was refunded elsewhere than is known here.
  if (!fits(0)) return { kind: 'exceeded', elsewhere: null };
  const said = await askElsewhere(engine, held, false);
  if (said.kind === 'unanswered') return unanswered(said.outcome);
  if (said.kind === 'not_said') return { kind: 'exceeded', elsewhere: null };
  const { elsewhere } = said;
  const isLess = elsewhere.exact && fits(elsewhere.amountMinor);
  return { kind: isLess ? ended : 'exceeded', elsewhere };
}

/**
 * Looks up all released follow-ups of the payment. `foundMinor`: how much of what they had released the gateway has made after all. Their own
 * rows get that as evidence. Rejects with `StoreError`.
 */
export async function lookAtReleased(
  engine: Engine,
  held: HeldFollowUp,
  { releasedKinds, lookup }: Pick<RoomTraits, 'releasedKinds' | 'lookup'>,
): Promise<{ readonly kind: 'looked'; readonly foundMinor: number } | Unavailable> {
  let foundMinor = 0;
  for (const kind of releasedKinds) {
    const looked = await lookAtKind(engine, held, kind, lookup);
    if (looked.kind === 'unavailable') return looked;
    foundMinor += looked.foundMinor;
  }
  return { kind: 'looked', foundMinor };
}

async function lookAtKind(
  engine: Engine,
  held: HeldFollowUp,
  kind: FollowUpKind,
  lookup: RoomTraits['lookup'],
): ReturnType<typeof lookAtReleased> {
  const payment = paymentKey(held.record);
  const { id } = held.record.followUp;
  let foundMinor = 0;
  for (let after: string | null = null; ; ) {
    const page: readonly FollowUpRecord[] = await engine.store.releasedFollowUps({
      payment,
      kind,
      after,
      limit: PAGE,
    });
    const others = page.filter(({ followUp }) => followUp.id !== id);
    const asking = askingNow(engine, held);
    const outcomes = await Promise.all(others.map((other) => lookUp(engine, held, lookup(engine, other))));
    for (const [index, outcome] of outcomes.entries()) {
      const other = others[index] as FollowUpRecord;
      const shown = await judge(engine, held, { other, outcome, atMs: askedAtMs(engine, asking) });
      if (shown.kind === 'unavailable') return shown;
      if (shown.kind === 'made') foundMinor += amountOf(other);
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.followUp.id ?? after;
  }
  return { kind: 'looked', foundMinor };
}

/** What the gateway, and late evidence, show of one that counted as failed. */
async function judge(
  engine: Engine,
  held: HeldFollowUp,
  {
    other,
    outcome,
    atMs,
  }: { readonly other: FollowUpRecord; readonly outcome: LookupOutcome; readonly atMs: number },
): Promise<{ readonly kind: 'made' | 'not_made' } | Unavailable> {
  if (outcome.kind === 'unavailable' || outcome.kind === 'forbidden') return unanswered(outcome);
  const money = moneyOf(outcome);
  if (money !== null) {
    // Its own row says so as soon as a worker has looked it up.
    await engine.store.addFollowUpEvidence({
      payment: paymentKey(other),
      id: other.followUp.id,
      outcome: money,
    });
    return { kind: 'made' };
  }
  // A decline that is not final is about one call. Another one may still land.
  const isFinal = outcome.kind !== 'declined' || isDeclineFinal(policyOf(engine, other).contract);
  if ((outcome.kind !== 'absent' && isFinal) || other.evidence === 0) return { kind: 'not_made' };
  const { moneyAtMs, sentUntilMs } = await engine.store.followUpNews(
    other.order.accountId,
    other.followUp.id,
  );
  // A lookup that shows nothing does not disprove a report. That one goes to a person.
  if (moneyAtMs !== null && outcome.kind === 'absent') return { kind: 'made' };
  return notBefore(engine, held, [sentUntilMs], atMs) ?? { kind: 'not_made' };
}

/** Nothing was learnt. */
export function unanswered({
  kind,
  reason,
}: Extract<LookupOutcome, { kind: 'unavailable' | 'forbidden' }>): Unavailable {
  const forbidden = kind === 'forbidden';
  return { kind: 'unavailable', reason, waitMs: null, contested: false, evidenceAtMs: null, forbidden };
}

/** As a call would have reported it. Null: it moved no money. */
function moneyOf(outcome: LookupOutcome): CallOutcome | null {
  switch (outcome.kind) {
    case 'succeeded':
    case 'captured':
      return { kind: 'approved', ref: outcome.ref };
    case 'pending':
      return { kind: 'pending', ref: outcome.ref };
    case 'mismatch':
      return { kind: 'mismatch', ref: outcome.ref, reason: outcome.reason };
    case 'duplicated':
      return { kind: 'approved', ref: outcome.refs[0] ?? '' };
    default:
      return null;
  }
}
