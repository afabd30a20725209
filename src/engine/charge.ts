/**
 * One charge request, from the key's cache to the answer. It tries to accept the order first and reads only if that
 * fails, so a new order costs one statement. If the order or the key exists already, the answers table decides. If
 * somebody else changes something in between, the request reads and decides again.
 */
import { fingerprint } from '../domain/fingerprint.ts';
import { requestKeyHash } from '../domain/ids.ts';
import type { Order } from '../domain/payment.ts';
import { type Situation, StoreError } from '../ports/store.ts';
import type { ChargeAnswer, ChargeOptions } from './api.ts';
import { cachedAnswer, replay } from './charging/answers.ts';
import { asItStands, conflict, join } from './charging/existing.ts';
import { tryAccept } from './charging/first-charge.ts';
import { halted, storeFailed } from './charging/interrupted.ts';
import { openNext } from './charging/next-charge.ts';
import { readSituation } from './charging/reading.ts';
import { type Charging, type ClientRequest, madeAt, type Turn } from './charging/request.ts';
import { verdictOf } from './charging/verdict.ts';
import { waitForOwn, waitTurn } from './charging/waiting.ts';
import { notChargeable, problem } from './problem.ts';
import { showPayment } from './show.ts';

/** Other requests for the same order can overtake each turn. More often than this is a fault, not bad luck. */
const MAX_TURNS = 1000;

export function createCharging(
  charging: Charging,
): (order: Order, options: ChargeOptions) => Promise<ChargeAnswer> {
  const { clock, gateway } = charging.engine;
  charging.chargings.set(gateway.name, charging);

  return async (order, options) => {
    const key = options.key && {
      hash: requestKeyHash(options.key.route, options.key.key),
      fingerprint: fingerprint(order, options.giveUpAfterS),
    };
    if (key !== undefined) {
      const cached = cachedAnswer(charging, order, key);
      if (cached !== undefined) return cached;
    }
    const nowMs = clock.monotonicMs();
    const request: ClientRequest = {
      order,
      key: key ?? null,
      names: { accountId: order.accountId, orderId: order.orderId, keyHash: key?.hash ?? null },
      giveUpAfterS: options.giveUpAfterS ?? null,
      untilMs: nowMs + options.waitMs,
      refusal: refusalOf(charging, order),
      turnAtMs: nowMs,
      claims: [],
      drawn: [],
      boundHere: false,
      keySeen: false,
      perhapsStored: false,
      startedN: null,
      seen: null,
    };
    try {
      return await run(charging, request);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return storeFailed(charging, request, error);
    }
  };
}

/** Why the order is not charged here. Null: it may be. */
function refusalOf(charging: Charging, order: Order): string | null {
  if (charging.homes.of(order.accountId) !== charging.engine.gateway.name)
    return `No gateway of this server charges for the account "${order.accountId}": name the account in GATEWAYS_FILE`;
  return gatewayRefusal(charging, order);
}

function gatewayRefusal({ engine: { gateway } }: Charging, order: Order): string | null {
  return gateway.refuses?.(order) ?? null;
}

/** Whether the gateway can authorise first, if that is wanted. */
function isOffered({ engine: { gateway } }: Charging, { captureMethod }: Order): boolean {
  return captureMethod !== 'manual' || gateway.captures !== undefined;
}

async function run(charging: Charging, request: ClientRequest): Promise<ChargeAnswer> {
  if (!isOffered(charging, request.order)) return problem('effect_not_offered', null);
  const accepted = request.refusal === null ? await tryAccept(charging, request) : null;
  if (accepted !== null) {
    const answer = await waitForOwn(charging, request, accepted);
    if (answer !== 'again') return answer;
  }
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    if (charging.engine.halt.halted) return halted(charging, request);
    request.turnAtMs = charging.engine.clock.monotonicMs();
    const situation = await readSituation(charging, request);
    const answer = await takeTurn(charging, request, situation, turn);
    if (answer !== 'again') return answer;
  }
  throw new Error('A charge request was overtaken too often; it sent nothing.');
}

async function takeTurn(
  home: Charging,
  request: ClientRequest,
  situation: Situation,
  turn: number,
): Promise<Turn> {
  const verdict = verdictOf(request, situation);
  const record = situation.payment;
  const charging = madeAt(home, record);
  switch (verdict.kind) {
    case 'key_reused':
      return problem('idempotency_key_reused', null);
    case 'accept': {
      if (request.refusal !== null) return notChargeable(request.refusal, null);
      const accepted = await tryAccept(home, request);
      return accepted === null ? 'again' : waitForOwn(home, request, accepted);
    }
    case 'conflict':
      return conflict(charging, request, record);
    case 'expired':
      return problem('result_expired', record && showPayment(charging.engine, record));
    case 'replay':
      return replay(charging, request, situation);
    case 'join':
      return join(charging, request, record, { ...verdict, turn });
    case 'stands':
      return asItStands(charging, request, record, verdict.bind);
    case 'open_next': {
      // What no decline has ended can be proved only where it was made, so the next charge stays there, too.
      const at = record && record.absences > 0 ? charging : home;
      const refusal = request.refusal ?? gatewayRefusal(at, request.order);
      if (refusal !== null) return notChargeable(refusal, record && showPayment(at.engine, record));
      if (!isOffered(at, request.order)) return problem('effect_not_offered', null);
      return openNext(at, request, record, verdict.chargeN);
    }
    case 'wait_for_key':
    case 'blocked':
      return waitTurn(charging, request, record, turn);
  }
}
