/**
 * The call of a charge at a gateway of two steps: what it is confirmed on is made and stored first, under the same lease. Only what is stored is
 * confirmed, so two workers never confirm two.
 */
import { prepareKey } from '../../domain/ids.ts';
import type { NotSent, PrepareOutcome } from '../../domain/outcomes.ts';
import type { CallOptions, TwoSteps } from '../../ports/gateway.ts';
import { type ChargeOf, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import {
  type CallResult,
  callGateway,
  chargeRequest,
  type Sending,
  type Sent,
  SHORT_FOR_MS,
  sendToGateway,
} from '../exchange.ts';
import type { Held } from '../lease.ts';

export async function callInTwoSteps(engine: Engine, held: Held, twoSteps: TwoSteps): Promise<CallResult> {
  const { store, gateway } = engine;
  const { order, paymentId, operation } = held.record;
  const of = { accountId: order.accountId, paymentId, n: operation.n };
  try {
    const stored = await store.handle(of);
    const made =
      stored !== null && stored.handle !== null
        ? { kind: 'handle' as const, handle: stored.handle }
        : await prepare(engine, held, { twoSteps, of, prepares: stored?.prepares ?? 0 });
    if (made.kind !== 'handle') return made;
    const request = { ...chargeRequest(engine, held.record), handle: made.handle };
    return await callGateway(engine, held, (options) => gateway.call(request, options));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { kind: 'not_sent', reason: 'store_unavailable', waitMs: SHORT_FOR_MS };
  } finally {
    held.place?.free();
  }
}

interface Preparing {
  readonly twoSteps: TwoSteps;
  readonly of: ChargeOf;
  readonly prepares: number;
}

type Prepared = { readonly kind: 'handle'; readonly handle: string } | CallResult;

/** Makes what the charge is confirmed on, and stores its handle. Nothing of it moves money, so it may be repeated at will. */
async function prepare(engine: Engine, held: Held, { twoSteps, of, prepares }: Preparing): Promise<Prepared> {
  const { store } = engine;
  const request = chargeRequest(engine, held.record);
  const send = (options: CallOptions): Promise<PrepareOutcome | NotSent> =>
    twoSteps.prepare({ ...request, prepareKey: prepareKey(request.key, prepares) }, options);
  // The place is still needed for the call.
  const sent: Sent<PrepareOutcome> = await sendToGateway(engine, { ...held, place: null }, send, PREPARING);
  if (sent.kind === 'not_sent') return sent;
  const { outcome } = sent;
  switch (outcome.kind) {
    case 'prepared':
      return { kind: 'handle', handle: await store.keepHandle(of, outcome.handle) };
    case 'declined':
      return { kind: 'ended', outcome: { kind: 'unprepared', code: outcome.code } };
    case 'failed':
      return { kind: 'ended', outcome: { ...outcome, kind: 'refused' } };
    case 'failed_for_good':
      await store.raisePrepares(of, prepares + 1);
      return { kind: 'ended', outcome: { ...outcome, kind: 'refused' } };
    case 'forbidden':
      return sent as CallResult;
  }
}

const PREPARING: Sending<PrepareOutcome> = {
  thrown: { kind: 'failed', reason: 'adapter_threw' },
  asCall(outcome) {
    switch (outcome.kind) {
      case 'failed':
        return { ...outcome, kind: 'refused' };
      case 'failed_for_good':
        return { kind: 'unknown', answered: true, reason: outcome.reason };
      default:
        return outcome;
    }
  },
};
