/** What really happened at the gateway: every request that arrived and every charge that was made. */
import type { LedgerCharge } from '../../../sim/chaos/judge/case.ts';
import { type Refund, refundedOf, refundJson } from './refunds.ts';
import type { Made } from './send.ts';

export interface ChargeBody {
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly order_id: string;
  readonly method?: string | null;
}

export interface Charge {
  readonly id: string;
  readonly key: string;
  readonly body: ChargeBody;
  readonly atMs: number;
  status: 'succeeded' | 'declined' | 'pending';
  code?: string;
  readonly refunds: Refund[];
}

export interface ChargeRequest {
  readonly atMs: number;
  readonly key: string;
  readonly text: string;
  readonly body: ChargeBody;
  /** Counts the requests with this key, from 1. */
  readonly nth: number;
}

export interface LookupRequest {
  readonly atMs: number;
  readonly key: string;
  readonly nth: number;
}

export interface Ledger {
  readonly requests: ChargeRequest[];
  readonly lookups: LookupRequest[];
  readonly charges: Charge[];
  /** Requests that this protocol does not know. */
  readonly strange: string[];
  requestsOf(orderId: string): ChargeRequest[];
  lookupsOf(orderId: string): LookupRequest[];
  keysOf(orderId: string): string[];
  /** Charges that took or may still take money. */
  liveOf(orderId: string): Charge[];
  byKey(key: string): Charge[];
  /** Makes a charge, whatever there is already. */
  add(key: string, body: ChargeBody, status: Charge['status'], code?: string): Charge;
}

export function createLedger(): Ledger {
  const requests: ChargeRequest[] = [];
  const lookups: LookupRequest[] = [];
  const charges: Charge[] = [];
  const requestsOf = (orderId: string) => requests.filter(({ body }) => body.order_id === orderId);
  const keysOf = (orderId: string) => [...new Set(requestsOf(orderId).map(({ key }) => key))];
  return {
    requests,
    lookups,
    charges,
    strange: [],
    requestsOf,
    keysOf,
    lookupsOf: (orderId) => {
      const keys = keysOf(orderId);
      return lookups.filter(({ key }) => keys.includes(key));
    },
    liveOf: (orderId) =>
      charges.filter(({ body, status }) => body.order_id === orderId && status !== 'declined'),
    byKey: (key) => charges.filter((charge) => charge.key === key),
    add(key, body, status, code) {
      const id = `ch_${String(charges.length + 1).padStart(8, '0')}`;
      const charge: Charge = {
        id,
        key,
        body,
        atMs: Date.now(),
        status,
        refunds: [],
        ...(code ? { code } : {}),
      };
      charges.push(charge);
      return charge;
    },
  };
}

export function chargeJson(charge: Charge): Record<string, unknown> {
  const captured = capturedOf(charge);
  const settled = charge.refunds.filter(({ status }) => status === 'succeeded');
  const isReversed = captured > 0 && settled.reduce((sum, { amount }) => sum + amount, 0) >= captured;
  return {
    id: charge.id,
    status: isReversed ? 'refunded' : charge.status,
    amount: charge.body.amount,
    currency: charge.body.currency,
    reference: charge.body.reference,
    order_id: charge.body.order_id,
    idempotency_key: charge.key,
    captured,
    refunded: refundedOf(charge),
    ...(charge.code ? { code: charge.code } : {}),
    created_at: new Date(charge.atMs).toISOString(),
  };
}

function capturedOf({ status, body }: Charge): number {
  return status === 'succeeded' ? body.amount : 0;
}

/** For the judge. Whatever was not declined took money, or may still take it. */
export function shown(charge: Charge): LedgerCharge {
  const refunds = charge.refunds.map(refundJson);
  return { ...chargeJson(charge), live: charge.status !== 'declined', refunds } as unknown as LedgerCharge;
}

export function chargeMade(charge: Charge): Made {
  return { status: { succeeded: 200, declined: 402, pending: 202 }[charge.status], body: chargeJson(charge) };
}
