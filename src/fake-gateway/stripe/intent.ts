/** A PaymentIntent: what is stored of it, and the state that follows from it, its charges and the time. Pure. */
import { operationsAt } from '../ledger/operations.ts';
import type { Charge } from '../ledger/port.ts';
import { type Standing, standingOf, statusOf } from '../ledger/standing.ts';
import type { FormFields } from './form.ts';
import { type Decline, findMethod, GENERIC_DECLINE } from './methods.ts';

/** What the ledger stores of a PaymentIntent. Amounts are in Stripe's units. */
export interface Intent {
  readonly id: string;
  readonly createdMs: number;
  readonly amount: number;
  /** In capital letters. */
  readonly currency: string;
  readonly capture: 'automatic' | 'automatic_async' | 'manual';
  readonly confirmation: 'automatic' | 'manual';
  /** Null: `allowedTypes` or `types` say what is accepted. */
  readonly automaticMethods: { readonly redirects: 'always' | 'never' } | null;
  readonly allowedTypes: readonly string[] | null;
  readonly customer: string | null;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly setupFutureUsage: string | null;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  readonly shipping: FormFields | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** What it is to be paid with, or is; null after a decline. */
  readonly method: string | null;
  /** How many charges it has, declined ones included. The next one has this generation. */
  readonly attempts: number;
  readonly lastError: LastError | null;
  /** The customer must do something first. */
  readonly action: Action | null;
  readonly canceled: { readonly atMs: number; readonly reason: string | null } | null;
}

export interface LastError {
  readonly type: 'card_error' | 'invalid_request_error';
  readonly decline: Decline;
  /** Null: the bank was not asked. */
  readonly chargeId: string | null;
  readonly method: string;
}

export interface Action {
  /** Where the customer goes. */
  readonly page: string;
  /** Where they come back to; null: the merchant's own page waits for them. */
  readonly returnUrl: string | null;
}

export interface Payment {
  readonly intent: Intent;
  /** In the order in which they were made. */
  readonly charges: readonly Charge[];
}

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export interface State {
  readonly status: IntentStatus;
  /** The last charge; null if there is none. */
  readonly latest: Charge | null;
  /** Its money, in minor units of ISO 4217. */
  readonly standing: Standing | null;
  readonly canceled: Intent['canceled'];
  readonly lastError: LastError | null;
  readonly method: string | null;
}

/** The state at `nowMs`. */
export function stateOf({ intent, charges }: Payment, nowMs: number): State {
  const latest = charges.at(-1) ?? null;
  const done = latest === null ? [] : operationsAt(latest, nowMs);
  const standing = latest === null ? null : standingOf(latest, done, nowMs);
  const base = {
    latest,
    standing,
    canceled: intent.canceled,
    lastError: intent.lastError,
    method: intent.method,
  };
  if (intent.canceled !== null) return { ...base, status: 'canceled' };
  if (intent.action !== null) return { ...base, status: 'requires_action' };
  const open = intent.method === null ? 'requires_payment_method' : 'requires_confirmation';
  if (latest === null || standing === null) return { ...base, status: open };
  switch (statusOf(standing)) {
    case 'pending':
      return { ...base, status: 'processing' };
    case 'voided': {
      const atMs = done.find(({ kind }) => kind === 'void')?.createdMs ?? nowMs;
      return { ...base, status: 'canceled', canceled: { atMs, reason: 'automatic' } };
    }
    case 'declined':
      // The charge was under way when it was declined, so the intent could not say so yet.
      return latest.outcome === 'pending' && intent.lastError === null
        ? { ...base, status: 'requires_payment_method', method: null, lastError: declinedLater(latest) }
        : { ...base, status: open };
    default:
      return { ...base, status: standing.captured > 0 ? 'succeeded' : 'requires_capture' };
  }
}

/** Why the charge was declined. */
export function declineOf({ method }: Pick<Charge, 'method'>): Decline {
  return (method === null ? undefined : findMethod(method)?.decline) ?? GENERIC_DECLINE;
}

function declinedLater(charge: Charge): LastError {
  return { type: 'card_error', decline: declineOf(charge), chargeId: charge.id, method: charge.method ?? '' };
}
