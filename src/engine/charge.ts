/**
 * One charge request, from the key's cache to the answer. Accept first and ask afterwards: a new order costs one
 * statement. Where something is there already, the answers table decides, and what it decides is tried until it
 * holds: every turn either ends or was overtaken by somebody else's progress.
 */
import { AS_IT_STANDS, decideAnswer, type Verdict } from '../domain/acceptance.ts';
import { isSettled } from '../domain/charge.ts';
import { fingerprint } from '../domain/fingerprint.ts';
import { dashed, requestKeyHash } from '../domain/ids.ts';
import type { Order, Payment } from '../domain/payment.ts';
import {
  type NextCharge,
  type PaymentRecord,
  type Situation,
  type StoredAnswer,
  StoreError,
} from '../ports/store.ts';
import { answerBody, type FrozenAnswer } from './answer.ts';
import type { ChargeAnswer, ChargeOptions } from './api.ts';
import { isMadeElsewhere } from './charges-to-verify.ts';
import type { Engine } from './context.ts';
import type { Driver } from './drive.ts';
import {
  accept,
  begin,
  newIntent,
  openedRecord,
  patienceS,
  placeFor,
  startNow,
  type Wanted,
} from './intent.ts';
import { type Moment, momentOf } from './moment.ts';
import { derivedKey, isNamedAsDerived, stopForNames } from './names.ts';
import { problem } from './problem.ts';
import type { ReplayCache } from './replay-cache.ts';
import { RETRY_AFTER_MS, retryAfterMs } from './retry-after.ts';
import { showPayment } from './show.ts';
import { createStarting, type StartNames } from './starting.ts';
import type { Waiters } from './waiters.ts';
import { paymentKey } from './write.ts';

export interface ChargingParts {
  readonly engine: Engine;
  readonly driver: Driver;
  readonly waiters: Waiters;
  readonly cache: ReplayCache;
  readonly answerRetentionMs: number;
}

/** What one request carries through its turns. */
interface Request extends Wanted {
  readonly names: StartNames;
  readonly untilMs: number;
  /** Claims that this request drew and heard nothing of: a row that carries one is our own doing all the same. */
  readonly claims: UnheardClaim[];
  /** The ids that this request drew for its payment: a payment that has one of them is its own, whoever works on it. */
  readonly drawn: string[];
  /** Bound by this very request, so its answer is no replay. */
  boundHere: boolean;
  /** The key was there before this request: bound by an earlier one. */
  keySeen: boolean;
  /** An acknowledgement was lost, so something may be stored that this request has not read yet. */
  perhapsStored: boolean;
  /** The charge that this request started. */
  startedN: number | null;
  /** The last that was read of the payment. */
  seen: PaymentRecord | null;
}

interface UnheardClaim {
  readonly claimId: string;
  /** Just before it was asked for. */
  readonly claimedAt: Moment;
}

type Turn = ChargeAnswer | 'again';

/** Other requests for the same order can overtake each turn; more often than this is a fault, not bad luck. */
const MAX_TURNS = 1000;
/** How often a payment that another process works on is read while a client waits: at first, and at most. */
const POLL_MS = 50;
const POLL_CAP_MS = 1000;
/** What is refused for good is not worth a request a second. */
const REFUSED_RETRY_MS = 30_000;
/** Sooner than this the sweep of another process hardly finds it. */
const TAKEN_AFTER_MS = 250;

