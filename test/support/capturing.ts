/** A gateway that authorises, captures and voids, and a replica that has authorised one order of 10.00 at it, for the engine's unit tests. */
import {
  type CaptureRequest,
  judgeCaptureLookup,
  judgeChargeBehind,
  type ReportedCapture,
} from '../../src/domain/capture-outcomes.ts';
import type { ExclusiveKind } from '../../src/domain/effects.ts';
import type { CallOutcome, LookupOutcome, ReportedCharge } from '../../src/domain/outcomes.ts';
import type { ExclusiveAnswer, ExclusiveOptions, ExclusiveWanted } from '../../src/engine/api.ts';
import type { CallOptions, Captures } from '../../src/ports/gateway.ts';
import { createRefundingGateway, type RefundingGateway } from './refunding.ts';
import { order, type VirtualReplica, type VirtualSettings, type VirtualWorld } from './virtual-world.ts';

export type CapturePlay = (call: {
  readonly kind: ExclusiveKind;
  readonly request: CaptureRequest;
  readonly options: CallOptions;
  /** 1 for the first call of all, of both kinds. */
  readonly call: number;
  /** What a gateway does: once per key, and to each charge once. Default: it succeeds. */
  readonly book: (status?: ReportedCapture['status']) => CallOutcome;
}) => Promise<CallOutcome> | CallOutcome;

export interface CapturingGateway extends RefundingGateway {
  readonly captures: Captures;
  capturePlay: CapturePlay;
  /** If set, lookups of captures and voids return this instead of what the ledger holds. */
  captureLookup: ((kind: ExclusiveKind, request: CaptureRequest) => LookupOutcome) | null;
  readonly captureCalls: (CaptureRequest & { readonly kind: ExclusiveKind })[];
  readonly captureLookups: CaptureRequest[];
  /** By key. */
  readonly captureLedger: Map<string, ReportedCapture & { readonly kind: ExclusiveKind }>;
  /** Until when it holds what it authorises, by the database's clock; null: it does not say. */
  authorizedUntilMs: number | null;
  /** The one charge. */
  charge(): ReportedCharge;
  /** Something happens to the one charge at the gateway, and not by us. */
  change(changes: Partial<ReportedCharge>): void;
}

const IMPOSSIBLE: CallOutcome = {
  kind: 'unknown',
  answered: true,
  reason: 'already_captured',
  lookFirst: true,
};

export function createCapturingGateway(
  contract: Parameters<typeof createRefundingGateway>[0] = {},
): CapturingGateway {
  const captureLedger: CapturingGateway['captureLedger'] = new Map();

  function charge(): ReportedCharge {
    const [one] = gateway.ledger.values();
    if (one === undefined) throw new Error('Nothing was authorised.');
    return one;
  }

  function change(changes: Partial<ReportedCharge>): void {
    gateway.ledger.set(charge().key, { ...charge(), ...changes });
  }

  function book(
    kind: ExclusiveKind,
    request: CaptureRequest,
    status: ReportedCapture['status'],
  ): CallOutcome {
    const known = captureLedger.get(request.key);
    if (known === undefined) {
      if (charge().status !== 'authorized') return IMPOSSIBLE;
      const { orderId: _, ...terms } = request;
      captureLedger.set(request.key, { id: `${kind}_${captureLedger.size + 1}`, kind, status, ...terms });
      if (status === 'succeeded') settle(kind, request.amountMinor);
    }
    const made = captureLedger.get(request.key);
    if (made === undefined || made.status === 'failed') return { kind: 'declined', code: `${kind}_failed` };
    return { kind: made.status === 'pending' ? 'pending' : 'approved', ref: made.id };
  }

  function settle(kind: ExclusiveKind, amountMinor: number): void {
    change(kind === 'void' ? { status: 'voided' } : { status: 'succeeded', capturedMinor: amountMinor });
  }

  function effect(kind: ExclusiveKind): Captures[ExclusiveKind] {
    return {
      async call(request, options) {
        gateway.captureCalls.push({ ...request, kind });
        const booked = (status: ReportedCapture['status'] = 'succeeded') => book(kind, request, status);
        return gateway.capturePlay({
          kind,
          request,
          options,
          call: gateway.captureCalls.length,
          book: booked,
        });
      },
      async lookup(request) {
        gateway.captureLookups.push(request);
        if (gateway.captureLookup !== null) return gateway.captureLookup(kind, request);
        const made = captureLedger.get(request.key);
        if (made !== undefined) return judgeCaptureLookup(kind, request, [made]);
        return judgeChargeBehind(kind, request, charge());
      },
    };
  }

  const gateway: CapturingGateway = Object.assign(createRefundingGateway(contract), {
    capturePlay: (({ book: done }) => done()) as CapturePlay,
    captureLookup: null as CapturingGateway['captureLookup'],
    captureCalls: [] as CapturingGateway['captureCalls'],
    captureLookups: [] as CaptureRequest[],
    captureLedger,
    authorizedUntilMs: null as number | null,
    charge,
    change,
    captures: { capture: effect('capture'), void: effect('void') },
  });
  gateway.play = ({ request, charge: made }) => {
    const outcome = made();
    const isNew = gateway.ledger.get(request.key)?.status === 'succeeded';
    if (outcome.kind !== 'approved' || request.captureMethod !== 'manual' || !isNew) return outcome;
    const until = gateway.authorizedUntilMs === null ? {} : { authorizedUntilMs: gateway.authorizedUntilMs };
    change({ status: 'authorized', ...until });
    return { ...outcome, ...until };
  };
  return gateway;
}

export interface CapturingReplica extends VirtualReplica {
  readonly paymentId: string;
  /** Asks for a capture of the order, and lets time pass until it is answered. Default: all of it, waiting 5 s. */
  capture(amountMinor?: number | null, options?: Partial<ExclusiveOptions>): Promise<ExclusiveAnswer>;
  void(options?: Partial<ExclusiveOptions>): Promise<ExclusiveAnswer>;
  /** The payment's status, and `captured/refunded`. */
  standing(): Promise<string>;
}

export async function capturingReplica(
  world: VirtualWorld,
  gateway: CapturingGateway,
  settings: VirtualSettings = {},
): Promise<CapturingReplica> {
  const replica = await world.replica(gateway, settings);
  const wanted = order('o1', { amountMinor: 1000, captureMethod: 'manual' });
  await world.ended(replica.engine.charge(wanted, { waitMs: 5000 }));
  return atOrder(world, replica);
}

/** The same requests from another replica. */
export function atOrder(world: VirtualWorld, replica: VirtualReplica): CapturingReplica {
  const { engine } = replica;
  const { paymentId } = world.stored('o1');
  return {
    ...replica,
    paymentId,
    capture: (amountMinor = null, options = {}) =>
      world.ended(engine.capture(wantedOf(paymentId, amountMinor), { waitMs: 5000, ...options })),
    void: (options = {}) => world.ended(engine.void(wantedOf(paymentId), { waitMs: 5000, ...options })),
    async standing() {
      const payment = await world.ended(engine.payment('default', paymentId));
      const { capturedMinor, refundedMinor } = payment?.sums ?? {};
      return `${payment?.status} ${capturedMinor}/${refundedMinor}`;
    },
  };
}

export function wantedOf(paymentId: string, amountMinor: number | null = null): ExclusiveWanted {
  return { accountId: 'default', paymentId, amountMinor, metadata: {} };
}
