/**
 * Checks a database that a newer release has changed. The number of a migration does not show whether this release can still write there:
 * after most changes, old and new processes can run side by side. So if there are migrations that this release does not know, it tries a
 * payment: it is accepted, settled, refunded and rolled back.
 */
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { uuidV7 } from '../domain/ids.ts';
import { openOperation } from '../domain/operation.ts';
import type { Order } from '../domain/payment.ts';
import type { Log } from '../ports/log.ts';
import { type Intent, type PaymentKey, StoreError } from '../ports/store.ts';
import { createAccept } from './accept.ts';
import { createAdvance } from './advance.ts';
import { giveBack, takeIdle } from './connections.ts';
import { isPassing, statementError, surviveErrors } from './errors.ts';
import { rehearseFollowUp } from './follow-ups/rehearsal.ts';
import { keepAction, keepHandle, raisePrepares, readHandle } from './handles.ts';
import { newestVersion } from './migrate.ts';
import type { Session } from './session.ts';
import { ask } from './types.ts';
import { within } from './within.ts';

const NEWER = 'SELECT name FROM payonce.migrations WHERE version > $1 ORDER BY version';

/** Rejects with `StoreError` if a newer release has changed the database and this one cannot write there any more. */
export function createReleaseCheck(options: {
  readonly session: Session;
  readonly pool: Pool;
  readonly timeoutMs: number;
  readonly log: Log | undefined;
}): () => Promise<void> {
  const { session, pool, timeoutMs, log } = options;
  const ours = newestVersion();
  let isReported = false;
  return async () => {
    const newer = await session.query<{ name: string }>(NEWER, [ours]);
    const reason = newer.length === 0 ? null : await rehearse(pool, timeoutMs);
    if (reason === null) {
      if (isReported)
        log?.info({ alarm_ended: 'newer_release' }, 'this release can store payments in the database again');
      isReported = false;
      return;
    }
    const migrations = newer.map(({ name }) => name).join(', ');
    if (!isReported) log?.error({ alarm: 'newer_release', migrations, reason }, ALARM);
    isReported = true;
    throw new StoreError(
      'refused',
      `A newer release has changed the database (${migrations}), and this one cannot store payments there any more: ${reason}. ` +
        'Nothing was stored and nothing was sent. Start the newer release, and stop this process.',
    );
  };
}

const ALARM =
  'a newer release has changed the database, and this one cannot store payments there any more; it is not ready. Start the newer ' +
  'release, and stop this process';

/** Why the database does not take a payment of this release; null: it does. Rejects with `StoreError` if that is not known. */
async function rehearse(pool: Pool, timeoutMs: number): Promise<string | null> {
  const client = await takeIdle(pool, { waitMs: timeoutMs / 2, timeoutMs, onLeftOpen: () => {} });
  surviveErrors(client);
  let close = true;
  try {
    const reason = await within(rollBack(client), timeoutMs, 'The rehearsal of a payment took too long');
    close = false;
    return reason;
  } catch (error) {
    throw error instanceof StoreError ? error : statementError(error);
  } finally {
    giveBack(client, { close });
  }
}

async function rollBack(client: PoolClient): Promise<string | null> {
  await client.query('BEGIN');
  const first: { error: unknown } = { error: null };
  // Only the first error counts: after it the transaction is aborted, and a repeated statement fails for that reason.
  const session: Session = {
    query: (text, values) =>
      ask(client, text, values).catch((error: unknown) => {
        first.error ??= error;
        throw error;
      }) as never,
    refusalOf: () => null,
    wrote() {},
    verify: async () => {},
  };
  try {
    return await play(session);
  } catch (error) {
    const refusal = first.error ?? error;
    if (isPassing(refusal)) throw refusal;
    return refusal instanceof Error ? refusal.message : String(refusal);
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Writes every table and column that usual payments and their follow-ups write. */
async function play(session: Session): Promise<string | null> {
  const paid = await charge(session, 'COMPLETED');
  if (typeof paid === 'string') return paid;
  const problem = (await rehearseHandle(session, paid)) ?? (await rehearseFollowUp(session, paid, 'refund'));
  if (problem !== null) return problem;
  const held = await charge(session, 'AUTHORIZED');
  return typeof held === 'string' ? held : rehearseFollowUp(session, held, 'capture');
}

/** A payment of 1 minor unit that ends like this. A text: why it cannot be stored. */
async function charge(session: Session, status: 'COMPLETED' | 'AUTHORIZED'): Promise<PaymentKey | string> {
  const order: Order = {
    accountId: 'rehearsal',
    orderId: randomUUID(),
    amountMinor: 1,
    currency: 'USD',
    metadata: {},
    ...(status === 'AUTHORIZED' ? { captureMethod: 'manual' } : {}),
  };
  const intent: Intent = {
    order,
    paymentId: uuidV7(0, randomUUID().replaceAll('-', '')),
    livemode: false,
    gateway: 'rehearsal',
    installationId: null,
    chargeKey: randomUUID(),
    key: { hash: randomUUID(), fingerprint: 'rehearsal' },
    claimId: randomUUID(),
    giveUpAfterS: null,
    start: { kind: 'claimed', leaseMs: 1000 },
  };
  // As if the mode were final. Otherwise the row with the mode would be locked.
  const accepted = await createAccept(session, { livemode: intent.livemode })(intent);
  if (accepted.kind !== 'accepted') return 'a new payment was not inserted';
  const { nowMs } = accepted;
  const operation = openOperation({
    kind: 'charge',
    n: 1,
    openedAtMs: nowMs,
    calling: true,
    verifyFirst: false,
  });
  const payment = { accountId: order.accountId, orderId: order.orderId, paymentId: intent.paymentId };
  const nothing = { nowMs, key: null, payment: null };
  const advanced = await createAdvance(
    session,
    async () => nothing,
  )({
    payment,
    expected: { seq: 1, fence: 1, claimId: intent.claimId, mustBeDue: false },
    operation: { ...operation, status, step: 'none', gatewayRef: 'rehearsal' },
    event: { type: 'payment.completed', detail: 'rehearsal' },
    lease: { kind: 'release', waitMs: null },
    settlement: { problem: null, body: '{}', byAbsence: false },
    evidenceSeen: 0,
    updatedAtMs: nowMs,
  });
  return advanced.kind === 'done' ? payment : 'a payment was not settled';
}

/** What a charge at a gateway of two steps writes besides. */
async function rehearseHandle(
  session: Session,
  { accountId, paymentId }: PaymentKey,
): Promise<string | null> {
  const charge = { accountId, paymentId, n: 1 };
  await raisePrepares(session, charge, 1);
  await keepHandle(session, charge, 'rehearsal');
  await keepAction(session, charge, { type: 'rehearsal' });
  const kept = await readHandle(session, charge);
  return kept?.handle === 'rehearsal' && kept.prepares === 1 ? null : 'a handle was not stored';
}
