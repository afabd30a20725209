/** Looks up charges that a restored database may have forgotten. Their keys are derived, so they are known. */
import { type LookupOutcome, onAnyTerms } from '../domain/outcomes.ts';
import { forgottenProof } from '../domain/proof.ts';
import type { AheadOutcome } from '../domain/transition/index.ts';
import type { Engine } from './context.ts';
import { askingNow, type Held } from './lease.ts';
import { lookUpCharge, seals } from './look-up-charge.ts';
import { derivedKey } from './names.ts';

/** Nearly always there is none. So one is looked up first, then twice as many at once each time, up to this number. */
const PAGE = 16;
/** How many declined, sealed or reversed charges in a row are followed at once. The next search continues after the declined and sealed ones. */
const MOST = 256;

/**
 * Whether the gateway knows a charge of the order after the current one. The search ends at the first key that the
 * gateway does not know.
 */
export async function lookAhead(engine: Engine, held: Held): Promise<AheadOutcome> {
  const { paymentId, operation } = held.record;
  const { atMs } = askingNow(engine, held);
  const proof = forgottenProof(atMs, engine.policy, engine.databaseClock.trust());
  const first = Math.max(operation.n, engine.ahead.declinedUpTo(paymentId)) + 1;
  let size = 1;
  let takenBack: TakenBack | null = null;
  for (let n = first; n < first + MOST; ) {
    const page = await askFor(engine, held, n, size);
    const declined = page.findIndex(({ kind }) => !ENDED.has(kind));
    n += declined < 0 ? size : declined;
    const ended = declined < 0 ? page : page.slice(0, declined);
    takenBack ??= ended.find((outcome) => outcome.kind === 'reversed') ?? null;
    // While a forgotten call may still land, a decline may not be final. And what was taken back must be seen by each search.
    const isFinal = proof.kind === 'proved' && takenBack === null;
    if (isFinal && n - 1 > operation.n) engine.ahead.note(paymentId, n - 1);
    if (declined >= 0) return judged(page.slice(declined), takenBack, proof);
    size = Math.min(size * 2, PAGE);
  }
  return { kind: 'unavailable', reason: 'too_many_charges_ahead', forbidden: false };
}

function askFor(engine: Engine, held: Held, from: number, size: number): Promise<LookupOutcome[]> {
  const { order, paymentId } = held.record;
  return Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const gatewayKey = derivedKey(engine, order, from + index);
      const charge = { order, gatewayKey, paymentId, n: from + index };
      return onAnyTerms(await lookUpCharge(engine, held, charge, seals.whatIsOpen));
    }),
  );
}

/** What never takes money any more. */
const ENDED: ReadonlySet<LookupOutcome['kind']> = new Set(['declined', 'reversed', 'sealed']);

type TakenBack = Extract<LookupOutcome, { kind: 'reversed' }>;

/** A live charge counts first, even after a charge that the gateway never received. `takenBack`: the first that was paid and is not any more. */
function judged(
  page: readonly LookupOutcome[],
  takenBack: TakenBack | null,
  proof: ReturnType<typeof forgottenProof>,
): AheadOutcome {
  for (const outcome of page) {
    const live = liveIn(outcome);
    if (live !== null) return { kind: 'found', ref: live.ref };
  }
  const [end] = page;
  if (end?.kind === 'unavailable' || end?.kind === 'forbidden')
    return { kind: 'unavailable', reason: end.reason, forbidden: end.kind === 'forbidden' };
  if (end?.kind === 'open' || end?.kind === 'requires_action')
    return { kind: 'unavailable', reason: 'not_sealed', forbidden: false };
  if (proof.kind !== 'proved') return { kind: 'may_land', atMs: proof.atMs };
  return takenBack === null ? { kind: 'clear' } : { kind: 'taken_back', ref: takenBack.refs[0] ?? null };
}

/** The money that a lookup shows. Null: it shows none. `ref` null: the gateway's id of it is not known. */
function liveIn(outcome: LookupOutcome): { readonly ref: string | null } | null {
  switch (outcome.kind) {
    case 'succeeded':
    case 'captured':
    case 'mismatch':
    case 'pending':
      return { ref: outcome.ref };
    case 'duplicated':
      return { ref: outcome.refs[0] ?? null };
    case 'declined':
    case 'reversed':
    case 'sealed':
    case 'open':
    case 'requires_action':
    case 'absent':
    case 'unavailable':
    case 'forbidden':
      return null;
  }
}