export function createCharging(
  parts: ChargingParts,
): (order: Order, options: ChargeOptions) => Promise<ChargeAnswer> {
  const { engine, driver, waiters, cache } = parts;
  const { clock, store, policy } = engine;
  const starting = createStarting();
  const shown = (record: PaymentRecord): Payment => showPayment(engine, record);

  return async (order, options) => {
    const key = options.key && {
      hash: requestKeyHash(options.key.route, options.key.key),
      fingerprint: fingerprint(order, options.giveUpAfterS),
    };
    if (key !== undefined) {
      const cached = cache.get(order.accountId, key.hash);
      if (cached !== undefined) {
        if (cached.fingerprint !== key.fingerprint) return problem('idempotency_key_reused', null);
        const { frozen, paymentId, started } = cached;
        return { kind: 'settled', frozen, paymentId, started, replayed: true };
      }
    }
    const request: Request = {
      order,
      key: key ?? null,
      names: { accountId: order.accountId, orderId: order.orderId, keyHash: key?.hash ?? null },
      giveUpAfterS: options.giveUpAfterS ?? null,
      untilMs: clock.monotonicMs() + options.waitMs,
      claims: [],
      drawn: [],
      boundHere: false,
      keySeen: false,
      perhapsStored: false,
      startedN: null,
      seen: null,
    };
    try {
      return await run(request);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return storeFailed(request, error);
    }
  };

  async function run(request: Request): Promise<ChargeAnswer> {
    const accepted = await tryAccept(request);
    if (accepted !== null) {
      const answer = await waitForOwn(request, accepted);
      if (answer !== 'again') return answer;
    }
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      if (engine.halt.halted) return halted(request);
      const situation = await readSituation(request);
      const answer = await takeTurn(request, situation, turn);
      if (answer !== 'again') return answer;
    }
    throw new Error('A charge request was overtaken too often; nothing was sent by it.');
  }

  /** Null: it is there, or another request of this process is starting it; what came of that is to be looked at. */
  async function tryAccept(request: Request): Promise<PaymentRecord | null> {
    const other = starting.underWay(request.names);
    if (other !== undefined) {
      await other;
      return null;
    }
    const { start, place } = startNow(engine, { step: 'call', giveUpAfterS: request.giveUpAfterS });
    const intent = newIntent(engine, request, start);
    const { claimId } = intent;
    const claimedAt = momentOf(clock);
    request.drawn.push(intent.paymentId);
    const accepting = accept(engine, driver, intent, place);
    starting.note(request.names, accepting);
    const result = await accepting;
    if (result.kind !== 'accepted') {
      request.claims.push({ claimId, claimedAt });
      request.perhapsStored ||= result.perhapsOurs;
      if (result.kind === 'other_installation') stopForNames(engine);
      return null;
    }
    started(request, result.record);
    return result.record;
  }

  /** Reads what is there; and takes up what this request itself stored without hearing of it. */
  async function readSituation(request: Request): Promise<Situation> {
    const { accountId, orderId } = request.order;
    const situation = await store.situation({ accountId, orderId, keyHash: request.key?.hash ?? null });
    const record = situation.payment;
    request.seen = record;
    request.keySeen ||= situation.key !== null;
    const own = request.claims.findIndex(({ claimId }) => claimId === record?.claimId);
    if (record !== null && own >= 0) {
      // Taken off the list: it is driven from here, and a second look must not drive it again.
      const [claim] = request.claims.splice(own, 1);
      started(request, record);
      const grantedAtMs = (record.dueAtMs ?? situation.nowMs) - policy.leaseMs;
      if (record.held && claim !== undefined) {
        const { claimedAt } = claim;
        const place = placeFor(engine, record.charge.step);
        begin(driver, record, { nowMs: grantedAtMs, claimedAt, place });
      }
    }
    // Its intent was stored after all, and somebody else has gone on with it.
    if (record !== null && request.drawn.includes(record.paymentId)) {
      request.boundHere = true;
      request.startedN ??= 1;
    }
    return situation;
  }

  async function takeTurn(request: Request, situation: Situation, turn: number): Promise<Turn> {
    const verdict = decide(request, situation);
    const record = situation.payment;
    switch (verdict.kind) {
      case 'key_reused':
        return problem('idempotency_key_reused', null);
      case 'accept': {
        const accepted = await tryAccept(request);
        return accepted === null ? 'again' : waitForOwn(request, accepted);
      }
      case 'conflict':
        return conflict(request, record);
      case 'expired':
        return problem('result_expired', record && shown(record));
      case 'replay':
        return replay(request, situation);
      case 'join':
        return join(request, record, { ...verdict, turn });
      case 'stands':
        return asItStands(request, record, verdict.bind);
      case 'open_next':
        return openNext(request, record, verdict.chargeN);
      case 'wait_for_key':
      case 'blocked':
        return waitTurn(request, record, turn);
    }
  }

  function decide(request: Request, { key, payment }: Situation): Verdict {
    return decideAnswer(
      {
        amountMinor: request.order.amountMinor,
        currency: request.order.currency,
        fingerprint: request.key?.fingerprint ?? null,
      },
      key && {
        fingerprint: key.fingerprint,
        chargeN: key.chargeN,
        answered: key.answer !== null,
        expired: key.expired,
      },
      payment && {
        amountMinor: payment.order.amountMinor,
        currency: payment.order.currency,
        status: payment.charge.status,
        chargeN: payment.charge.n,
        inDoubt: payment.evidence > 0,
        failedBefore: payment.problem !== null,
        answered: frozenOf(payment) !== null,
      },
    );
  }

  /** Other terms than the order's; or, where this very request started the order, what became of its own charge. */
  async function conflict(request: Request, record: PaymentRecord | null): Promise<ChargeAnswer> {
    const own = record !== null && request.drawn.includes(record.paymentId);
    if (!own || record.charge.n === 1) return problem('order_conflict', record && shown(record));
    const answer = await store.answerOf(paymentKey(record), 1);
    if (answer === null) return problem('result_expired', shown(record));
    const { freshForMs, ...frozen } = answer;
    return settled(request, record, frozen, { started: true, freshForMs });
  }

  function replay(request: Request, { key, payment }: Situation): ChargeAnswer {
    const answer = key?.answer;
    if (!answer || payment === null) throw new Error('A replay without an answer.');
    const { freshForMs, ...frozen } = answer;
    return settled(request, payment, frozen, { started: key.started, freshForMs });
  }

  async function join(
    request: Request,
    record: PaymentRecord | null,
    verdict: { readonly chargeN: number; readonly settled: boolean; readonly turn: number },
  ): Promise<Turn> {
    if (record === null) return 'again';
    if (request.key !== null) {
      const bound = await bind(request, record, verdict.chargeN);
      // Read again: from here the key decides, whoever bound it.
      if (!verdict.settled || bound === 'lost') return 'again';
    }
    const answer = frozenOf(record);
    if (!verdict.settled || answer === null) return waitTurn(request, record, verdict.turn);
    const { freshForMs, ...frozen } = answer;
    return settled(request, record, frozen, { started: request.startedN === record.charge.n, freshForMs });
  }

  /** Where no frozen answer can be given, the payment as it stands is the answer, now and to every repetition. */
  async function asItStands(request: Request, record: PaymentRecord | null, binds: boolean): Promise<Turn> {
    if (record === null) return 'again';
    if (binds && (await bind(request, record, AS_IT_STANDS)) === 'lost') return 'again';
    const problem = record.charge.status === 'COMPLETED' ? null : record.problem;
    const frozen = { problem, body: answerBody(shown(record), problem) };
    return settled(request, record, frozen, { started: request.startedN === record.charge.n, freshForMs: 0 });
  }

  async function bind(request: Request, record: PaymentRecord, chargeN: number): Promise<'bound' | 'lost'> {
    if (request.key === null) return 'lost';
    const { accountId, orderId } = request.order;
    const payment = { accountId, orderId, paymentId: record.paymentId };
    const bound = await store.bindKey({ payment, chargeN, key: request.key });
    if (bound === 'bound') request.boundHere = true;
    return bound;
  }

  async function openNext(request: Request, record: PaymentRecord | null, n: number): Promise<Turn> {
    if (record === null || request.key === null) return 'again';
    // Rows of another installation, restored under this process: the next key would be derived from another name.
    if (!isNamedAsDerived(engine, record)) return 'again';
    const other = starting.underWay(request.names);
    if (other !== undefined) {
      await other;
      return 'again';
    }
    const { order } = request;
    const unproved = record.absences > 0;
    if (unproved && (await isMadeElsewhere(engine, record))) return problem('other_gateway', shown(record));
    const verifyFirst = unproved && policy.contract.lookup;
    const giveUpAfterS = patienceS(engine, request.giveUpAfterS);
    const { start, place } = startNow(engine, { step: verifyFirst ? 'verify' : 'call', giveUpAfterS });
    const opening: NextCharge = {
      paymentId: record.paymentId,
      expected: { seq: record.seq },
      n,
      order,
      gateway: engine.gateway.name,
      chargeKey: derivedKey(engine, order, n),
      // What failed without the gateway's own no is asked after once more before anything else is sent.
      verifyFirst,
      key: request.key,
      claimId: dashed(engine.random.hex128()),
      giveUpAfterS,
      start,
    };
    const { claimId } = opening;
    const claimedAt = momentOf(clock);
    const opened = store.openNextCharge(opening);
    starting.note(request.names, opened);
    const result = await opened.catch((error: unknown) => {
      place?.free();
      throw error;
    });
    if (result.kind === 'lost') {
      place?.free();
      request.claims.push({ claimId, claimedAt });
      return 'again';
    }
    engine.databaseClock.heard(result.nowMs, claimedAt);
    const next = openedRecord(record, opening, result.nowMs);
    started(request, next);
    begin(driver, next, { nowMs: result.nowMs, claimedAt, place });
    return waitForOwn(request, next);
  }

  /** Waits for a charge that this process drives; `again` if it drives it no longer. */
  async function waitForOwn(request: Request, record: PaymentRecord): Promise<Turn> {
    const leftMs = request.untilMs - clock.monotonicMs();
    const { paymentId, charge } = record;
    const ended = await waiters.next(
      paymentId,
      leftMs,
      (seen) => hasEnded(seen) && seen.charge.n === charge.n,
    );
    if (ended?.answer) {
      const { problem: code, body } = ended.answer;
      return settled(
        request,
        ended,
        { problem: code, body },
        { started: true, freshForMs: parts.answerRetentionMs },
      );
    }
    if (ended === null && clock.monotonicMs() < request.untilMs && !waiters.closed()) return 'again';
    return unsettled(request, ended ?? record);
  }

  /** Waits for progress on a charge that anybody may be driving, then looks again. */
  async function waitTurn(request: Request, record: PaymentRecord | null, turn: number): Promise<Turn> {
    const leftMs = request.untilMs - clock.monotonicMs();
    if (record === null) return 'again';
    if (leftMs <= 0 || record.charge.status === 'REVIEW') return unsettled(request, record);
    const local = driver.known(record.paymentId) !== undefined;
    const pollMs = local ? leftMs : Math.min(POLL_CAP_MS, POLL_MS * 1.5 ** Math.min(turn, 20), leftMs);
    const ended = await waiters.next(record.paymentId, pollMs, hasEnded);
    if (ended === null && waiters.closed()) return unsettled(request, record);
    return 'again';
  }

  function settled(
    request: Request,
    record: PaymentRecord,
    frozen: FrozenAnswer,
    { started, freshForMs }: { readonly started: boolean; readonly freshForMs: number },
  ): ChargeAnswer {
    const { key, order, boundHere } = request;
    const { paymentId } = record;
    if (key !== null && freshForMs > 0) {
      cache.put(
        order.accountId,
        key.hash,
        { fingerprint: key.fingerprint, frozen, paymentId, started },
        freshForMs,
      );
    }
    return { kind: 'settled', frozen, paymentId, started, replayed: key !== null && !boundHere };
  }

  /** What is not driven here is read once more: another process may have settled it just as the wait ended. */
  async function unsettled(request: Request, last: PaymentRecord): Promise<ChargeAnswer> {
    const known = knownSince(last);
    const situation = known === undefined || mayBeTaken(known) ? await readAgain(request) : null;
    const bound = situation?.key?.fingerprint === request.key?.fingerprint;
    if (situation?.key?.answer && bound) return replay(request, situation);
    const record = situation?.payment ?? known ?? last;
    const answer = frozenOf(record);
    if (request.key === null && answer !== null && record.charge.n === last.charge.n) {
      const { freshForMs, ...frozen } = answer;
      const started = request.startedN === record.charge.n;
      const stands = record.evidence === 0 && isSettled(record.charge.status);
      if (stands) return settled(request, record, frozen, { started, freshForMs });
    }
    const replayed = isReplayed(request);
    return { kind: 'unsettled', payment: shown(record), retryAfterMs: retryAfterMs(record), replayed };
  }

  /** What this process knows of the payment, unless this request has read something newer: another may have taken it up. */
  function knownSince(last: PaymentRecord): PaymentRecord | undefined {
    const known = driver.known(last.paymentId);
    return known !== undefined && known.seq >= last.seq ? known : undefined;
  }

  /** What has been due for a while, and waits here for a place at the gateway, another process may have taken up. */
  function mayBeTaken({ held, dueAtMs }: PaymentRecord): boolean {
    return !held && dueAtMs !== null && engine.databaseClock.nowMs() - dueAtMs >= TAKEN_AFTER_MS;
  }

  /** Null: the store is lost; what was read before must do. */
  async function readAgain({ order, key }: Request): Promise<Situation | null> {
    const { accountId, orderId } = order;
    try {
      return await store.situation({ accountId, orderId, keyHash: key?.hash ?? null });
    } catch (error) {
      if (error instanceof StoreError) return null;
      throw error;
    }
  }

  /** This process has stopped for good. What the request may have stored is another process's to end. */
  function halted(request: Request): ChargeAnswer {
    const { seen } = request;
    if (request.boundHere && seen !== null) {
      const replayed = isReplayed(request);
      return { kind: 'unsettled', payment: shown(seen), retryAfterMs: retryAfterMs(seen), replayed };
    }
    const code = request.perhapsStored ? 'store_outcome_unknown' : 'installation_changed';
    return problem(code, seen && shown(seen));
  }

  /** The store was lost. Whatever is known to be accepted is 202; else it is said what is not known. */
  function storeFailed(request: Request, error: StoreError): ChargeAnswer {
    // What is refused to all has its alarm already, and needs no line for each request.
    if (error.kind !== 'refused')
      engine.log.error(
        { err: error, kind: error.kind },
        'the database could not be used for a charge request',
      );
    const known = request.seen === null ? undefined : (knownSince(request.seen) ?? request.seen);
    if (known !== undefined && (request.boundHere || isOpenAndSame(known, request.order))) {
      const replayed = isReplayed(request);
      return { kind: 'unsettled', payment: shown(known), retryAfterMs: RETRY_AFTER_MS, replayed };
    }
    const nothing = error.kind !== 'outcome_unknown' && !request.perhapsStored;
    if (!nothing) return { ...problem('store_outcome_unknown', null), retryAfterMs: RETRY_AFTER_MS };
    if (error.kind === 'unavailable')
      return { ...problem('store_unavailable', null), retryAfterMs: RETRY_AFTER_MS };
    return { ...problem('store_refused', null), retryAfterMs: REFUSED_RETRY_MS };
  }
}

/**
 * The frozen answer of the current charge, if it is kept still and tells what the payment is: a charge that failed, and whose money turned
 * up behind that, keeps its first answer for the keys that have it.
 */
function frozenOf({ answer, charge }: PaymentRecord): StoredAnswer | null {
  if (answer === null || (answer.problem === null) !== (charge.status === 'COMPLETED')) return null;
  return answer;
}

/** Notes that a charge is this request's own doing, and so is the binding of its key. */
function started(request: Request, record: PaymentRecord): void {
  request.boundHere = true;
  request.startedN = record.charge.n;
  request.seen = record;
}

/** Whether an earlier request has bound the key. A blocked key is bound to nothing yet. */
function isReplayed({ keySeen, boundHere }: Request): boolean {
  return keySeen && !boundHere;
}

/** Whether the request has read that its order is being charged on the same terms. */
function isOpenAndSame({ order, charge }: PaymentRecord, wanted: Order): boolean {
  if (isSettled(charge.status)) return false;
  return order.amountMinor === wanted.amountMinor && order.currency === wanted.currency;
}

function hasEnded(record: PaymentRecord): boolean {
  return isSettled(record.charge.status) || record.charge.status === 'REVIEW';
}
