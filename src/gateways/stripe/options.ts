import type { Log } from '../../ports/log.ts';

/** The options of `stripeGateway`: the key, where Stripe is, and the limits of an exchange with it. */
export interface StripeGatewayOptions {
  /**
   * The secret key of one account (`sk_…`), or a restricted key (`rk_…`) that may write payment intents and refunds. `…_live_…` moves
   * real money, `…_test_…` does not.
   */
  readonly secretKey: string;
  /**
   * The account's id, `acct_…`. It is part of the name that is stored with every payment. Default: Stripe is asked for it. Stripe tells
   * it to a secret key only, so it is required with a restricted key.
   */
  readonly account?: string;
  /**
   * What happens if Stripe refuses the key at the start, and `account` is given. `true`: it starts, asks again before anything else is sent, and until
   * then every call counts as forbidden. So one of several gateways keeps no other from starting. Default `false`: it rejects.
   */
  readonly mayBeRefused?: boolean;
  /**
   * Gets a line with `alarm` if Stripe has not confirmed the account that was given, or if the key is another account's; and with
   * `alarm_ended` when Stripe has confirmed it. Default: no log.
   */
  readonly log?: Log;
  /**
   * The signing secrets of the account's webhook endpoint, `whsec_…` each: one, or the old one and the new one during a rotation. Default:
   * none, and events are not taken.
   */
  readonly webhookSecrets?: readonly string[];
  /** Where Stripe is: scheme, host and port. A live key is sent over `https:` only. Default `https://api.stripe.com`. */
  readonly apiBase?: string;
  /** The most calls at the same time. Do not set it below the engine's limit (`maxCalls`). Default 256. */
  readonly maxConnections?: number;
  /** The most reads at the same time. They have their own connections, so that hanging calls cannot block them. Default 64. */
  readonly maxLookupConnections?: number;
  /** An answer with a longer body, in bytes, is given up. Default 4,194,304: a page of a hundred intents has less. */
  readonly maxResponseBytes?: number;
  /** How long connecting may take, TLS included, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long Stripe may take to name the account, in milliseconds. Only if it is asked. Default 10,000. */
  readonly startTimeoutMs?: number;
  /** Certificate authorities in PEM, in place of the system's. Default: the system's. */
  readonly ca?: string;
}
