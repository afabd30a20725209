import { type Store, StoreError } from '../../src/ports/store.ts';

/** How one use of a store's method goes wrong. */
export type StoreFault =
  /** The database cannot be reached: nothing is written. */
  | 'unavailable'
  /** It is written, and the answer is lost. */
  | 'ack_lost'
  /** The connection breaks and it is not written, but nobody can know. */
  | 'lost';

type Method = keyof Store;

export interface FaultyStore extends Store {
  /** The next uses of the method go wrong in these ways, in this order. */
  fail(method: Method, ...faults: StoreFault[]): void;
  /** Every use of every method fails until `heal`. */
  goDown(): void;
  heal(): void;
}

/** The real store behind connections that break on demand. */
export function createFaultyStore(store: Store): FaultyStore {
  const planned = new Map<Method, StoreFault[]>();
  let down = false;

  function faultOf(method: Method): StoreFault | undefined {
    return down ? 'unavailable' : planned.get(method)?.shift();
  }

  async function run<T>(method: Method, work: () => Promise<T>): Promise<T> {
    const fault = faultOf(method);
    if (fault === undefined) return work();
    if (fault === 'unavailable') throw new StoreError('unavailable', 'planned: unavailable');
    if (fault === 'ack_lost') await work();
    throw new StoreError('outcome_unknown', `planned: ${fault}`);
  }

  return {
    installationId: () => run('installationId', () => store.installationId()),
    accept: (intent) => run('accept', () => store.accept(intent)),
    situation: (query) => run('situation', () => store.situation(query)),
    bindKey: (binding) => run('bindKey', () => store.bindKey(binding)),
    openNextCharge: (opening) => run('openNextCharge', () => store.openNextCharge(opening)),
    advance: (write) => run('advance', () => store.advance(write)),
    due: (query) => run('due', () => store.due(query)),
    addEvidence: (evidence) => run('addEvidence', () => store.addEvidence(evidence)),
    failedCharges: (payment, limit) => run('failedCharges', () => store.failedCharges(payment, limit)),
    payment: (account, id) => run('payment', () => store.payment(account, id)),
    payments: (query) => run('payments', () => store.payments(query)),
    events: (query) => run('events', () => store.events(query)),
    eraseExpiredAnswers: (limit) => run('eraseExpiredAnswers', () => store.eraseExpiredAnswers(limit)),
    check: () => run('check', () => store.check()),
    fail(method, ...faults) {
      planned.set(method, [...(planned.get(method) ?? []), ...faults]);
    },
    goDown() {
      down = true;
    },
    heal() {
      down = false;
    },
  };
}
