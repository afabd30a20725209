/** What is wrong with the settings of Stripe. Never repeats a value: it may be a secret. */

import { webhookSecrets } from './webhook-secrets.ts';

/** They describe the gateway at `GATEWAY_URL`. What Stripe promises is known. */
const OF_HTTP = [
  'GATEWAY_URL',
  'GATEWAY_NAME',
  'GATEWAY_LIVEMODE',
  'GATEWAY_TOKEN',
  'GATEWAY_WEBHOOK_SECRET',
  'GATEWAY_KEYS',
  'GATEWAY_KEY_WINDOW_MS',
  'GATEWAY_CACHES_ERRORS',
  'GATEWAY_LOOKUP',
  'GATEWAY_LOOKUP_LAG_MS',
  'GATEWAY_LANDS_WITHIN_MS',
  'GATEWAY_ERRORS_LAND_WITHIN_MS',
];

/** With `GATEWAY=stripe`. */
export function stripeProblems(env: NodeJS.ProcessEnv): string[] {
  const problems = OF_HTTP.filter((name) => env[name] !== undefined).map(
    (name) => `GATEWAY=stripe takes no ${name}. Unset it, or unset GATEWAY.`,
  );
  const { STRIPE_SECRET_KEY: key, STRIPE_ACCOUNT: account, STRIPE_WEBHOOK_SECRET: webhook } = env;
  if (!key) {
    problems.push('GATEWAY=stripe needs STRIPE_SECRET_KEY: the secret key of your account, sk_… or rk_….');
  } else if (!/^(?:sk|rk)_(?:live|test)_[A-Za-z0-9_]+$/.test(key)) {
    problems.push(
      'STRIPE_SECRET_KEY must begin with sk_live_, sk_test_, rk_live_ or rk_test_. A publishable key (pk_…) or a key of an organisation (sk_org_…) does not work.',
    );
  }
  if (account && !/^acct_[A-Za-z0-9]{1,50}$/.test(account)) {
    problems.push('STRIPE_ACCOUNT must be the id of an account, such as acct_1A2b3C.');
  }
  if (key?.startsWith('rk_') && !account) {
    problems.push(
      'STRIPE_SECRET_KEY is a restricted key, which cannot ask which account it belongs to. Set STRIPE_ACCOUNT to the account’s id, acct_….',
    );
  }
  if (webhook && !webhookSecrets(webhook).every((secret) => /^whsec_[\x21-\x7e]+$/.test(secret))) {
    problems.push(
      'STRIPE_WEBHOOK_SECRET must be a secret that begins with whsec_, or several with commas between.',
    );
  }
  return [...problems, ...addressProblems(env.STRIPE_API_BASE, isLiveKey(key))];
}

/** Whether the key moves real money. */
export function isLiveKey(key: string | undefined): boolean {
  return /^(?:sk|rk)_live_/.test(key ?? '');
}

function addressProblems(address: string | undefined, live: boolean): string[] {
  // The check of values reports what is no URL at all.
  if (!address || !URL.canParse(address)) return [];
  const url = new URL(address);
  if (url.href !== `${url.origin}/`)
    return ['STRIPE_API_BASE must have nothing but scheme, host and port, such as https://api.stripe.com.'];
  if (live && url.protocol !== 'https:')
    return ['STRIPE_SECRET_KEY is a live key, and STRIPE_API_BASE is not https. Use https, or a test key.'];
  return [];
}
