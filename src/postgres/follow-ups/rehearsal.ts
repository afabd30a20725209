/** Writes every table and column that a usual follow-up writes, to see whether the database still takes it. The caller rolls it back. */
import { randomUUID } from 'node:crypto';
import { uuidV7 } from '../../domain/ids.ts';
import { openOperation } from '../../domain/operation.ts';
import type { FollowUpAdvance, FollowUpIntent, PaymentKey } from '../../ports/store.ts';
import type { Session } from '../session.ts';
import { installationId } from '../work.ts';
import { advanceFollowUp } from './advance.ts';
import { openFollowUp } from './open.ts';

/** What differs from one kind to another. A void writes what a capture writes. */
const OF_KIND = {
  refund: {
    opening: {},
    ending: {
      event: { type: 'refund.succeeded', detail: 'rehearsal' },
      sums: { refundingMinor: -1, refundedMinor: 1, absences: 0 },
      elsewhere: { amountMinor: 1, asked: { refundingMinor: 1, refundedMinor: 0, absences: 0 }, exact: true },
    },
  },
  capture: {
    opening: { exclusive: { after: 0 } },
    ending: {
      event: { type: 'capture.succeeded', detail: 'rehearsal' },
      sums: { refundingMinor: 0, refundedMinor: 0, absences: 0 },
      elsewhere: null,
      mark: 'succeeded',
    },
  },
} as const satisfies Record<string, { opening: Partial<FollowUpIntent>; ending: Partial<FollowUpAdvance> }>;

/**
 * The payment is of 1 minor unit: for a refund COMPLETED, for a capture AUTHORIZED. Resolves to why the follow-up cannot be stored; null: it
 * can.
 */
export async function rehearseFollowUp(
  session: Session,
  payment: PaymentKey,
  kind: keyof typeof OF_KIND,
): Promise<string | null> {
  const { opening, ending } = OF_KIND[kind];
  const intent: FollowUpIntent = {
    ...opening,
    kind,
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
  if (opened.kind !== 'opened') return `a ${kind} was not opened`;
  const { nowMs } = opened;
  const operation = openOperation({
    kind,
    n: 1,
    openedAtMs: nowMs,
    calling: true,
    verifyFirst: false,
  });
  const write = {
    ...ending,
    payment,
    id: intent.terms.id,
    expected: { seq: 1, fence: 1, claimId: intent.claimId, mustBeDue: false },
    operation: { ...operation, status: 'COMPLETED', step: 'none', gatewayRef: 'rehearsal' },
    lease: { kind: 'release', waitMs: null },
    settlement: { problem: null, body: '{}', byAbsence: false },
    settledMinor: 1,
    evidenceSeen: 0,
    updatedAtMs: nowMs,
  } as const;
  const settled = await advanceFollowUp(session, write, 0);
  return settled.kind === 'done' ? null : `a ${kind} was not settled`;
}
