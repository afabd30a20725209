/** The numbers of a run with Stripe, and the reason for each. */
import type { Terms } from '../clients/memory.ts';
import type { Random } from '../random.ts';
import { SHARED_FAULTS, STALE } from '../settings.ts';

/** The account that the emulator names by default. */
const ACCOUNT = 'acct_fakegateway';
/** Signs the emulator's events. */
export const EVENT_SECRET = 'whsec_chaos';

/** Stripe keeps its errors, shows everything at once, and sends events. About half of all requests go wrong. */
export const STRIPE_FAULTS = {
  ...SHARED_FAULTS,
  ...STALE,
  // The bytes come slowly, so that only a limit for the whole answer ends it.
  dripping_answer: { rate: 0.02, delay_ms: 5_000 },
  webhook_duplicate: 0.15,
  webhook_late: { rate: 0.15, delay_ms: 2_000 },
  webhook_out_of_order: { rate: 0.15, delay_ms: 1_000 },
} as const;

/** How long the customer has for 3-D Secure. Some come just before and just after the end. */
export const ACTION_WITHIN_MS = 5_000;

export const STRIPE_ENV = {
  GATEWAY: 'stripe',
  STRIPE_ACCOUNT: ACCOUNT,
  // The second one is the emulator's, as in the middle of a rotation.
  STRIPE_WEBHOOK_SECRET: `whsec_old,${EVENT_SECRET}`,
  ACTION_WITHIN_MS: String(ACTION_WITHIN_MS),
  // With a few calls only, a process that dies in the last one would leave many charges in doubt for Stripe's landing time, an hour.
  GIVE_UP_AFTER_S: '120',
} as const;

/** A secret key asks Stripe for its account at each start, a restricted one does not. */
export const STRIPE_KEYS = { a: 'sk_test_chaos', b: 'rk_test_chaos' } as const;

/** How often a customer pays with each. The faults of the rates hit only the first ones and those that ask for the customer. */
const METHODS: readonly (readonly [method: string, weight: number])[] = [
  ['pm_card_visa', 50],
  ['pm_card_mastercard', 15],
  ['pm_card_authenticationRequired', 10],
  ['pm_card_threeDSecure2Required', 5],
  ['pm_card_chargeDeclined', 3],
  ['pm_card_chargeDeclinedInsufficientFunds', 2],
  ['pm_card_chargeDeclinedExpiredCard', 1],
  ['pm_stale_500', 2],
  ['pm_stale_500_after', 2],
  ['pm_lands_late', 2],
  ['pm_lost_once', 2],
  ['pm_pending_declined', 2],
  ['pm_card_pendingRefund', 4],
];

const TOTAL_WEIGHT = METHODS.reduce((sum, [, weight]) => sum + weight, 0);

function drawMethod(random: Random): string {
  let left = random.float() * TOTAL_WEIGHT;
  const found = METHODS.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return found?.[0] ?? 'pm_card_visa';
}

/** Terms that Stripe takes: at least 0.50, and always with a payment method. */
export function drawStripeTerms(random: Random): Terms {
  return {
    amount: random.int(50, 50_000),
    // Stripe counts ISK in hundredths, and JPY without decimals.
    currency: random.chance(0.85) ? 'USD' : random.pick(['EUR', 'JPY', 'ISK']),
    method: drawMethod(random),
    ...(random.chance(0.2) ? { metadata: { basket: String(random.int(1, 999)) } } : {}),
  };
}
