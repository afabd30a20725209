/** What must hold once the faults have stopped and everything had its time: settled, equal to the ledger, let go of. */
import type { GatewayModel } from '../gateway/model.ts';
import type { Plan } from '../plan/plan.ts';
import type { Database, Row } from '../store/database.ts';

export interface EndingParts {
  readonly plan: Plan;
  readonly database: Database;
  readonly gateway: GatewayModel;
  /** The database has lost commits, so that a failure may rest on what it forgot. */
  readonly amnesia: boolean;
  readonly violated: (invariant: string, message: string) => void;
}

/** Whether the payment needs nothing more, now that nothing goes wrong any more. */
export function isAtRest({ payment }: Row, { contract }: Plan['policy']): boolean {
  const { charge, held, evidence, dueAtMs } = payment;
  if (held) return false;
  if (charge.status === 'COMPLETED' || charge.status === 'FAILED') return dueAtMs === null && evidence === 0;
  // Late evidence is kept for the person who decides.
  return charge.status === 'REVIEW' && (dueAtMs === null) === !contract.lookup;
}

export function judgeEnding({ plan, database, gateway, amnesia, violated }: EndingParts): void {
  for (const row of database.rows()) {
    const { payment } = row;
    const { orderId } = payment.order;
    const { status } = payment.charge;
    if (!isAtRest(row, plan.policy)) {
      const state = `${status}, step ${payment.charge.step}, held ${payment.held}, evidence ${payment.evidence}`;
      violated('liveness', `${orderId} is still open long after the faults have stopped: ${state}`);
    }
    const keys = new Set(row.operations.map(({ gatewayKey }) => gatewayKey));
    const live = gateway.ledger.filter((charge) => keys.has(charge.key) && charge.status === 'succeeded');
    // A database that forgot what was sent, or when, may charge again beside it: a limit that is documented.
    if (status === 'COMPLETED' && (amnesia ? live.length < 1 : live.length !== 1)) {
      violated('ledger', `${orderId} is COMPLETED with ${live.length} live charges`);
    }
    if (status === 'FAILED' && !amnesia && live.length > 0)
      violated('ledger', `${orderId} is FAILED with a live charge`);
    row.events.forEach((event, index) => {
      if (event.seq !== index + 1) violated('4 events', `${orderId}: a gap at ${index + 1}`);
    });
  }
}
