import { type Store, StoreError } from '../../src/ports/store.ts';

/** How one use of a store's method goes wrong. */
export type StoreFault =
  /** The database cannot be reached: nothing is written. */
  | 'unavailable'
  /** The database refuses the use until somebody changes something: nothing is written. */
  | 'refused'
  /** The database does not take these values: nothing is written. */
  | 'unfit'
  /** The data is written, and the answer is lost. */
  | 'ack_lost'
  /** The connection breaks, and nothing is written. The caller cannot know that. */
  | 'lost';

type Method = keyof Store;
type Act = () => unknown;

export interface FaultyStore extends Store {
  /** The next uses of the method go wrong in these ways, in this order. */
  fail(method: Method, ...faults: StoreFault[]): void;
  /** What happens just before the next uses of the method, one act for each. It plays a race with another process. */
  before(method: Method, ...acts: Act[]): void;
  /** Every use of every method fails until `heal`. */
  goDown(): void;
  heal(): void;
}

/** The real store behind connections that break on demand. */
export function createFaultyStore(store: Store): FaultyStore {
  const planned = new Map<Method, StoreFault[]>();
  const acts = new Map<Method, Act[]>();
  let down = false;

  function faultOf(method: Method): StoreFault | undefined {
    return down ? 'unavailable' : planned.get(method)?.shift();
  }

  async function run<T>(method: Method, work: () => Promise<T>): Promise<T> {
    const act = acts.get(method)?.shift();
    if (act !== undefined) await act();
    const fault = faultOf(method);
    if (fault === undefined) return work();
    if (fault === 'unavailable' || fault === 'refused' || fault === 'unfit')
      throw new StoreError(fault, `planned: ${fault}`);
    if (fault === 'ack_lost') await work();
    throw new StoreError('outcome_unknown', `planned: ${fault}`);
  }

  return {
    installationId: () => run('installationId', () => store.installationId()),
    claimMode: (livemode) => run('claimMode', () => store.claimMode(livemode)),
    mode: () => run('mode', () => store.mode()),
    openElsewhere: (gateway) => run('openElsewhere', () => store.openElsewhere(gateway)),
    gatewayAddress: (gateway) => run('gatewayAddress', () => store.gatewayAddress(gateway)),
    keepGatewayAddress: (change) => run('keepGatewayAddress', () => store.keepGatewayAddress(change)),
    accept: (intent) => run('accept', () => store.accept(intent)),
    situation: (query) => run('situation', () => store.situation(query)),
    bindKey: (binding) => run('bindKey', () => store.bindKey(binding)),
    openNextCharge: (opening) => run('openNextCharge', () => store.openNextCharge(opening)),
    advance: (write) => run('advance', () => store.advance(write)),
    due: (query) => run('due', () => store.due(query)),
    addEvidence: (evidence) => run('addEvidence', () => store.addEvidence(evidence)),
    chargesToVerify: (payment, page) => run('chargesToVerify', () => store.chargesToVerify(payment, page)),
    answerOf: (payment, chargeN) => run('answerOf', () => store.answerOf(payment, chargeN)),
    someCharges: (limit) => run('someCharges', () => store.someCharges(limit)),
    noteLease: (leaseMs) => run('noteLease', () => store.noteLease(leaseMs)),
    shortenWaits: (query) => run('shortenWaits', () => store.shortenWaits(query)),
    wakeIdle: (query) => run('wakeIdle', () => store.wakeIdle(query)),
    wake: (query) => run('wake', () => store.wake(query)),
    payment: (account, id) => run('payment', () => store.payment(account, id)),
    payments: (query) => run('payments', () => store.payments(query)),
    events: (query) => run('events', () => store.events(query)),
    openFollowUp: (intent) => run('openFollowUp', () => store.openFollowUp(intent)),
    followUpSituation: (query) => run('followUpSituation', () => store.followUpSituation(query)),
    bindFollowUpKey: (binding) => run('bindFollowUpKey', () => store.bindFollowUpKey(binding)),
    advanceFollowUp: (write) => run('advanceFollowUp', () => store.advanceFollowUp(write)),
    dueFollowUps: (query) => run('dueFollowUps', () => store.dueFollowUps(query)),
    addFollowUpEvidence: (evidence) => run('addFollowUpEvidence', () => store.addFollowUpEvidence(evidence)),
    followUpNews: (accountId, id) => run('followUpNews', () => store.followUpNews(accountId, id)),
    releasedFollowUps: (query) => run('releasedFollowUps', () => store.releasedFollowUps(query)),
    followUp: (name) => run('followUp', () => store.followUp(name)),
    followUpAtGateway: (query) => run('followUpAtGateway', () => store.followUpAtGateway(query)),
    followUps: (query) => run('followUps', () => store.followUps(query)),
    followUpEvents: (query) => run('followUpEvents', () => store.followUpEvents(query)),
    sums: (accountId, paymentIds) => run('sums', () => store.sums(accountId, paymentIds)),
    handle: (charge) => run('handle', () => store.handle(charge)),
    keepHandle: (charge, handle) => run('keepHandle', () => store.keepHandle(charge, handle)),
    raisePrepares: (charge, to) => run('raisePrepares', () => store.raisePrepares(charge, to)),
    keepAction: (charge, action) => run('keepAction', () => store.keepAction(charge, action)),
    lastWish: (unit) => run('lastWish', () => store.lastWish(unit)),
    eraseExpiredAnswers: (limit) => run('eraseExpiredAnswers', () => store.eraseExpiredAnswers(limit)),
    check: (options) => run('check', () => store.check(options)),
    fail(method, ...faults) {
      planned.set(method, [...(planned.get(method) ?? []), ...faults]);
    },
    before(method, ...planned) {
      acts.set(method, [...(acts.get(method) ?? []), ...planned]);
    },
    goDown() {
      down = true;
    },
    heal() {
      down = false;
    },
  };
}
