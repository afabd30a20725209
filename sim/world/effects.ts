/** Charges and refunds on the wire: what differs from one to the other. Everything else is the same for both. */
import type { CaptureRequest } from '../../src/domain/capture-outcomes.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../../src/domain/outcomes.ts';
import type { RefundRequest } from '../../src/domain/refund-outcomes.ts';
import { type Judging, judgeExchange } from '../../src/gateways/http/answers.ts';
import { CHARGES, EXCLUSIVES, REFUNDS } from '../../src/gateways/http/effects.ts';
import type { Exchange } from '../../src/gateways/http/exchange.ts';
import { judgeLookupExchange, type LookupJudging } from '../../src/gateways/http/lookups.ts';
import {
  asShown,
  type BookedCapture,
  type BookedCharge,
  type BookedEffect,
  type BookedRefund,
  type EffectModel,
  type EndKind,
  type GatewayModel,
} from '../gateway/model.ts';
import type { Sending } from '../judge/index.ts';
import { chargeJson } from './charge-json.ts';
import { type Form, OTHER_KEY } from './gateway-answers.ts';
import type { Process } from './process.ts';
import { actionIn, judgeObjects } from './two-steps/adapter.ts';
import type { World } from './world.ts';

export type AnyRequest = ChargeRequest | RefundRequest | CaptureRequest;

export interface Effect<Request extends AnyRequest, Booked extends BookedEffect>
  extends Form<Request, Booked> {
  /** For the story: `charge`, `refund`, `capture` or `void`. */
  readonly word: string;
  model(process: Process): EffectModel<Request, Booked>;
  /** What a lookup shows now. */
  find(process: Process, request: Request, nowMs: number): readonly Booked[];
  ledger(world: World): readonly Booked[];
  /** A call leaves. */
  sent(world: World, sending: Omit<Sending, 'request'>, request: Request): void;
  /** How long after it has succeeded it fails. Null: it never does. */
  failsAfterMs(world: World): number | null;
  readCall(request: Request, exchange: Exchange, judging: Judging): CallOutcome | NotSent;
  readLookup(request: Request, exchange: Exchange, judging: LookupJudging): LookupOutcome | NotSent;
}

export const CHARGE: Effect<ChargeRequest, BookedCharge> = {
  word: 'charge',
  json: chargeJson,
  anothers: ({ amountMinor: amount, currency, reference }) => ({
    id: 'ch_other',
    status: 'succeeded',
    amount,
    currency,
    reference,
    idempotency_key: OTHER_KEY,
  }),
  model: ({ gateway }) => gateway.model.charges,
  find: ({ gateway }, request, nowMs) =>
    findCharge(gateway.model, request).map((charge) => asShown(charge, nowMs)),
  ledger: ({ gateway }) => gateway.ledger,
  sent: ({ judge }, sending, request) => judge.sent({ ...sending, request }),
  failsAfterMs: () => null,
  readCall: (request, exchange, judging) =>
    actionIn(request, exchange) ?? judgeExchange(CHARGES, request, exchange, judging),
  readLookup: (request, exchange, judging) => judgeObjects(request, exchange, judging),
};

/** In two steps, the object with the handle; else everything under the key. */
function findCharge(
  { charges, objects }: GatewayModel,
  { key, handle }: ChargeRequest,
): readonly BookedCharge[] {
  if (objects === null || handle === undefined) return charges.find(key);
  const object = objects.read(handle);
  return object === null ? [] : [object];
}

export const REFUND: Effect<RefundRequest, BookedRefund> = {
  word: 'refund',
  json: refundJson,
  anothers: ({ amountMinor: amount, currency, reference, chargeRef: charge }) => ({
    id: 're_other',
    object: 'refund',
    status: 'succeeded',
    amount,
    currency,
    reference,
    charge,
    idempotency_key: OTHER_KEY,
  }),
  model: ({ gateway }) => gateway.model.refunds,
  find: ({ gateway }, { key }) => gateway.model.refunds.find(key),
  ledger: ({ refunds }) => refunds.ledger,
  sent: ({ judge }, sending, request) => judge.refunds.sent({ ...sending, request }),
  failsAfterMs(world) {
    const { faults, plan } = world;
    if (world.healed || !faults.chance(plan.rates.refund_fails_later ?? 0)) return null;
    world.marks.hit('refund_fails_later');
    return faults.delayMs(1, FAILS_WITHIN_MS);
  },
  readCall: (request, exchange, judging) => judgeExchange(REFUNDS, request, exchange, judging),
  readLookup: (request, exchange, judging) => judgeLookupExchange(REFUNDS, request, exchange, judging),
};

const FAILS_WITHIN_MS = 60_000;

function exclusive(kind: EndKind): Effect<CaptureRequest, BookedCapture> {
  return {
    word: kind,
    json: captureJson,
    anothers: ({ amountMinor: amount, currency, reference, chargeRef: charge }) => ({
      id: 'cp_other',
      object: kind,
      status: 'succeeded',
      amount,
      currency,
      reference,
      charge,
      idempotency_key: OTHER_KEY,
    }),
    model: ({ gateway }) => gateway.model.captures[kind],
    find: ({ gateway }, { key }) => gateway.model.captures[kind].find(key),
    ledger: ({ captures }) => captures.ledger,
    sent: ({ judge }, sending, request) => judge.captures.sent({ ...sending, request }),
    failsAfterMs: () => null,
    readCall: (request, exchange, judging) => judgeExchange(EXCLUSIVES[kind], request, exchange, judging),
    readLookup: (request, exchange, judging) =>
      judgeLookupExchange(EXCLUSIVES[kind], request, exchange, judging),
  };
}

export const ENDS = { capture: exclusive('capture'), void: exclusive('void') } as const;

function captureJson({ kind, ...effect }: BookedCapture): object {
  return { ...operationJson(effect, effect.chargeRef), object: kind };
}

function operationJson(
  { id, status, amountMinor: amount, currency, reference, key }: BookedEffect,
  charge: string,
): object {
  const operation = { id, amount, currency, reference, charge, idempotency_key: key };
  return status === 'declined'
    ? { ...operation, status: 'failed', code: 'bank_refused' }
    : { ...operation, status };
}

function refundJson(refund: BookedRefund): object {
  return { ...operationJson(refund, refund.chargeRef), object: 'refund' };
}
