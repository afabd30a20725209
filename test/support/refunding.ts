/** A gateway that refunds, and a replica that has charged one order of 10.00 at it, for the engine's unit tests. */
import type { CallOutcome, LookupOutcome } from '../../src/domain/outcomes.ts';
import {
  judgeRefundLookup,
  type RefundRequest,
  type ReportedRefund,
} from '../../src/domain/refund-outcomes.ts';
import type { RefundAnswer, RefundOptions, RefundWanted } from '../../src/engine/api.ts';
import type { Refunds } from '../../src/ports/gateway.ts';
import { createScriptedGateway, type ScriptedGateway } from './scripted-gateway.ts';
import { order, type VirtualReplica, type VirtualSettings, type VirtualWorld } from './virtual-world.ts';

export type RefundPlay = (call: {
  readonly request: RefundRequest;
  /** 1 for the first call of all. */
  readonly call: number;
  /** Puts a refund into the ledger, once per key, and reports it. Default: it succeeded. */
  readonly book: (status?: ReportedRefund['status']) => CallOutcome;
}) => Promise<CallOutcome> | CallOutcome;

export interface RefundingGateway extends ScriptedGateway {
  readonly refunds: Refunds;
  refundPlay: RefundPlay;
  /** If set, lookups of refunds return this instead of what the ledger holds. */
  refundLookup: ((request: RefundRequest) => LookupOutcome) | null;
  readonly refundCalls: RefundRequest[];
  readonly refundLookups: RefundRequest[];
  /** By key. */
  readonly refundLedger: Map<string, ReportedRefund>;
  /** What somebody else has refunded of every charge, in minor units. */
  elsewhereMinor: number;
}

export function createRefundingGateway(
  contract: Parameters<typeof createScriptedGateway>[0] = {},
  name?: string,
): RefundingGateway {
  const ledger = new Map<string, ReportedRefund>();
  const calls: RefundRequest[] = [];
  const lookups: RefundRequest[] = [];

  function book(request: RefundRequest, status: ReportedRefund['status']): CallOutcome {
    const { key, reference, chargeRef, amountMinor, currency } = request;
    const id = `re_${ledger.size + 1}`;
    const refund = ledger.get(key) ?? { id, status, amountMinor, currency, reference, key, chargeRef };
    ledger.set(key, refund);
    if (refund.status === 'failed') return { kind: 'declined', code: 'refund_failed' };
    return { kind: refund.status === 'pending' ? 'pending' : 'approved', ref: refund.id };
  }

  const gateway: RefundingGateway = Object.assign(createScriptedGateway(contract, name), {
    refundPlay: (({ book: done }) => done()) as RefundPlay,
    refundLookup: null as RefundingGateway['refundLookup'],
    refundCalls: calls,
    refundLookups: lookups,
    refundLedger: ledger,
    elsewhereMinor: 0,
    refunds: {
      async call(request: RefundRequest) {
        calls.push(request);
        const booked = (status: ReportedRefund['status'] = 'succeeded') => book(request, status);
        return gateway.refundPlay({ request, call: calls.length, book: booked });
      },
      async lookup(request: RefundRequest) {
        lookups.push(request);
        if (gateway.refundLookup !== null) return gateway.refundLookup(request);
        const refund = ledger.get(request.key);
        return judgeRefundLookup(request, refund === undefined ? [] : [refund]);
      },
      async refunded() {
        let amountMinor = gateway.elsewhereMinor;
        for (const refund of ledger.values())
          if (refund.status !== 'failed') amountMinor += refund.amountMinor;
        return { kind: 'refunded' as const, amountMinor };
      },
    },
  });
  return gateway;
}

export interface RefundingReplica extends VirtualReplica {
  readonly paymentId: string;
  /** Asks for a refund of the order, and lets time pass until it is answered. Default: all that is left, named `r1`, waiting 5 s. */
  refund(wanted?: Partial<RefundWanted>, options?: Partial<RefundOptions>): Promise<RefundAnswer>;
  /** The payment's sums, as `captured/refunding/refunded/elsewhere`. */
  sums(): Promise<string>;
}

export async function refundingReplica(
  world: VirtualWorld,
  gateway: RefundingGateway,
  settings: VirtualSettings = {},
): Promise<RefundingReplica> {
  const replica = await world.replica(gateway, settings);
  await world.ended(replica.engine.charge(order('o1', { amountMinor: 1000 }), { waitMs: 5000 }));
  const { paymentId } = world.stored('o1');
  return {
    ...replica,
    paymentId,
    refund: (wanted = {}, options = {}) =>
      world.ended(replica.engine.refund(wantedOf(paymentId, wanted), { waitMs: 5000, ...options })),
    async sums() {
      const payment = await world.ended(replica.engine.payment('default', paymentId));
      const { capturedMinor, refundingMinor, refundedMinor, elsewhereMinor } = payment?.sums ?? {};
      return [capturedMinor, refundingMinor, refundedMinor, elsewhereMinor].join('/');
    },
  };
}

export function wantedOf(paymentId: string, wanted: Partial<RefundWanted> = {}): RefundWanted {
  const terms = { amountMinor: null, refundId: 'r1', reason: null, metadata: {} };
  return { accountId: 'default', paymentId, ...terms, ...wanted };
}
