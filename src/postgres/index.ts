import type { Pool } from 'pg';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { createAccept } from './accept.ts';
import { createAdvance } from './advance.ts';
import { noteLease, shortenWaits } from './clock.ts';
import { duePayments } from './due.ts';
import { createExpiry } from './expiry.ts';
import { advanceFollowUp } from './follow-ups/advance.ts';
import { dueFollowUps } from './follow-ups/due.ts';
import { addFollowUpEvidence, followUpNews } from './follow-ups/evidence.ts';
import { bindFollowUpKey } from './follow-ups/keys.ts';
import { openFollowUp } from './follow-ups/open.ts';
import {
  followUp,
  followUpAtGateway,
  listFollowUpEvents,
  listFollowUps,
  readSums,
  releasedFollowUps,
} from './follow-ups/reads.ts';
import { followUpSituation } from './follow-ups/situation.ts';
import { keepAction, keepHandle, raisePrepares, readHandle } from './handles.ts';
import { wakeIdle } from './idle.ts';
import { createBindKey, openNextCharge } from './keys.ts';
import {
  claimMode,
  type FinalMode,
  gatewayAddress,
  keepGatewayAddress,
  openElsewhere,
  readMode,
} from './mode.ts';
import { createReleaseCheck } from './newer-release.ts';
import { createPaymentQuery, listEvents, listPayments } from './queries.ts';
import { createSession } from './session.ts';
import { createSituation } from './situation.ts';
import { wake } from './wake.ts';
import { lastWish } from './wishes.ts';
import { addEvidence, answerOf, chargesToVerify, installationId, someCharges } from './work.ts';
import { writeNothing } from './writable.ts';

export { inWords } from './errors.ts';
export { migrate } from './migrate.ts';

export interface PostgresStoreOptions {
  readonly pool: Pool;
  /** How long a frozen answer is kept, in milliseconds. */
  readonly answerRetentionMs: number;
  /** How long one statement may take, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** No other code uses the pool, so the server may enforce the time limits itself. Default: no. */
  readonly ownPool?: boolean;
  /**
   * Logs connections that other code left inside a transaction, what the database refuses, and a newer release. Default: no log.
   */
  readonly log?: Log;
}

/** The store on PostgreSQL 14 or newer, directly or behind PgBouncer in transaction mode: every change is one statement. */
export function createPostgresStore(options: PostgresStoreOptions): Store {
  const { answerRetentionMs: retentionMs, pool, timeoutMs = 5000, log } = options;
  const session = createSession(options);
  const mode: FinalMode = { livemode: null };
  const situation = createSituation(session, retentionMs);
  const payment = createPaymentQuery(session);
  const checkRelease = createReleaseCheck({ session, pool, timeoutMs, log });
  return {
    installationId: () => installationId(session),
    claimMode: (livemode) => claimMode(session, livemode, mode),
    mode: () => readMode(session),
    openElsewhere: (gateway) => openElsewhere(session, gateway),
    gatewayAddress: (gateway) => gatewayAddress(session, gateway),
    keepGatewayAddress: (change) => keepGatewayAddress(session, change),
    accept: createAccept(session, mode),
    situation,
    bindKey: createBindKey(session),
    openNextCharge: (opening) => openNextCharge(session, opening),
    advance: createAdvance(session, situation),
    due: (query) => duePayments(session, query, retentionMs),
    addEvidence: (evidence) => addEvidence(session, evidence),
    chargesToVerify: (key, page) => chargesToVerify(session, key, page),
    answerOf: (key, chargeN) => answerOf(session, key, chargeN, retentionMs),
    noteLease: (leaseMs) => noteLease(session, leaseMs),
    shortenWaits: (query) => shortenWaits(session, query),
    wakeIdle: (query) => wakeIdle(session, query),
    wake: (query) => wake(session, query),
    someCharges: (limit) => someCharges(session, limit),
    payment,
    payments: (query) => listPayments(session, query),
    events: async (query) => {
      const events = await listEvents(session, query);
      if (events.length > 0) return events;
      return (await payment(query.accountId, query.paymentId)) === null ? null : events;
    },
    openFollowUp: (intent) => openFollowUp(session, intent),
    followUpSituation: (query) => followUpSituation(session, query, retentionMs),
    bindFollowUpKey: (binding) => bindFollowUpKey(session, binding),
    advanceFollowUp: (write) => advanceFollowUp(session, write, retentionMs),
    dueFollowUps: (query) => dueFollowUps(session, query, retentionMs),
    addFollowUpEvidence: (evidence) => addFollowUpEvidence(session, evidence),
    followUpNews: (accountId, id) => followUpNews(session, accountId, id),
    releasedFollowUps: (query) => releasedFollowUps(session, query, retentionMs),
    followUp: (name) => followUp(session, name),
    followUpAtGateway: (query) => followUpAtGateway(session, query),
    followUps: (query) => listFollowUps(session, query),
    followUpEvents: (query) => listFollowUpEvents(session, query),
    sums: (accountId, paymentIds) => readSums(session, accountId, paymentIds),
    handle: (charge) => readHandle(session, charge),
    keepHandle: (charge, handle) => keepHandle(session, charge, handle),
    raisePrepares: (charge, to) => raisePrepares(session, charge, to),
    keepAction: (charge, action) => keepAction(session, charge, action),
    lastWish: (unit) => lastWish(session, unit),
    eraseExpiredAnswers: createExpiry(session, retentionMs),
    async check({ writes = false } = {}) {
      await session.verify();
      await checkRelease();
      if (writes) await writeNothing(session);
    },
  };
}
