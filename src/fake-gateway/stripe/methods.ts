/**
 * Payment methods for tests: those of Stripe's that are about payments and refunds, and one for each magic token of the fake gateway
 * (`pm_error_after` for `tok_error_after`).
 */
import { type Axis, FAULTS, type FaultName } from '../faults/catalogue.ts';
import { chargeToken, type MagicToken, operationToken, TOKENS } from '../faults/tokens.ts';
import type { OperationKind } from '../ledger/port.ts';
import { invalid } from './errors.ts';

/** Why a bank refuses. */
export interface Decline {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
}

export interface TestMethod {
  readonly id: string;
  readonly brand: 'visa' | 'mastercard';
  readonly last4: string;
  /** Whether the bank wants to see the customer first. */
  readonly authenticates: boolean;
  /** Null: the bank accepts, if no fault says otherwise. */
  readonly decline: Decline | null;
  /** How its refunds end; null: as the rates say. */
  readonly refund: 'refund_pending' | 'refund_fails_later' | null;
}

export const GENERIC_DECLINE = decline('card_declined', 'generic_decline', 'Your card was declined.');
export const AUTHENTICATION_REQUIRED = decline(
  'authentication_required',
  'authentication_required',
  'Your card was declined. This transaction requires authentication.',
);

const METHODS: Readonly<Record<string, Partial<TestMethod>>> = {
  pm_card_visa: {},
  pm_card_visa_debit: { last4: '5556' },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444' },
  pm_card_chargeDeclined: { last4: '0002', decline: GENERIC_DECLINE },
  pm_card_chargeDeclinedInsufficientFunds: {
    last4: '9995',
    decline: decline('card_declined', 'insufficient_funds', 'Your card has insufficient funds.'),
  },
  pm_card_chargeDeclinedLostCard: {
    last4: '9987',
    decline: decline('card_declined', 'lost_card', 'Your card was declined.'),
  },
  pm_card_chargeDeclinedStolenCard: {
    last4: '9979',
    decline: decline('card_declined', 'stolen_card', 'Your card was declined.'),
  },
  pm_card_chargeDeclinedExpiredCard: {
    last4: '0069',
    decline: decline('expired_card', 'expired_card', 'Your card has expired.'),
  },
  pm_card_chargeDeclinedIncorrectCvc: {
    last4: '0127',
    decline: decline('incorrect_cvc', 'incorrect_cvc', "Your card's security code is incorrect."),
  },
  pm_card_chargeDeclinedProcessingError: {
    last4: '0119',
    decline: decline(
      'processing_error',
      'processing_error',
      'An error occurred while processing your card. Try again in a little bit.',
    ),
  },
  pm_card_authenticationRequired: { last4: '3184', authenticates: true },
  pm_card_threeDSecure2Required: { last4: '3220', authenticates: true },
  pm_card_pendingRefund: { last4: '7726', refund: 'refund_pending' },
  pm_card_refundFail: { last4: '5126', refund: 'refund_fails_later' },
};

function decline(code: string, declineCode: string, message: string): Decline {
  return { code, declineCode, message };
}

/** Here, lookups show everything at once, and captures and cancellations end at once. */
const WITHOUT: readonly Axis[] = ['lookup', 'capture', 'void'];

const OF_TOKENS: ReadonlyMap<string, string> = new Map(
  TOKENS.filter(({ fault }) => fault === null || !WITHOUT.includes(FAULTS[fault].axis)).map(({ token }) => [
    token.replace(/^tok_/, 'pm_'),
    token,
  ]),
);

/** The method with this id. Stripe spells some with the brand, such as `pm_card_visa_chargeDeclined`. */
export function findMethod(id: string): TestMethod | undefined {
  const known = METHODS[id] ?? METHODS[id.replace(/^pm_card_visa_/, 'pm_card_')];
  if (known === undefined && !OF_TOKENS.has(id)) return undefined;
  return { id, brand: 'visa', last4: '4242', authenticates: false, decline: null, refund: null, ...known };
}

/** @throws StripeError if there is no such method. */
export function methodOf(id: string): TestMethod {
  const method = findMethod(id);
  if (method !== undefined) return method;
  throw invalid(
    `No such PaymentMethod: '${id.slice(0, 64)}'. The fake gateway knows only test methods such as pm_card_visa, and never card numbers.`,
    { code: 'resource_missing', param: 'payment_method' },
  );
}

/** What the method does to its charge; null: the rates apply. */
export function chargeMagic(method: string | null): MagicToken | null {
  return chargeToken(method === null ? null : (OF_TOKENS.get(method) ?? null));
}

/** What the method does to refunds, captures or cancellations of its charge; null: the rates apply. */
export function operationMagic(kind: OperationKind, method: string | null): MagicToken | null {
  return operationToken(kind, method === null ? null : (OF_TOKENS.get(method) ?? null));
}

const MAGIC_AXES: readonly string[] = ['answer', 'booking', 'refund', 'key'];

/**
 * The fault that `metadata` names for an operation: `fault_confirm` is the name of a fault, or of one with `_once` for the first attempt
 * only. Null: it names none.
 *
 * @throws StripeError if there is no such fault.
 */
export function namedFault(metadata: Readonly<Record<string, string>>, operation: string): MagicToken | null {
  const value = metadata[`fault_${operation}`];
  if (value === undefined) return null;
  const fault = value.replace(/_once$/, '');
  if (!Object.hasOwn(FAULTS, fault) || !MAGIC_AXES.includes(FAULTS[fault as FaultName].axis)) {
    const message = `There is no fault "${value.slice(0, 64)}" for an operation. docs/fake-gateway.md lists the faults.`;
    throw invalid(message, { param: `metadata[fault_${operation}]` });
  }
  const calls = value.endsWith('_once') ? 'first' : 'every';
  return {
    token: value,
    effect: operation === 'refund' ? 'refund' : 'charge',
    fault: fault as FaultName,
    calls,
  };
}
