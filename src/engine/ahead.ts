/** Asking after charges that a restored database may have forgotten: their keys are derived, so they can be asked for. */
import type { LookupOutcome } from '../domain/outcomes.ts';
import type { AheadOutcome } from '../domain/transition/index.ts';
import type { Engine } from './context.ts';
import { chargeRequest, lookUp } from './exchange.ts';
import type { Held } from './lease.ts';
import { derivedKey } from './names.ts';

/** Declined charges behind each other that are followed; an order that went on for longer is asked about again later. */
const MOST = 50;

/** Whether the gateway knows a charge of the order after the current one. A key that it does not know ends the row. */
export async function lookAhead(engine: Engine, held: Held): Promise<AheadOutcome> {
  const { order, charge } = held.record;
  for (let n = charge.n + 1; n <= charge.n + MOST; n += 1) {
    const request = chargeRequest(engine, { order, chargeKey: derivedKey(engine, order, n) });
    const outcome = await lookUp(engine, held, request);
    if (outcome.kind === 'absent') return { kind: 'clear' };
    if (outcome.kind !== 'declined') return judged(outcome);
  }
  return { kind: 'unavailable', reason: 'too_many_charges_ahead' };
}

function judged(outcome: Exclude<LookupOutcome, { kind: 'absent' | 'declined' }>): AheadOutcome {
  switch (outcome.kind) {
    case 'succeeded':
    case 'mismatch':
    case 'pending':
      return { kind: 'found', chargeId: outcome.chargeId };
    case 'duplicated':
      return { kind: 'found', chargeId: outcome.chargeIds[0] ?? null };
    case 'unavailable':
    case 'forbidden':
      return { kind: 'unavailable', reason: outcome.reason };
  }
}
