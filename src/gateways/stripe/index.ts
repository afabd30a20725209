/**
 * The adapter for Stripe. A charge is an intent: `prepare` makes it, `call` confirms it, `seal` cancels it. It only translates: at most
 * one request for each call, no retries. `docs/gateways.md` says what it does and what it does not.
 */
import type { GatewayContract } from '../../domain/contract.ts';
import type { Gateway } from '../../ports/gateway.ts';
import { accountOf } from './account.ts';
import { withAccountCheck } from './account-check.ts';
import { amountProblem, toStripe } from './amounts.ts';
import { read } from './answer.ts';
import { createCaptures } from './captures.ts';
import { confirmFailed, prepareFailed } from './errors.ts';
import { judgeConfirmed, judgePrepared } from './intents.ts';
import { lookUpCharge } from './lookups.ts';
import { isStripeId } from './objects.ts';
import type { StripeGatewayOptions } from './options.ts';
import { createRefunds } from './refunds.ts';
import { cancelIntent, confirmIntent, createIntent } from './requests.ts';
import { parseSecretKey, type SecretKey } from './secret-key.ts';
import { createWebhookReader, type Own } from './webhooks.ts';
import { openWire, originOf, type Wire } from './wire.ts';

export type { StripeGatewayOptions } from './options.ts';

const HOUR_MS = 3_600_000;

/** What Stripe's documentation promises. */
const CONTRACT: GatewayContract = {
  steps: 'two',
  keys: 'kept',
  // Stripe may forget a key that is a day old.
  keyWindowMs: 24 * HOUR_MS,
  // An error of Stripe in the middle of a request is kept, too.
  cachesErrors: true,
  lookup: true,
  // Reads by id and lists show everything at once. Only its search lags behind.
  lookupLagMs: 0,
  // After a 500, Stripe may finish the work later, and does not say when. A charge is proved by its seal, and does not wait for it.
  landsWithinMs: HOUR_MS,
};

const API_BASE = 'https://api.stripe.com';

/**
 * The adapter for one account at Stripe. Asks Stripe which account the key belongs to, unless the key is a restricted one. Its name is
 * `stripe:` and the account's id. If the account is given and Stripe does not answer, Stripe is asked again before anything else is sent.
 *
 * Rejects with TypeError if an option is wrong, and with Error if Stripe does not name the account. Nothing is left open then.
 *
 * @example
 * const gateway = await stripeGateway({ secretKey: process.env.STRIPE_SECRET_KEY });
 * const payonce = await createPayonce({ pool, gateway });
 */
export async function stripeGateway(options: StripeGatewayOptions): Promise<Gateway> {
  const key = parseSecretKey(options.secretKey);
  const wire = openWire(options, originOf(options.apiBase ?? API_BASE, key));
  try {
    const timeoutMs = options.startTimeoutMs ?? 10_000;
    const { mayBeRefused = false } = options;
    const question = { wire, key, account: options.account, mayBeRefused, timeoutMs };
    const { id: account, isUnchecked } = await accountOf(question);
    const { livemode } = key;
    const gateway = { ...gatewayOf(wire, key, account), ...webhooksOf(options, { account, livemode }) };
    return isUnchecked ? withAccountCheck(gateway, { wire, account, log: options.log }) : gateway;
  } catch (error) {
    await wire.close();
    throw error;
  }
}

function webhooksOf({ webhookSecrets = [] }: StripeGatewayOptions, own: Own): Pick<Gateway, 'webhooks'> {
  return webhookSecrets.length === 0 ? {} : { webhooks: createWebhookReader(webhookSecrets, own) };
}

function gatewayOf(wire: Wire, { livemode }: SecretKey, account: string): Gateway {
  return {
    name: `stripe:${account}`,
    contract: CONTRACT,
    livemode,
    refuses({ amountMinor, currency, method }) {
      if (method === undefined) return 'Stripe needs a payment method: send its id (pm_…) as the method';
      if (method.startsWith('tok_'))
        return 'Stripe does not charge a token with an intent: send the id of a payment method (pm_…) as the method';
      return amountProblem(amountMinor, currency);
    },
    async call(request, limits) {
      const { handle } = request;
      if (!isStripeId(handle)) return { kind: 'refused', reason: 'handle_unusable' };
      const result = await wire.post(confirmIntent(handle, request.key), limits);
      const reading = read(result, request.key, Date.now());
      return reading.kind === 'object'
        ? judgeConfirmed(request, reading.object, { livemode, stale: reading.stale })
        : confirmFailed(request, reading, livemode);
    },
    lookup: (request, limits) => lookUpCharge(wire, request, livemode, limits),
    twoSteps: {
      async prepare(request, limits) {
        const amount = toStripe(request.amountMinor, request.currency);
        if (amount === null) return { kind: 'declined', code: 'amount_not_chargeable' };
        const result = await wire.post(createIntent(request, amount), limits);
        const reading = read(result, request.prepareKey, Date.now());
        return reading.kind === 'object'
          ? judgePrepared(request, reading.object, livemode)
          : prepareFailed(reading);
      },
      async seal(request, { timeoutMs }) {
        if (!isStripeId(request.handle)) return { kind: 'not_sent', reason: 'handle_unusable' };
        const result = await wire.post(cancelIntent(request.handle, request.sealKey), {
          timeoutMs,
          mayLeave: always,
        });
        const wasSent = result.kind === 'answer' || result.kind === 'broken';
        return wasSent ? undefined : { kind: 'not_sent', reason: result.reason };
      },
    },
    refunds: createRefunds(wire),
    captures: createCaptures(wire, livemode),
    close: () => wire.close(),
  };
}

/** A seal moves no money, so it may be sent at any time. */
const always = (): boolean => true;
