/**
 * One request for a follow-up, from what is stored to the answer. It reads first, and the answers table decides. If somebody else changes
 * something in between, the request reads and decides again.
 */
import type { FollowUpKind } from '../../domain/effects.ts';
import { decideFollowUp } from '../../domain/follow-up-acceptance.ts';
import { followUpKey, requestKeyHash } from '../../domain/ids.ts';
import {
  type FollowUpRecord,
  type FollowUpSituation,
  type PaymentRecord,
  StoreError,
} from '../../ports/store.ts';
import type { IdempotencyKey } from '../api.ts';
import { begin, placeFor } from '../intent.ts';
import { referenceOf } from '../names.ts';
import { paymentKey } from '../unit.ts';
import { halted, storeFailed, storeOutcomeUnknown } from './interrupted.ts';
import { open } from './open.ts';
import { problem } from './problem.ts';
import {
  type Answer,
  type ClientRequest,
  type FollowingUp,
  isAccepted,
  isStarted,
  type Turn,
} from './request.ts';
import type { FollowUpWanted } from './traits.ts';
import { answerNow, isSuperseded, waitTurn } from './waiting.ts';

/** Other requests for the same follow-up can overtake each turn. More often than this is a fault, not bad luck. */
const MAX_TURNS = 1000;

export interface RequestOptions {
  readonly key?: IdempotencyKey;
  /** How long to wait for the outcome, in milliseconds. 0: answer at once. */
  readonly waitMs: number;
}

/** What answers the requests of this kind. It never rejects because of a gateway or a database. */
export function createFollowingUp<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
): (wanted: FollowUpWanted, options: RequestOptions) => Promise<Answer<Shown, Own>> {
  const { engine, traits } = followingUp;
  const { clock } = engine;
  return async (wanted, { key, waitMs }) => {
    const nowMs = clock.monotonicMs();
    const request: ClientRequest = {
      wanted,
      key:
        key === undefined
          ? null
          : { hash: requestKeyHash(key.route, key.key), fingerprint: traits.fingerprint(wanted) },
      untilMs: nowMs + waitMs,
      turnAtMs: nowMs,
      opened: [],
      boundHere: false,
      keySeen: false,
      perhapsStored: false,
      seen: null,
    };
    try {
      return await run(followingUp, request);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return storeFailed(followingUp, request, error);
    }
  };
}

async function run<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
): Promise<Answer<Shown, Own>> {
  const { engine, traits } = followingUp;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    if (engine.halt.halted) return halted(followingUp, request);
    request.turnAtMs = engine.clock.monotonicMs();
    const situation = await read(followingUp, request);
    const answer = await takeTurn(followingUp, request, situation, turn);
    if (answer !== 'again') return answer;
  }
  throw new Error(`A request for a ${traits.kind} was overtaken too often; it sent nothing.`);
}

/** Reads what is stored. If this request stored a follow-up itself but got no confirmation, that one is started now. */
async function read<Shown, Own extends string>(
  { engine, driver, traits }: FollowingUp<Shown, Own>,
  request: ClientRequest,
): Promise<FollowUpSituation> {
  const { accountId, paymentId } = request.wanted;
  const situation = await engine.store.followUpSituation({
    accountId,
    paymentId,
    kind: traits.kind,
    name: nameOf(request, traits.kind),
    keyHash: request.key?.hash ?? null,
  });
  const { followUp, key } = situation;
  // The key may be bound to another request's follow-up, perhaps of another payment. Nothing of that is told.
  const isAnothers = key !== null && key.fingerprint !== request.key?.fingerprint;
  if (!isAnothers) request.seen = followUp ?? request.seen;
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
    const place = placeFor(engine, followUp.operation.step, traits.kind);
    begin(driver, followUp, { nowMs, claimedAt: own.claimedAt, place });
  }
  return situation;
}

/** A request without a name stays with the one that it has opened or joined, also when that one has ended and another was opened. */
function nameOf({ wanted, seen }: ClientRequest, kind: FollowUpKind): string | null {
  if (wanted.name !== null) return wanted.name;
  return seen?.operation.kind === kind ? seen.followUp.name : null;
}

