/**
 * One request for a refund, from what is stored to the answer. It reads first, and the answers table decides. If somebody else changes
 * something in between, the request reads and decides again.
 */
import { refundFingerprint } from '../../domain/fingerprint.ts';
import { refundKey, requestKeyHash } from '../../domain/ids.ts';
import { decideRefund } from '../../domain/refund-acceptance.ts';
import {
  type FollowUpRecord,
  type FollowUpSituation,
  type PaymentRecord,
  StoreError,
} from '../../ports/store.ts';
import type { RefundAnswer, RefundOptions, RefundWanted } from '../api.ts';
import type { Engine } from '../context.ts';
import { begin, placeFor } from '../intent.ts';
import { referenceOf } from '../names.ts';
import { paymentKey } from '../unit.ts';
import { halted, storeFailed } from './interrupted.ts';
import { open } from './open.ts';
import { NAME_TAKEN, NOT_OFFERED, refundProblem } from './problem.ts';
import { type ClientRequest, isAccepted, isStarted, type Refunding, type Turn } from './request.ts';
import { showRefund } from './show.ts';
import { answerNow, isSuperseded, waitTurn } from './waiting.ts';

/** Other requests for the same refund can overtake each turn. More often than this is a fault, not bad luck. */
const MAX_TURNS = 1000;

export function createRefunding(
  refunding: Refunding,
): (wanted: RefundWanted, options: RefundOptions) => Promise<RefundAnswer> {
  const { clock } = refunding.engine;
  return async (wanted, { key, waitMs }) => {
    const nowMs = clock.monotonicMs();
    const request: ClientRequest = {
      wanted,
      key:
        key === undefined
          ? null
          : { hash: requestKeyHash(key.route, key.key), fingerprint: refundFingerprint(wanted) },
      untilMs: nowMs + waitMs,
      turnAtMs: nowMs,
      opened: [],
      boundHere: false,
      keySeen: false,
      perhapsStored: false,
      seen: null,
    };
    try {
      return await run(refunding, request);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return storeFailed(refunding, request, error);
    }
  };
}

async function run(refunding: Refunding, request: ClientRequest): Promise<RefundAnswer> {
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    if (refunding.engine.halt.halted) return halted(refunding, request);
    request.turnAtMs = refunding.engine.clock.monotonicMs();
    const situation = await read(refunding, request);
    const answer = await takeTurn(refunding, request, situation, turn);
    if (answer !== 'again') return answer;
  }
  throw new Error('A request for a refund was overtaken too often; it sent nothing.');
}

/** Reads what is stored. If this request stored a refund itself but got no confirmation, that refund is started now. */
async function read({ engine, driver }: Refunding, request: ClientRequest): Promise<FollowUpSituation> {
  const { accountId, paymentId, refundId } = request.wanted;
  const situation = await engine.store.followUpSituation({
    accountId,
    paymentId,
    kind: 'refund',
    name: refundId,
    keyHash: request.key?.hash ?? null,
  });
  const { followUp } = situation;
  request.seen = followUp ?? request.seen;
  const own = request.opened.find(({ id }) => id === followUp?.followUp.id);
  if (own !== undefined) request.boundHere = true;
  else request.keySeen ||= situation.key !== null;
  if (
    followUp !== null &&
    own !== undefined &&
    !own.begun &&
    own.claimId === followUp.claimId &&
    followUp.held
  ) {
    own.begun = true;
    const nowMs = (followUp.dueAtMs ?? situation.nowMs) - engine.policy.leaseMs;
    const place = placeFor(engine, followUp.operation.step);
    begin(driver, followUp, { nowMs, claimedAt: own.claimedAt, place });
  }
  return situation;
}

async function takeTurn(
  refunding: Refunding,
  request: ClientRequest,
  situation: FollowUpSituation,
  turn: number,
): Promise<Turn> {
  const { engine } = refunding;
  const { key, followUp, payment, sums } = situation;
  if (payment !== null && !(await engine.ownMode.holds())) return halted(refunding, request);
  const verdict = decideRefund(
    { amountMinor: request.wanted.amountMinor, fingerprint: request.key?.fingerprint ?? null },
    key,
    followUp && {
      askedMinor: followUp.followUp.askedMinor,
      status: followUp.operation.status,
      accepted: isAccepted(followUp),
      answer: isSuperseded(followUp) ? 'stale' : followUp.answer === null ? null : 'true',
    },
    payment && { status: payment.operation.status, sums, offered: engine.gateway.refunds !== undefined },
  );
  switch (verdict.kind) {
    case 'key_reused':
      return refundProblem('idempotency_key_reused');
    case 'payment_not_found':
      return refundProblem('payment_not_found');
    case 'not_refundable':
      return refundProblem('payment_not_refundable');
    case 'not_offered':
      return refundProblem('payment_not_refundable', null, { detail: NOT_OFFERED });
    case 'exceeds':
      return refundProblem('refund_exceeds_captured');
    case 'conflict':
      return refundProblem('refund_conflict', followUp && showRefund(engine, followUp));
    case 'open': {
      if (payment === null) return 'again';
      if (payment.gateway !== engine.gateway.name) return refundProblem('other_gateway');
      const opened = await open(refunding, request, { ...situation, payment }, verdict.amountMinor);
      if (opened === null) return (await takenName(engine, request, payment)) ?? 'again';
      return waitTurn(refunding, request, opened, { turn, started: true });
    }
    default: {
      if (followUp === null || payment === null) return 'again';
      if (key === null && (await bind(refunding, request, payment, followUp)) === 'lost') return 'again';
      const started = isStarted(request, followUp, situation);
      if (verdict.kind !== 'wait') return answerNow(engine, request, followUp, started);
      return waitTurn(refunding, request, followUp, { turn, started });
    }
  }
}

/**
 * A caller may have given another refund the very name that is derived from this request's key. Then this one can never be opened. Null:
 * nobody has.
 */
async function takenName(
  engine: Engine,
  { wanted, key }: ClientRequest,
  { order, paymentId }: PaymentRecord,
): Promise<RefundAnswer | null> {
  if (wanted.refundId !== null || key === null) return null;
  const name = refundKey(referenceOf(engine, order), { keyHash: key.hash });
  const { accountId } = wanted;
  const taken = await engine.store.followUp({ accountId, paymentId, kind: 'refund', name });
  if (taken === null || taken.followUp.keyHash !== null) return null;
  return refundProblem('refund_conflict', showRefund(engine, taken), { detail: NAME_TAKEN });
}

/** Binds the request's key, if it has one, to the refund that it joins. `lost`: read again. */
async function bind(
  { engine }: Refunding,
  request: ClientRequest,
  payment: PaymentRecord,
  { followUp }: FollowUpRecord,
): Promise<'bound' | 'lost'> {
  if (request.key === null) return 'bound';
  const bound = await engine.store.bindFollowUpKey({
    payment: paymentKey(payment),
    id: followUp.id,
    key: request.key,
  });
  if (bound === 'bound') request.boundHere = true;
  return bound;
}
