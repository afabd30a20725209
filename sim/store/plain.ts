/**
 * A `Store` straight over the model: no latency unless it is given some, and faults only where they are asked for.
 * What it does after a fault is what the real store does.
 */
import { type Store, StoreError } from '../../src/ports/store.ts';
import { createPlan, type Plan } from './plan.ts';
import type { Database, ReadMethod, Result, WriteMethod } from './types.ts';

export interface PlainStore extends Store, Omit<Plan, 'endingOf'> {
  /** What is still on its way arrives; resolves when the database has handled it. */
  arrive(): Promise<void>;
}

export interface PlainStoreOptions {
  /** What a write waits for between its locks and its commit, so that others meet it there. Default: nothing. */
  readonly pause?: () => Promise<void>;
}

interface Call {
  /** Does it and answers the caller. */
  run(): Promise<void>;
  /** Does it and answers nobody. */
  unheard(): Promise<void>;
  reject(error: StoreError): void;
}

/** Calls of one of these that are made in one tick share a statement, and after 40001 it is repeated inside the store. */
const BATCHED: ReadonlySet<keyof Store> = new Set(['accept', 'advance', 'situation', 'payment', 'bindKey']);

/** What the caller gets after 40001, if the store repeats nothing. */
function refusal(): StoreError {
  return new StoreError('unavailable', 'The database rolled the statement back: 40001.');
}

function brokenLine(method: keyof Store): StoreError {
  // A check writes nothing, so that its outcome cannot be unknown.
  const kind = method === 'check' ? 'unavailable' : 'outcome_unknown';
  return new StoreError(kind, 'The connection was lost during a statement.');
}

/** Rolled back by a race is `lost`, as by any other: the caller reads again. */
function orLost<Item, T>(
  call: (item: Item) => Promise<T>,
): (item: Item) => Promise<T | { readonly kind: 'lost' }> {
  return async (item) => {
    const [result] = await Promise.allSettled([call(item)]);
    if (result.status === 'fulfilled') return result.value;
    if (result.reason instanceof StoreError && result.reason.message === refusal().message)
      return { kind: 'lost' };
    throw result.reason;
  };
}

function ignore(): void {}

/** Runs the calls in statements of their own, each of which ends as the plan says. */
function createLine(plan: Plan) {
  const batches = new Map<keyof Store, Call[]>();
  const underWay: Call[] = [];

  async function send(method: keyof Store, calls: readonly Call[]): Promise<void> {
    const ending = plan.endingOf(method);
    const refused = ending === 'serialization' && !BATCHED.has(method);
    if (ending === 'acknowledged' || (ending === 'serialization' && !refused)) {
      await Promise.all(calls.map((call) => call.run()));
      return;
    }
    const heard = refused ? refusal() : brokenLine(method);
    if (ending === 'lost_committed') await Promise.all(calls.map((call) => call.unheard()));
    if (ending === 'late') underWay.push(...calls);
    for (const call of calls) call.reject(heard);
  }

  /** `act` resolves when it may end, to what ends it. */
  function statement<T>(method: keyof Store, act: () => Promise<() => T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: Call = {
        run: () =>
          act()
            .then((end) => resolve(end()))
            .catch(reject),
        unheard: () =>
          act()
            .then((end) => void end())
            .catch(ignore),
        reject,
      };
      const batch = batches.get(method);
      if (batch !== undefined) {
        batch.push(call);
        return;
      }
      const calls = [call];
      if (BATCHED.has(method)) batches.set(method, calls);
      queueMicrotask(() => {
        batches.delete(method);
        void send(method, calls);
      });
    });
  }

  return {
    statement,
    async arrive() {
      await Promise.all(underWay.splice(0).map((call) => call.unheard()));
    },
  };
}

export function createPlainStore(database: Database, options: PlainStoreOptions = {}): PlainStore {
  const { pause } = options;
  const { endingOf, ...plan } = createPlan();
  const { statement, arrive } = createLine({ endingOf, ...plan });
  const read =
    <M extends ReadMethod>(method: M) =>
    (...args: Parameters<Store[M]>): Promise<Result<M>> =>
      statement(method, async () => () => database.read(method, ...args));
  const write =
    <M extends WriteMethod>(method: M) =>
    (...args: Parameters<Store[M]>): Promise<Result<M>> =>
      statement(method, async () => {
        const transaction = database.begin(method, ...args);
        if (!transaction.locked) await new Promise<void>((ready) => transaction.whenLocked(ready));
        await pause?.();
        return () => transaction.commit();
      });

  const [situation, payment, events] = [read('situation'), read('payment'), read('events')];
  const [advance, openNextCharge] = [write('advance'), orLost(write('openNextCharge'))];
  return {
    ...plan,
    arrive,
    situation,
    payment,
    installationId: read('installationId'),
    claimMode: write('claimMode'),
    mode: read('mode'),
    openElsewhere: read('openElsewhere'),
    gatewayAddress: read('gatewayAddress'),
    keepGatewayAddress: write('keepGatewayAddress'),
    accept: write('accept'),
    bindKey: write('bindKey'),
    openNextCharge,
    async advance(item) {
      const result = await advance(item);
      if (result.kind === 'done') return result;
      // What beat it is read in a statement of its own, which may fail on its own.
      const { accountId, orderId } = item.payment;
      return { kind: 'lost', record: (await situation({ accountId, orderId, keyHash: null })).payment };
    },
    due: read('due'),
    addEvidence: write('addEvidence'),
    chargesToVerify: read('chargesToVerify'),
    answerOf: read('answerOf'),
    someCharges: read('someCharges'),
    noteLease: write('noteLease'),
    shortenWaits: write('shortenWaits'),
    wakeIdle: write('wakeIdle'),
    wake: write('wake'),
    payments: read('payments'),
    async events(query) {
      const found = await events(query);
      if (found !== null && found.length > 0) return found;
      return (await payment(query.accountId, query.paymentId)) === null ? null : (found ?? []);
    },
    openFollowUp: orLost(write('openFollowUp')),
    followUpSituation: read('followUpSituation'),
    bindFollowUpKey: write('bindFollowUpKey'),
    advanceFollowUp: write('advanceFollowUp'),
    dueFollowUps: read('dueFollowUps'),
    addFollowUpEvidence: write('addFollowUpEvidence'),
    followUpNews: read('followUpNews'),
    releasedFollowUps: read('releasedFollowUps'),
    followUp: read('followUp'),
    followUpAtGateway: read('followUpAtGateway'),
    followUps: read('followUps'),
    followUpEvents: read('followUpEvents'),
    sums: read('sums'),
    handle: read('handle'),
    keepHandle: write('keepHandle'),
    raisePrepares: write('raisePrepares'),
    keepAction: write('keepAction'),
    lastWish: read('lastWish'),
    eraseExpiredAnswers: write('eraseExpiredAnswers'),
    check: read('check'),
  };
}
