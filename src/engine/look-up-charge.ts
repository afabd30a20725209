/** Asks the gateway what became of a charge. */
import type { ChargeRequest, LookupOutcome } from '../domain/outcomes.ts';
import { mustSeal } from '../domain/transition/index.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { unlessOurs } from './capturing/own-look.ts';
import type { Engine } from './context.ts';
import { contextOf } from './driving/parts.ts';
import { chargeRequest, lookUp } from './exchange.ts';
import { databaseNowMs, type Held } from './lease.ts';
import { readInTwoSteps } from './two-steps/read.ts';

/** Any charge of an order, stored or forgotten. */
export interface Charge extends Pick<PaymentRecord, 'order' | 'gatewayKey' | 'paymentId'> {
  readonly n: number;
}

/** Whether what a lookup shows is to be sealed. Only at a gateway of two steps. */
export type Seals = (outcome: LookupOutcome) => boolean;

export const seals = {
  nothing: () => false,
  /** For a charge that counts as failed: whatever can still be paid. */
  whatIsOpen: ({ kind }) => kind === 'open' || kind === 'requires_action',
} as const satisfies Record<string, Seals>;

export function chargeOf({ order, gatewayKey, paymentId, operation }: PaymentRecord): Charge {
  return { order, gatewayKey, paymentId, n: operation.n };
}

/** Looks a charge up. At a gateway of two steps, what `seals` names is sealed and looked up once more. */
export function lookUpCharge(
  engine: Engine,
  held: Held,
  charge: Charge,
  seals: Seals,
): Promise<LookupOutcome> {
  const { gateway } = engine;
  const ask = (request: ChargeRequest) => lookUp(engine, held, (options) => gateway.lookup(request, options));
  const request = chargeRequest(engine, charge);
  if (gateway.twoSteps === undefined) return ask(request);
  return readInTwoSteps(engine, held, { charge, request, ask, seals, twoSteps: gateway.twoSteps });
}

/** Looks the current charge up. What will not be called again is sealed. `ends`: whatever can still be paid is. */
export async function lookUpOwn(engine: Engine, held: Held, ends?: 'ends'): Promise<LookupOutcome> {
  const { record } = held;
  const whatIsOver: Seals = (outcome) =>
    mustSeal(record.operation, outcome, contextOf(engine, databaseNowMs(engine, held), record));
  const sealing = ends === undefined ? whatIsOver : seals.whatIsOpen;
  return unlessOurs(engine, record, await lookUpCharge(engine, held, chargeOf(record), sealing));
}
