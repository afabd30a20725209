/** Writes every table and column that a usual refund writes, to see whether the database still takes it. The caller rolls it back. */
import { randomUUID } from 'node:crypto';
import { uuidV7 } from '../../domain/ids.ts';
import { openOperation } from '../../domain/operation.ts';
import type { FollowUpIntent, PaymentKey } from '../../ports/store.ts';
import type { Session } from '../session.ts';
import { installationId } from '../work.ts';
import { advanceFollowUp } from './advance.ts';
import { openFollowUp } from './open.ts';

/** The payment is COMPLETED, of 1 minor unit. Resolves to why its refund cannot be stored; null: it can. */
export async function rehearseRefund(session: Session, payment: PaymentKey): Promise<string | null> {
  const intent: FollowUpIntent = {
    kind: 'refund',
    payment,
    terms: {
      id: uuidV7(0, randomUUID().replaceAll('-', '')),
      name: 'rehearsal',
      keyHash: null,
      chargeRef: 'rehearsal',
      askedMinor: null,
      reason: 'rehearsal',
    },
    amountMinor: 1,
    currency: 'USD',
    metadata: {},
    gateway: 'rehearsal',
    gatewayKey: randomUUID(),
    installationId: await installationId(session),
    key: { hash: randomUUID(), fingerprint: 'rehearsal' },
    claimId: randomUUID(),
    verifyFirst: false,
    expected: { absences: 0 },
    start: { kind: 'claimed', leaseMs: 1000 },
  };
  const opened = await openFollowUp(session, intent);
  if (opened.kind !== 'opened') return 'a refund was not opened';
  const { nowMs } = opened;
  const operation = openOperation({
    kind: 'refund',
    n: 1,
    openedAtMs: nowMs,
    calling: true,
    verifyFirst: false,
  });
  const write = {
    payment,
    id: intent.terms.id,
    expected: { seq: 1, fence: 1, claimId: intent.claimId, mustBeDue: false },
    operation: { ...operation, status: 'COMPLETED', step: 'none', gatewayRef: 'rehearsal' },
    event: { type: 'refund.succeeded', detail: 'rehearsal' },
    lease: { kind: 'release', waitMs: null },
    settlement: { problem: null, body: '{}', byAbsence: false },
    settledMinor: 1,
    sums: { refundingMinor: -1, refundedMinor: 1, absences: 0 },
    elsewhere: { amountMinor: 1, asked: { refundingMinor: 1, refundedMinor: 0, absences: 0 }, exact: true },
    evidenceSeen: 0,
    updatedAtMs: nowMs,
  } as const;
  const settled = await advanceFollowUp(session, write, 0);
  return settled.kind === 'done' ? null : 'a refund was not settled';
}
