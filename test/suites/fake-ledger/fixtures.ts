/** What the tests of the fake gateway's ledgers share. */
import { standingAt } from '../../../src/fake-gateway/ledger/charge-state.ts';
import type { Charge, Ledger, NewCharge, NewOperation } from '../../../src/fake-gateway/ledger/port.ts';
import { type ChargeStatus, type Standing, statusOf } from '../../../src/fake-gateway/ledger/standing.ts';

/** The ledgers of a test: one ledger, as two processes see it. They are new before every test. */
export interface Ledgers {
  readonly ledger: Ledger;
  readonly other: Ledger;
}

export const T0 = 1_700_000_000_000;
let counter = 0;

/** A plain success of 100.00 USD at `T0`, under a key of its own by default. */
export function newCharge(changes: Partial<NewCharge> = {}): NewCharge {
  counter += 1;
  const amount = changes.amount ?? 10_000;
  const currency = changes.currency ?? 'USD';
  const createdMs = changes.createdMs ?? T0;
  return {
    key: `key-${counter}`,
    generation: 0,
    reference: `ref-${counter}`,
    orderId: `ORD${counter}`,
    accountId: `ACC${counter}`,
    method: null,
    amount,
    currency,
    askedAmount: amount,
    askedCurrency: currency,
    capture: true,
    outcome: 'succeeded',
    answer: 200,
    createdMs,
    visibleMs: createdMs,
    settleMs: null,
    settleTo: null,
    expiresMs: null,
    ...changes,
  };
}

/** A plain operation at `T0`. */
export function newOperation(
  changes: Partial<NewOperation> & Pick<NewOperation, 'kind' | 'key' | 'chargeId'>,
): NewOperation {
  const createdMs = changes.createdMs ?? T0;
  return {
    asked: null,
    wrongAmount: false,
    outcome: 'succeeded',
    answer: 200,
    createdMs,
    visibleMs: createdMs,
    settleMs: null,
    settleTo: null,
    ...changes,
  };
}

export const pendingUntil = (settleMs: number, settleTo: 'succeeded' | 'declined') =>
  ({ outcome: 'pending', answer: 202, settleMs, settleTo }) as const;

export const refund = (chargeId: string, key: string, asked: number | null): NewOperation =>
  newOperation({ kind: 'refund', key, chargeId, asked });

export const noRefunds = { succeeded: 0, pending: 0, failed: 0, landing: 0 };

export const refused = (error: string) => ({ kind: 'refused', error });

export async function read({ other }: Ledgers, id: string): Promise<Charge> {
  const charge = await other.byId(id);
  if (charge === undefined) throw new Error(`no charge ${id}`);
  return charge;
}

export async function standing(ledgers: Ledgers, id: string, nowMs = T0): Promise<Standing> {
  return standingAt(await read(ledgers, id), nowMs);
}

export async function statusNow(ledgers: Ledgers, id: string, nowMs = T0): Promise<ChargeStatus> {
  return statusOf(await standing(ledgers, id, nowMs));
}
