/** A fake gateway as a Stripe, with a clock that the test moves: through Stripe's own library, and by plain requests. */
import Stripe from 'stripe';
import type { StartFakeGatewayOptions } from '../../src/fake-gateway/index.ts';
import {
  ask,
  type Books,
  type Ending,
  jsonOf,
  type Question,
  type Running,
  run,
} from './fake-gateway.client.ts';

const SECRET_KEY = 'sk_test_fake';

export interface EmulatedStripe {
  readonly far: Running;
  /** Stripe's own library. It never repeats a request by itself. */
  readonly sdk: Stripe;
  /** A plain request below `/stripe/v1`; with a body it is a POST in form encoding. */
  ask(path: string, question?: Omit<Question, 'path'>): Promise<Ending>;
  advance(ms: number): void;
  ledger(query?: string): Promise<Books>;
}

export async function runStripe(options: Partial<StartFakeGatewayOptions> = {}): Promise<EmulatedStripe> {
  const far = await run(options);
  return {
    far,
    sdk: sdkOf(far.gateway.port),
    ask: (path, question = {}) => askStripe(far.url, path, question),
    advance: far.advance,
    ledger: far.ledger,
  };
}

function sdkOf(port: number, key = SECRET_KEY): Stripe {
  return new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

function askStripe(
  url: string,
  path: string,
  { headers, ...question }: Omit<Question, 'path'> = {},
): Promise<Ending> {
  return ask(url, {
    path: `/stripe/v1${path}`,
    ...question,
    headers: {
      authorization: `Bearer ${SECRET_KEY}`,
      ...(question.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
  });
}

/** A payment of 10.00 USD that needs no page to come back to. */
export const payment = (
  changes: Partial<Stripe.PaymentIntentCreateParams> = {},
): Stripe.PaymentIntentCreateParams => ({
  amount: 1_000,
  currency: 'usd',
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  ...changes,
});

/** The same, paid with a card that works. */
export const paid = (
  changes: Partial<Stripe.PaymentIntentCreateParams> = {},
): Stripe.PaymentIntentCreateParams => payment({ payment_method: 'pm_card_visa', confirm: true, ...changes });

/** The same in form encoding. */
export const PAYMENT_FORM =
  'amount=1000&currency=usd&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never';
export const PAID_FORM = `${PAYMENT_FORM}&payment_method=pm_card_visa&confirm=true`;

export interface ErrorBody {
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly code?: string;
    readonly decline_code?: string;
    readonly param?: string;
    readonly charge?: string;
    readonly payment_intent?: { readonly id: string; readonly status: string };
  };
}

export const errorOf = (ending: Ending): ErrorBody['error'] => jsonOf<ErrorBody>(ending).error;

/** What Stripe's library throws. An answer is a failed test. */
export async function refusalOf(
  request: Promise<unknown>,
): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  try {
    await request;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('It was answered, and not refused.');
}
