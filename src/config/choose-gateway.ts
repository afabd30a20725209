/**
 * Which gateway takes the payments. The fake one approves what nobody pays, so a forgotten or misspelt setting must never choose
 * it. It is chosen by itself only where nothing looks like a real service. Elsewhere `GATEWAY=fake` must ask for it.
 */
import { isLoopback } from './loopback.ts';
import { isLiveKey, stripeProblems } from './stripe-settings.ts';

export type GatewayKind = 'fake' | 'http' | 'stripe';

export interface GatewayChoice {
  /** Null: no gateway can be chosen. */
  readonly kind: GatewayKind | null;
  readonly problems: readonly string[];
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where the service is going to listen. */
  readonly host: string;
}

export function chooseGateway({ env, host }: Surroundings): GatewayChoice {
  if (env.GATEWAY === 'fake') return { kind: 'fake', problems: againstFake(env) };
  if (env.GATEWAY === 'stripe') return { kind: 'stripe', problems: stripeProblems(env) };
  if (env.GATEWAY_URL) return { kind: 'http', problems: againstHttp(env) };
  if (env.GATEWAY === 'http') {
    return { kind: null, problems: ['GATEWAY=http needs GATEWAY_URL: the address of your gateway.'] };
  }
  // The check of values reports any other one.
  if (env.GATEWAY) return { kind: null, problems: [] };
  const reasons = looksReal(env, host);
  if (reasons.length === 0) return { kind: 'fake', problems: [] };
  const instead = isMeantForMoney(env) ? '' : ', or GATEWAY=fake to try Payonce out without any money';
  const stripe = env.STRIPE_SECRET_KEY ? ', or GATEWAY=stripe to charge by Stripe' : '';
  return {
    kind: null,
    problems: [
      `GATEWAY_URL is not set. The fake gateway, which moves no money, is not started by itself where ${reasons.join(' and ')}. ` +
        `Set GATEWAY_URL to the address of your gateway${stripe}${instead}.`,
    ],
  };
}

const PRODUCTION: readonly string[] = ['production', 'prod', 'live'];

/** Whether `NODE_ENV` says so. */
export function isProduction(env: NodeJS.ProcessEnv): boolean {
  return PRODUCTION.includes(env.NODE_ENV?.trim().toLowerCase() ?? '');
}

/** Where even an explicit `GATEWAY=fake` is refused. */
function isMeantForMoney(env: NodeJS.ProcessEnv): boolean {
  return isProduction(env) || Boolean(env.GATEWAY_TOKEN) || isLiveKey(env.STRIPE_SECRET_KEY);
}

/** What contradicts `GATEWAY=fake`. A database or a host does not: staging and tests need them. */
function againstFake(env: NodeJS.ProcessEnv): string[] {
  const problems: string[] = [];
  if (isProduction(env)) {
    problems.push(
      'GATEWAY=fake moves no money, and NODE_ENV says production. Set GATEWAY_URL instead, or unset NODE_ENV.',
    );
  }
  if (env.GATEWAY_TOKEN) {
    problems.push(
      'GATEWAY=fake moves no money and takes no GATEWAY_TOKEN. Set GATEWAY_URL instead of GATEWAY, or unset GATEWAY_TOKEN.',
    );
  }
  if (isLiveKey(env.STRIPE_SECRET_KEY)) {
    problems.push(
      'GATEWAY=fake moves no money, and STRIPE_SECRET_KEY is a live key. Set GATEWAY=stripe, or unset STRIPE_SECRET_KEY.',
    );
  }
  if (env.GATEWAY_URL) {
    problems.push('GATEWAY=fake contradicts GATEWAY_URL, which names a gateway. Unset one of the two.');
  }
  if (env.GATEWAY_LIVEMODE === 'yes') {
    problems.push(
      'GATEWAY=fake moves no money, and GATEWAY_LIVEMODE says that it does. Unset one of the two.',
    );
  }
  return problems;
}

/** An address and a key of Stripe: nobody knows which of the two is meant. */
function againstHttp(env: NodeJS.ProcessEnv): string[] {
  return env.STRIPE_SECRET_KEY && !env.GATEWAY
    ? ['GATEWAY_URL and STRIPE_SECRET_KEY are both set. Set GATEWAY to http or stripe.']
    : [];
}

/** Signs of a service that takes money, which a first try of Payonce does not have. */
function looksReal(env: NodeJS.ProcessEnv, host: string): string[] {
  const reasons: string[] = [];
  if (env.GATEWAY_URL === '') reasons.push('GATEWAY_URL is set but empty');
  if (env.DATABASE_URL !== undefined) reasons.push('DATABASE_URL is set');
  if (!isLoopback(host)) reasons.push('HOST is no loopback address');
  if (env.GATEWAY_TOKEN) reasons.push('GATEWAY_TOKEN is set');
  if (env.STRIPE_SECRET_KEY) reasons.push('STRIPE_SECRET_KEY is set');
  if (env.GATEWAY_LIVEMODE === 'yes') reasons.push('GATEWAY_LIVEMODE is yes');
  if (isProduction(env)) reasons.push('NODE_ENV says production');
  const meant = addressByAnotherName(env);
  if (meant !== undefined) reasons.push(`${meant} is set, which Payonce does not read`);
  return reasons;
}

/**
 * PAYMENT_GATEWAY_URL, APP_GATEWAY_URL: perhaps the address that was meant for us. PGHOST, DB_URL and the like are no sign: many
 * developers' machines have them.
 */
function addressByAnotherName(env: NodeJS.ProcessEnv): string | undefined {
  return Object.keys(env).find((name) => /.GATEWAY_?UR[IL]$/i.test(name) && Boolean(env[name]));
}
