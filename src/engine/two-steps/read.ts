/**
 * The lookup of a charge at a gateway of two steps: it reads what the charge is confirmed on and, if that will not be called again, seals it and
 * reads once more. The seal's own answer means nothing, so nobody looks at it.
 */
import { sealKey } from '../../domain/ids.ts';
import type { ChargeRequest, LookupOutcome } from '../../domain/outcomes.ts';
import { inTwoSteps } from '../../domain/transition/index.ts';
import type { TwoSteps } from '../../ports/gateway.ts';
import { type ChargeOf, type StoredHandle, StoreError } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { lookUp } from '../exchange.ts';
import type { Held } from '../lease.ts';
import { keepShown } from './action.ts';

export interface Reading {
  /** Which charge. */
  readonly charge: { readonly paymentId: string; readonly n: number };
  readonly request: ChargeRequest;
  /** Asks the gateway. */
  ask(request: ChargeRequest): Promise<LookupOutcome>;
  seals(outcome: LookupOutcome): boolean;
  readonly twoSteps: TwoSteps;
}

export async function readInTwoSteps(engine: Engine, held: Held, reading: Reading): Promise<LookupOutcome> {
  const { charge, seals } = reading;
  const of = { accountId: held.record.order.accountId, paymentId: charge.paymentId, n: charge.n };
  try {
    const stored = await engine.store.handle(of);
    const { handle, outcome } = await readStored(engine, reading, of, stored);
    if (handle === null) return outcome;
    const last = seals(outcome) ? await sealed(engine, held, reading, handle) : outcome;
    await keepShown(engine, of, stored, last);
    return last;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { kind: 'unavailable', reason: 'store_unavailable' };
  }
}

interface Shown {
  /** Null: there is none. */
  readonly handle: string | null;
  readonly outcome: LookupOutcome;
}

async function readStored(
  engine: Engine,
  reading: Reading,
  of: ChargeOf,
  stored: StoredHandle | null,
): Promise<Shown> {
  if (stored !== null && stored.handle !== null) {
    const { handle } = stored;
    return { handle, outcome: await read(reading, handle) };
  }
  const outcome = inTwoSteps(await reading.ask(reading.request), null);
  if (outcome.kind !== 'open' && outcome.kind !== 'requires_action')
    return { handle: null, outcome: withoutHandle(engine, outcome) };
  // Our own, from a time that this database has forgotten, or with an answer that was lost. From now on it is the only one.
  const handle = await engine.store.keepHandle(of, outcome.ref);
  return { handle, outcome: handle === outcome.ref ? outcome : await read(reading, handle) };
}

async function read({ ask, request }: Reading, handle: string): Promise<LookupOutcome> {
  return inTwoSteps(await ask({ ...request, handle }), handle);
}

/**
 * Without a handle nothing was confirmed. The gateway is asked all the same, and what it shows counts more. If it cannot say, our own word is
 * enough, unless this database was restored and may have forgotten the handle.
 */
function withoutHandle({ policy }: Engine, outcome: LookupOutcome): LookupOutcome {
  return outcome.kind === 'unavailable' && policy.restoredAtMs === null ? { kind: 'absent' } : outcome;
}

async function sealed(engine: Engine, held: Held, reading: Reading, handle: string): Promise<LookupOutcome> {
  const { charge, request, twoSteps } = reading;
  if (await isUnderWay(engine, held, charge)) return { kind: 'unavailable', reason: 'opened_since' };
  // Durable with the claim, and higher with each claim: an error that the gateway keeps is not met twice.
  const { seq } = held.record;
  await lookUp(engine, held, async (options) => {
    const seal = { ...request, handle, sealKey: sealKey(request.key, seq) };
    return (await twoSteps.seal(seal, options)) ?? { kind: 'asked' as const };
  });
  return read(reading, handle);
}

/**
 * Whether a later charge than ours is stored: the next one may be opened while we look at one that has failed. It is not ours to end, and its
 * customer may be about to pay.
 */
async function isUnderWay({ store }: Engine, { record }: Held, { n }: Reading['charge']): Promise<boolean> {
  if (n <= record.operation.n) return false;
  const now = await store.payment(record.order.accountId, record.paymentId);
  return now !== null && now.operation.n >= n;
}
