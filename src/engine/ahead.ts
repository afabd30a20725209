/** Looks up charges that a restored database may have forgotten. Their keys are derived, so they are known. */
import { type LookupOutcome, onAnyTerms } from '../domain/outcomes.ts';
import { forgottenProof } from '../domain/proof.ts';
import type { AheadOutcome } from '../domain/transition/index.ts';
import type { Engine } from './context.ts';
import { askingNow, type Held } from './lease.ts';
import { lookUpCharge, seals } from './look-up-charge.ts';
import { derivedKey } from './names.ts';

/**
 * So many keys in a row that the gateway does not know end the search. One is not enough: a charge that never reached the gateway, as in an
 * outage, may stand before one that was paid.
 */
const UNKNOWN_IN_A_ROW = 4;
/** Nearly always there is none. So these are looked up first, then twice as many at once each time, up to this number. */
const PAGE = 16;
/** How many charges are followed at once. The next search continues after the declined and sealed ones. */
const MOST = 256;

/**
 * Whether the gateway knows a charge of the order after the current one. The search ends at `UNKNOWN_IN_A_ROW` keys that the
 * gateway does not know.
 */
export async function lookAhead(engine: Engine, held: Held): Promise<AheadOutcome> {
  const { paymentId, operation } = held.record;
  const { atMs } = askingNow(engine, held);
  const proof = forgottenProof(atMs, engine.policy, engine.databaseClock.trust());
  const first = Math.max(operation.n, engine.ahead.declinedUpTo(paymentId)) + 1;
  let size = UNKNOWN_IN_A_ROW;
  let unknown = 0;
  let takenBack: TakenBack | null = null;
  for (let n = first; n < first + MOST; ) {
    const page = await askFor(engine, held, n, size);
    const live = page.map(liveIn).find((found) => found !== null);
    if (live !== undefined) return { kind: 'found', ref: live.ref };
    for (const outcome of page) {
      if (outcome.kind === 'absent') unknown += 1;
      else if (!isEnded(outcome)) return unclear(outcome);
      else {
        unknown = 0;
        if (outcome.kind === 'reversed') takenBack ??= outcome;
        // While a forgotten call may still land, a decline may not be final. And what was taken back must be seen by each search.
        else if (proof.kind === 'proved' && takenBack === null) engine.ahead.note(paymentId, n);
      }
      n += 1;
      if (unknown === UNKNOWN_IN_A_ROW) return nothingLive(takenBack, proof);
    }
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

type TakenBack = Extract<LookupOutcome, { kind: 'reversed' }>;
type Ended = Extract<LookupOutcome, { kind: 'declined' | 'reversed' | 'sealed' }>;

/** What never takes money any more. */
const ENDED: ReadonlySet<LookupOutcome['kind']> = new Set<Ended['kind']>(['declined', 'reversed', 'sealed']);

function isEnded(outcome: LookupOutcome): outcome is Ended {
  return ENDED.has(outcome.kind);
}

/** The gateway did not say what became of a charge, or it can still be paid. */
function unclear(outcome: LookupOutcome): AheadOutcome {
  const { kind } = outcome;
  if (kind === 'unavailable' || kind === 'forbidden')
    return { kind: 'unavailable', reason: outcome.reason, forbidden: kind === 'forbidden' };
  return { kind: 'unavailable', reason: 'not_sealed', forbidden: false };
}

/** `takenBack`: the first that was paid and is not any more. */
function nothingLive(takenBack: TakenBack | null, proof: ReturnType<typeof forgottenProof>): AheadOutcome {
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
