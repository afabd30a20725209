/**
 * The connection between one incarnation of a process and the database. A statement that has arrived runs to its end,
 * whatever happens to its sender. Its answer may be lost on the way back.
 */
import { type Store, StoreError } from '../../src/ports/store.ts';
import type { StoreFault } from '../plan/faults.ts';
import type { ReadMethod, Result, Transaction, WriteMethod } from '../store/database.ts';
import { createConnections } from './connections.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** As in the real adapter: a statement that takes longer is given up, and its outcome is unknown. */
const STATEMENT_TIMEOUT_MS = 5000;
/** How often the real adapter repeats a statement that lost a race. */
const MAX_REPEATS = 8;

type Answer<T> = (delayMs: number, value: T) => void;
type Failure = (delayMs: number, kind: StoreError['kind'], word: string) => void;

export function connectStore(world: World, process: Process): Store {
  const { scheduler, faults, trace, plan, marks } = world;
  const { life, clock } = process;
  const connections = createConnections(scheduler, plan.narrow?.connections ?? null, () =>
    marks.hit('connection_awaited'),
  );

  function statement<T>(
    method: keyof Store,
    arrive: (fault: StoreFault, answer: Answer<T>, fail: Failure) => void,
  ): Promise<T> {
    return world.port(process, method, (resolve, reject) => {
      let open = true;
      let cancelTimeout = (): void => {};
      let giveBack = (): void => {};
      const close = (): boolean => {
        const first = open;
        open = false;
        cancelTimeout();
        giveBack();
        world.openStatements.delete(broken);
        return first;
      };
      const answer: Answer<T> = (delayMs, value) =>
        void life.deliver(delayMs, () => {
          if (close()) resolve(value);
        });
      const fail: Failure = (delayMs, kind, word) =>
        void life.deliver(delayMs, () => {
          if (!close()) return;
          trace.add(scheduler.nowMs, `${process.name} ${method}: ${word}`);
          reject(new StoreError(kind, word));
        });
      const broken = (): void => fail(0, 'outcome_unknown', 'the connection broke');
      const fault = world.storeFault(process, method);
      if (fault === 'store_refused') return fail(1, 'unavailable', 'no connection to the database');
      connections.take(
        (unused) => {
          giveBack = unused;
          run();
        },
        () => fail(0, 'unavailable', 'no connection came free'),
      );

      function run(): void {
        world.openStatements.add(broken);
        cancelTimeout = clock.after(life, STATEMENT_TIMEOUT_MS, () =>
          fail(0, 'outcome_unknown', 'the statement took too long'),
        );
        if (fault === 'store_cut_before') {
          fail(faults.delayMs(1, 20), 'outcome_unknown', 'cut before it arrived');
          return;
        }
        const slowMs = fault === 'store_slow' ? faults.delayMs(0, 2 * STATEMENT_TIMEOUT_MS) : 0;
        scheduler.quietly(faults.delayMs(1, 3) + slowMs, () => {
          if (world.databaseDown) return fail(0, 'outcome_unknown', 'the database went away');
          arrive(fault, answer, fail);
        });
      }
    });
  }

  function read<M extends ReadMethod>(method: M, ...args: Parameters<Store[M]>): Promise<Result<M>> {
    return statement<Result<M>>(method, (fault, answer, fail) => {
      const value = world.database.read(method, ...args);
      if (fault === 'none' || fault === 'store_slow') return answer(faults.delayMs(0, 3), value);
      fail(faults.delayMs(0, 3), 'outcome_unknown', 'the answer was lost');
    });
  }

  function write<M extends WriteMethod>(method: M, ...args: Parameters<Store[M]>): Promise<Result<M>> {
    return statement<Result<M>>(method, (fault, answer, fail) => {
      let repeats = 0;
      begin();

      function begin(): void {
        const transaction = world.database.begin(method, ...args);
        transaction.whenLocked(() => {
          if (fault === 'store_commits_late') {
            fail(0, 'outcome_unknown', 'the connection broke, the statement runs on');
          }
          const runMs = fault === 'store_commits_late' ? faults.delayMs(0, 3000) : faults.delayMs(0, 2);
          scheduler.quietly(runMs, () => end(transaction));
        });
      }

      function end(transaction: Transaction<Result<M>>): void {
        if (!transaction.open) return;
        if (fault === 'store_cut_rolled_back') {
          transaction.rollback();
          fail(0, 'outcome_unknown', 'cut, and rolled back');
          return;
        }
        if (
          fault === 'store_serialization' &&
          repeats <= MAX_REPEATS &&
          !(repeats > 0 && faults.chance(500))
        ) {
          transaction.rollback();
          repeats += 1;
          if (repeats > MAX_REPEATS) {
            fail(0, 'unavailable', 'lost too many races');
            return;
          }
          begin();
          return;
        }
        let value: Result<M>;
        try {
          value = transaction.commit();
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          world.judge.violated('constraint', `the tables refused ${method}: ${error.message}`);
          fail(0, error.kind, error.message);
          return;
        }
        if (fault === 'store_ack_lost') {
          fail(0, 'outcome_unknown', 'committed, acknowledgement lost');
          return;
        }
        answer(faults.delayMs(0, 3), value);
      }
    });
  }

  return {
    installationId: () => read('installationId'),
    claimMode: (livemode) => write('claimMode', livemode),
    mode: () => read('mode'),
    openElsewhere: (gateway) => read('openElsewhere', gateway),
    gatewayAddress: (gateway) => read('gatewayAddress', gateway),
    keepGatewayAddress: (change) => write('keepGatewayAddress', change),
    situation: (query) => read('situation', query),
    due: (query) => read('due', query),
    chargesToVerify: (payment, page) => read('chargesToVerify', payment, page),
    answerOf: (payment, chargeN) => read('answerOf', payment, chargeN),
    someCharges: (limit) => read('someCharges', limit),
    noteLease: (leaseMs) => write('noteLease', leaseMs),
    shortenWaits: (query) => write('shortenWaits', query),
    wakeIdle: (query) => write('wakeIdle', query),
    wake: (query) => write('wake', query),
    payment: (accountId, paymentId) => read('payment', accountId, paymentId),
    payments: (query) => read('payments', query),
    events: (query) => read('events', query),
    check: () => read('check'),
    accept: (intent) => write('accept', intent),
    bindKey: (binding) => write('bindKey', binding),
    openNextCharge: (opening) => write('openNextCharge', opening),
    advance: (advance) => write('advance', advance),
    addEvidence: (evidence) => write('addEvidence', evidence),
    openFollowUp: (intent) => write('openFollowUp', intent),
    followUpSituation: (query) => read('followUpSituation', query),
    bindFollowUpKey: (binding) => write('bindFollowUpKey', binding),
    advanceFollowUp: (advance) => write('advanceFollowUp', advance),
    dueFollowUps: (query) => read('dueFollowUps', query),
    addFollowUpEvidence: (evidence) => write('addFollowUpEvidence', evidence),
    followUpNews: (accountId, id) => read('followUpNews', accountId, id),
    releasedFollowUps: (query) => read('releasedFollowUps', query),
    followUp: (name) => read('followUp', name),
    followUpAtGateway: (query) => read('followUpAtGateway', query),
    followUps: (query) => read('followUps', query),
    followUpEvents: (query) => read('followUpEvents', query),
    handle: (charge) => read('handle', charge),
    keepHandle: (charge, handle) => write('keepHandle', charge, handle),
    raisePrepares: (charge, to) => write('raisePrepares', charge, to),
    keepAction: (charge, action) => write('keepAction', charge, action),
    lastWish: (unit) => read('lastWish', unit),
    sums: (accountId, paymentIds) => read('sums', accountId, paymentIds),
    eraseExpiredAnswers: (limit) => write('eraseExpiredAnswers', limit),
  };
}
