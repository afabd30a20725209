/** Reads the arguments of `charge`, or everything that is wrong with them, by the rules of the HTTP API and with its messages. */
import { minorUnits } from '../domain/fields.ts';
import { type OrderForm, type ReadOrder, readOrder } from '../domain/order-fields.ts';
import type { Order } from '../domain/payment.ts';
import { unknownName } from './fields.ts';
import { type CallForm, type CallOptions, OPTIONS_PLACE, readCall } from './read-call.ts';

const NAMES = [
  'orderId',
  'amountMinor',
  'currency',
  'method',
  'metadata',
  'accountId',
  'giveUpAfterS',
  'captureMethod',
] as const;

const ORDER: OrderForm = {
  orderId: 'orderId',
  amount: 'amountMinor',
  amountOf: minorUnits,
  currency: { name: 'currency' },
  method: 'method',
  metadata: 'metadata',
  accountId: 'accountId',
  giveUpAfterS: 'giveUpAfterS',
  captureMethod: 'captureMethod',
  unknown: (name) => unknownName(name, NAMES, OPTIONS_PLACE),
};

const FORM: CallForm<Extract<ReadOrder, { kind: 'order' }>> = {
  names: NAMES,
  place: 'the order, the first argument',
  must: 'must be an object with orderId, amountMinor and currency',
  // It is stored with every key: never change it.
  keyScope: 'library',
  read: (fields) => readOrder(fields, ORDER),
};

export interface ReadCharge extends CallOptions {
  readonly order: Order;
  readonly giveUpAfterS: number | null;
}

/** Throws `PayonceInputError` with everything that is wrong. */
export function readCharge(input: unknown, options: unknown): ReadCharge {
  const { wanted, ...call } = readCall(input, options, FORM);
  return { order: wanted.order, giveUpAfterS: wanted.giveUpAfterS, ...call };
}
