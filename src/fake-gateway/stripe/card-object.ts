/** Payment methods and their cards as JSON. */
import { createHash } from 'node:crypto';
import type { Intent } from './intent.ts';
import { type Json, secondsOf } from './json.ts';
import { findMethod } from './methods.ts';

/** The payment method in full, as errors show it. */
export function methodObject(id: string, { customer, createdMs }: Intent): Json {
  return {
    id,
    object: 'payment_method',
    billing_details: NOBODY,
    card: cardOf(id),
    created: secondsOf(createdMs),
    customer,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}

/** The billing details: nobody's. */
export const NOBODY = {
  address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};

/** The card of a payment method. */
export function cardOf(id: string | null): Json {
  const { brand, last4 } = (id === null ? undefined : findMethod(id)) ?? { brand: 'visa', last4: '4242' };
  return {
    brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    exp_month: 12,
    exp_year: 2099,
    fingerprint: createHash('sha256').update(last4).digest('hex').slice(0, 16),
    funding: 'credit',
    last4,
    network: brand,
    three_d_secure: null,
    wallet: null,
  };
}
