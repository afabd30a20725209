/** The gateway's refunds, in its own ledger. As with charges, all of it comes from the protocol's text alone. */
import type { ServerResponse } from 'node:http';
import type { Charge, ChargeRequest, Ledger } from './ledger.ts';
import type { LookupMode } from './lookups.ts';
import { type Made, sendJson, sendReply } from './send.ts';
import { type Effect, honest, type Step } from './steps.ts';

export interface Refund {
  readonly id: string;
  readonly key: string;
  readonly charge: Charge;
  readonly amount: number;
  readonly atMs: number;
  status: 'succeeded' | 'pending' | 'failed';
}

export interface RefundRequest extends Pick<ChargeRequest, 'atMs' | 'key' | 'text' | 'nth'> {
  readonly orderId: string;
  readonly chargeId: string;
  /** Null: all that is left. */
  readonly amount: number | null;
  /** Counts the refund requests of the order, from 1. */
  readonly nthOfOrder: number;
}

export interface RefundDesk {
  readonly requests: RefundRequest[];
  /** The keys that were asked for, in turn. */
  readonly lookups: string[];
  /** The steps of an order's refund requests, in turn; then `otherwise`. */
  plan(orderId: string, ...steps: Step[]): void;
  otherwise: (request: RefundRequest) => Step;
  mode: (key: string) => LookupMode;
  requestsOf(orderId: string): RefundRequest[];
  /** Refunds that gave or may still give money back. */
  liveOf(orderId: string): Refund[];
}

export interface RefundBook extends RefundDesk {
  stepFor(request: RefundRequest): Step;
  conflicts(request: RefundRequest): boolean;
  /** What the gateway then has under the key, or why it refuses. */
  apply(request: RefundRequest, effect: Effect): Made | null;
  answerLookup(key: string, response: ServerResponse, outage: Step | null): void;
}

export function createRefundBook(ledger: Ledger): RefundBook {
  const requests: RefundRequest[] = [];
  const lookups: string[] = [];
  const plans = new Map<string, readonly Step[]>();
  const asked = new Map<string, string>();
  let count = 0;

  function add(charge: Charge, key: string, amount: number, status: Refund['status']): Refund {
    count += 1;
    const id = `re_${String(count).padStart(8, '0')}`;
    const refund: Refund = { id, key, charge, amount, atMs: Date.now(), status };
    charge.refunds.push(refund);
    return refund;
  }

  const book: RefundBook = {
    requests,
    lookups,
    plan: (orderId, ...steps) => void plans.set(orderId, steps),
    otherwise: () => honest,
    mode: () => 'truth',
    requestsOf: (orderId) => requests.filter((one) => one.orderId === orderId),
    liveOf: (orderId) =>
      ledger.charges
        .filter(({ body }) => body.order_id === orderId)
        .flatMap(({ refunds }) => refunds.filter(({ status }) => status !== 'failed')),
    stepFor: (request) => plans.get(request.orderId)?.[request.nthOfOrder - 1] ?? book.otherwise(request),
    conflicts({ key, chargeId, amount }) {
      const terms = `${chargeId} ${amount}`;
      const before = asked.get(key) ?? terms;
      asked.set(key, before);
      return before !== terms;
    },
    apply({ key, chargeId, amount: wanted }, effect) {
      const charge = ledger.charges.find(({ id }) => id === chargeId);
      const refuse = (status: number, error: string): Made => {
        return { status, body: { error, idempotency_key: key } };
      };
      if (charge === undefined) return refuse(404, 'charge_not_found');
      const before = charge.refunds.find((refund) => refund.key === key);
      if (before !== undefined) return made(before);
      if (effect.kind === 'none' || effect.kind === 'late') return null;
      if (charge.status !== 'succeeded') return refuse(409, 'charge_not_succeeded');
      const left = charge.body.amount - refundedOf(charge);
      const amount = wanted ?? left;
      if (amount < 1 || amount > left) return refuse(422, 'amount_too_large');
      if (effect.kind === 'decline') return made(add(charge, key, amount, 'failed'));
      if (effect.kind === 'charge') return made(add(charge, key, amount, 'succeeded'));
      const refund = add(charge, key, amount, 'pending');
      const settle = (): void => {
        refund.status = effect.then === 'declined' ? 'failed' : 'succeeded';
      };
      if (typeof effect.after === 'number') setTimeout(settle, effect.after).unref();
      else void effect.after.then(settle);
      return made(refund);
    },
    answerLookup(key, response, outage) {
      lookups.push(key);
      const mode = book.mode(key);
      const found = ledger.charges.flatMap(({ refunds }) => refunds).filter((refund) => refund.key === key);
      if (outage !== null) sendReply(response, outage.reply, null, {});
      else if (mode === 'truth')
        sendJson(response, 200, { data: found.map(refundJson), idempotency_key: key });
      else if (mode === 'down') sendJson(response, 503, { error: 'down' });
      else if (mode === 'drop' || mode === 'garbage') sendReply(response, { kind: mode }, null, {});
      else throw new Error(`no such answer to a lookup of refunds: ${mode}`);
    },
  };
  return book;
}

/** What counts as refunded: also what is not decided yet. */
export function refundedOf({ refunds }: Charge): number {
  return refunds.filter(({ status }) => status !== 'failed').reduce((sum, { amount }) => sum + amount, 0);
}

export function refundJson({ id, key, charge, amount, atMs, status }: Refund): Record<string, unknown> {
  return {
    id,
    object: 'refund',
    status,
    amount,
    currency: charge.body.currency,
    charge: charge.id,
    reference: charge.body.reference,
    idempotency_key: key,
    ...(status === 'failed' ? { code: 'refund_declined' } : {}),
    created_at: new Date(atMs).toISOString(),
  };
}

function made(refund: Refund): Made {
  return { status: { succeeded: 200, failed: 402, pending: 202 }[refund.status], body: refundJson(refund) };
}