async function takeTurn<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
  situation: FollowUpSituation,
  turn: number,
): Promise<Turn<Shown, Own>> {
  const { engine, traits } = followingUp;
  const { key, followUp, payment } = situation;
  if (payment !== null && !(await engine.ownMode.holds())) return halted(followingUp, request);
  const verdict = verdictOf(followingUp, request, situation);
  switch (verdict.kind) {
    case 'key_reused':
      return problem(traits, 'idempotency_key_reused');
    case 'payment_not_found':
      return problem(traits, 'payment_not_found');
    case 'refused':
      if (await findsOwn(followingUp, request)) return 'again';
      // Its statement may still run: it saw the payment as it was before, and may be stored yet.
      if (request.perhapsStored) return storeOutcomeUnknown(traits);
      return problem(traits, verdict.code, { detail: verdict.detail });
    case 'conflict':
      if (followUp === null) return 'again';
      return problem(traits, traits.conflictWith(followUp), { shown: traits.show(engine, followUp) });
    case 'open': {
      if (payment === null) return 'again';
      if (payment.gateway !== engine.gateway.name) return problem(traits, 'other_gateway');
      const opened = await open(followingUp, request, { ...situation, payment }, verdict);
      if (opened === null) return (await takenName(followingUp, request, payment)) ?? 'again';
      return waitTurn(followingUp, request, opened, { turn, started: true });
    }
    default: {
      if (followUp === null || payment === null) return 'again';
      if (key === null && (await bind(followingUp, request, payment, followUp)) === 'lost') return 'again';
      const started = isStarted(request, followUp, situation);
      if (verdict.kind !== 'wait') return answerNow(followingUp, request, followUp, started);
      return waitTurn(followingUp, request, followUp, { turn, started });
    }
  }
}

function verdictOf<Shown, Own extends string>(
  { engine, traits }: FollowingUp<Shown, Own>,
  request: ClientRequest,
  { key, followUp, payment, sums }: FollowUpSituation,
) {
  const isOffered = engine.rooms[traits.kind].isOffered(engine);
  return decideFollowUp(
    { amountMinor: request.wanted.amountMinor, fingerprint: request.key?.fingerprint ?? null },
    key,
    followUp && {
      isOther: followUp.operation.kind !== traits.kind,
      askedMinor: followUp.followUp.askedMinor,
      status: followUp.operation.status,
      accepted: isAccepted(followUp),
      answer: isSuperseded(followUp) ? 'stale' : followUp.answer === null ? null : 'true',
    },
    payment && {
      status: payment.operation.status,
      sums,
      authorizedMinor: payment.order.amountMinor,
      offered: isOffered,
      canAsk: engine.policies[traits.kind].contract.lookup,
    },
    traits.admit,
  );
}

/**
 * A caller may have given another one the very name that is derived from this request's key. Then this one can never be opened. Null:
 * nobody has.
 */
async function takenName<Shown, Own extends string>(
  { engine, traits }: FollowingUp<Shown, Own>,
  { wanted, key }: ClientRequest,
  { order, paymentId }: PaymentRecord,
): Promise<Answer<Shown, Own> | null> {
  const { kind, nameTaken } = traits;
  if (wanted.name !== null || key === null || nameTaken === null) return null;
  const name = followUpKey(referenceOf(engine, order), kind, { keyHash: key.hash });
  const { accountId } = wanted;
  const taken = await engine.store.followUp({ accountId, paymentId, kind, name });
  if (taken === null || taken.followUp.keyHash !== null) return null;
  return problem(traits, traits.conflictWith(taken), {
    shown: traits.show(engine, taken),
    detail: nameTaken,
  });
}

/**
 * Whether this request had stored one without a confirmation, and it has ended meanwhile, and with it the payment. Then neither a key nor the
 * payment leads to it, and its own end is the answer.
 */
async function findsOwn<Shown, Own extends string>(
  { engine, traits }: FollowingUp<Shown, Own>,
  request: ClientRequest,
): Promise<boolean> {
  if (!request.perhapsStored || request.seen !== null) return false;
  const { accountId, paymentId } = request.wanted;
  for (const { id, name } of request.opened) {
    const found = await engine.store.followUp({ accountId, paymentId, kind: traits.kind, name });
    if (found?.followUp.id !== id) continue;
    request.seen = found;
    return true;
  }
  return false;
}

/** Binds the request's key, if it has one, to what it joins. `lost`: read again. */
async function bind<Shown, Own extends string>(
  { engine }: FollowingUp<Shown, Own>,
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
