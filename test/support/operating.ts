/** Operators' requests about the order `o1` and its refund `r1`, in virtual time. */
import type { LookupOutcome } from '../../src/domain/outcomes.ts';
import type { Wish } from '../../src/domain/wish.ts';
import type { OperatorAnswer } from '../../src/engine/api.ts';
import type { VirtualReplica, VirtualWorld } from './virtual-world.ts';

export interface Operator {
  /** `refundId`: default null, the payment. */
  lookNow(refundId?: string | null): Promise<OperatorAnswer>;
  resolve(wish: Wish, refundId?: string | null): Promise<OperatorAnswer>;
}

export function operator(world: VirtualWorld, { engine }: Pick<VirtualReplica, 'engine'>): Operator {
  const target = (refundId: string | null) => {
    const { paymentId } = world.stored('o1');
    const followUp = refundId === null ? null : ({ kind: 'refund', name: refundId } as const);
    return { accountId: 'default', paymentId, followUp };
  };
  return {
    lookNow: (refundId = null) => world.ended(engine.lookNow({ ...target(refundId), actor: 'amira' })),
    resolve: (wish, refundId = null) =>
      world.ended(engine.resolve({ ...target(refundId), wish, evidence: 'ticket 17' })),
  };
}

export const FAILED: Wish = { outcome: 'failed', actor: 'amira' };

/** The amount is that of the order `o1`, unless it is given. */
export function isPaid(gatewayRef = 'ch_seen', amountMinor = 1000): Wish {
  return { outcome: 'completed', gatewayRef, amountMinor, actor: 'amira' };
}

/** `payment REVIEW`, `refund SUCCEEDED`, or the code of a problem. */
export function said(answer: OperatorAnswer): string {
  switch (answer.kind) {
    case 'payment':
      return `payment ${answer.payment.status}`;
    case 'refund':
      return `refund ${answer.refund.status}`;
    case 'exclusive':
      return `${answer.exclusive.operation} ${answer.exclusive.status}`;
    case 'problem':
      return answer.code;
  }
}

export const SILENT: LookupOutcome = { kind: 'unavailable', reason: 'timeout' };
