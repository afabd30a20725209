/** The names of orders and charges at the gateway, and whether the stored names still agree with them. */
import { chargeKey, orderReference } from '../domain/ids.ts';
import type { Order } from '../domain/payment.ts';
import type { ChargeName, PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';

type Names = Pick<Engine, 'installationId'>;

export function referenceOf({ installationId }: Names, order: Pick<Order, 'accountId' | 'orderId'>): string {
  return orderReference(installationId, order.accountId, order.orderId);
}

/** The key of the order's n-th charge, as this installation derives it. */
export function derivedKey(names: Names, order: Pick<Order, 'accountId' | 'orderId'>, n: number): string {
  return chargeKey(referenceOf(names, order), n);
}

/**
 * What happened, and what to do. A key that differs from the stored one is another name for the same charge, so the
 * gateway would charge it again.
 */
export const OTHER_INSTALLATION =
  'The stored gateway keys are not those of this installation: payonce.installation holds another installation_id than the one ' +
  'under which these payments were made. Nothing more is sent. Restore the row of payonce.installation from the backup ' +
  'that the payments came from, then start again.';

/** The first charge whose stored key is not the derived one. Undefined: there is none. */
export function misnamed(names: Names, charges: readonly ChargeName[]): ChargeName | undefined {
  return charges.find((charge) => charge.chargeKey !== derivedKey(names, charge, charge.n));
}

/** Whether the current charge's stored key is the derived one. If not, the engine stops for good. */
export function isNamedAsDerived(engine: Engine, record: PaymentRecord): boolean {
  const { order, operation, paymentId, gatewayKey: stored } = record;
  if (stored === derivedKey(engine, order, operation.n)) return true;
  stopForNames(engine, { payment_id: paymentId });
  return false;
}

/** Stops the engine for good: anything it sent now could be a second charge under another name. */
export function stopForNames({ halt }: Pick<Engine, 'halt'>, fields: Record<string, unknown> = {}): void {
  halt.now({ ...fields, alarm: 'installation_changed' }, OTHER_INSTALLATION);
}
