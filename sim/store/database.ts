/**
 * A model of the database behind the `Store` port: transactions with row locks, unique keys, and a commit apart
 * from the statement's start. It decides nothing by time or chance: its clock is given, and whoever drives it
 * decides when a statement arrives, when it commits and what is lost.
 */
import type { Store } from '../../src/ports/store.ts';
import { accept } from './accept.ts';
import { advance } from './advance.ts';
import { noteLease, shortenWaits } from './clock.ts';
import { type Committed, copyOf, emptyState, within } from './committed.ts';
import { advanceFollowUp } from './follow-ups/advance.ts';
import { bindFollowUpKey, openFollowUp } from './follow-ups/open.ts';
import * as ofFollowUps from './follow-ups/reads.ts';
import { addFollowUpEvidence } from './follow-ups/work.ts';
import { handle, keepAction, keepHandle, raisePrepares } from './handles.ts';
import { wakeIdle } from './idle.ts';
import { bindKey, openNextCharge } from './keys.ts';
import { createLocks } from './locks.ts';
import {
  chargesToVerify,
  due,
  events,
  gatewayAddress,
  mode,
  openElsewhere,
  payment,
  payments,
  situation,
  someCharges,
  storedAnswerOf,
} from './reads.ts';
import type { Context, Statement } from './statement.ts';
import { createTransaction, type OpenTransaction } from './transaction.ts';
import type { Database, DatabaseOptions, ReadMethod, Result, WriteMethod } from './types.ts';
import { wake } from './wake.ts';
import { lastWish } from './wishes.ts';
import { addEvidence, claimMode, eraseExpiredAnswers, keepGatewayAddress } from './work.ts';

export type { OperationRow, Row } from './rows.ts';
export type * from './types.ts';

type Writes = {
  readonly [M in WriteMethod]: (context: Context, ...args: Parameters<Store[M]>) => Statement<Result<M>>;
};

type Reads = {
  readonly [M in ReadMethod]: (context: Context, ...args: Parameters<Store[M]>) => Result<M>;
};

const WRITES: Writes = {
  accept,
  bindKey,
  openNextCharge,
  advance,
  addEvidence,
  openFollowUp,
  bindFollowUpKey,
  advanceFollowUp,
  addFollowUpEvidence,
  keepHandle,
  raisePrepares,
  keepAction,
  shortenWaits,
  wakeIdle,
  wake,
  noteLease,
  claimMode,
  keepGatewayAddress,
  eraseExpiredAnswers,
};

export function createDatabase(options: DatabaseOptions): Database {
  const { nowMs: clock, onCommit = () => {}, onFollowUpCommit = () => {} } = options;
  const locks = createLocks();
  const open = new Set<OpenTransaction<unknown>>();
  let committed: Committed = emptyState();
  let { retentionMs, installationId } = options;

  const reads: Reads = {
    mode,
    openElsewhere,
    gatewayAddress,
    situation,
    due,
    chargesToVerify,
    answerOf: storedAnswerOf,
    someCharges,
    payment,
    payments,
    events,
    followUpSituation: ofFollowUps.followUpSituation,
    dueFollowUps: ofFollowUps.dueFollowUps,
    followUpNews: ofFollowUps.followUpNews,
    releasedFollowUps: ofFollowUps.releasedFollowUps,
    followUp: ofFollowUps.followUp,
    followUpAtGateway: ofFollowUps.followUpAtGateway,
    followUps: ofFollowUps.followUps,
    followUpEvents: ofFollowUps.followUpEvents,
    sums: ofFollowUps.sums,
    handle,
    lastWish,
    installationId: () => installationId,
    check: () => {},
  };

  const context = (nowMs: number): Context => ({ committed, nowMs, retentionMs, installationId, clock });

  function crash(): void {
    for (const transaction of open) transaction.vanish();
    open.clear();
    locks.clear();
  }

  return {
    begin<M extends WriteMethod>(method: M, ...args: Parameters<Store[M]>) {
      const nowMs = clock();
      const prepare: Writes[M] = WRITES[method];
      const transaction = createTransaction<Result<M>>({
        statement: prepare(context(nowMs), ...args),
        nowMs,
        locks,
        onEnd(changes, followUps) {
          open.delete(transaction);
          for (const change of changes) onCommit(change);
          for (const change of followUps) onFollowUpCommit(change);
        },
      });
      open.add(transaction);
      return transaction;
    },
    read<M extends ReadMethod>(method: M, ...args: Parameters<Store[M]>) {
      const read: Reads[M] = reads[method];
      return read(context(clock()), ...args);
    },
    crash,
    rows: () => committed.rows.values(),
    followUps: () => committed.followUps.values(),
    row: (accountId, orderId) => committed.rows.get(within(accountId, orderId)),
    openTransactions: () => open.size,
    snapshot: () => ({ committed: copyOf(committed) }),
    restore(snapshot) {
      crash();
      committed = copyOf(snapshot.committed);
    },
    reinstall(id) {
      installationId = id;
    },
    retain(ms) {
      retentionMs = ms;
    },
  };
}
