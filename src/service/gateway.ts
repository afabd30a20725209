/** The gateways that the configuration describes. */
import { webhookSecrets } from '../config/webhook-secrets.ts';
import type { Config } from '../config.ts';
import type { GatewayContract } from '../domain/contract.ts';
import { createHttpGateway } from '../gateways/http/index.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';

/**
 * The first gateway, and then the others of `GATEWAYS_FILE`. `fakeUrl`: the address of the mounted fake gateway. Rejects if Stripe refuses the key of
 * the only gateway, or does not say whose it is. Then nothing is left open.
 */
export async function openGateways(
  config: Config,
  fakeUrl: string,
  log: Log,
): Promise<readonly OpenGateway[]> {
  const configs = [config, ...config.others];
  const opened = await Promise.allSettled(
    configs.map(async (one) => ({
      config: one,
      gateway: await openGateway(one, addressOf(one, fakeUrl), log),
    })),
  );
  const failed = opened.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    for (const one of opened) if (one.status === 'fulfilled') await one.value.gateway.close();
    throw failed.reason;
  }
  return opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

export interface OpenGateway {
  readonly config: Config;
  readonly gateway: Gateway;
}

/** `fake`: the address of the mounted fake gateway. */
export function addressOf({ GATEWAY, GATEWAY_URL, STRIPE_API_BASE }: Config, fake: string): string {
  if (GATEWAY === 'stripe') return STRIPE_API_BASE;
  return GATEWAY_URL ?? fake;
}

async function openGateway(config: Config, url: string, log: Log): Promise<Gateway> {
  switch (config.GATEWAY) {
    case 'stripe':
      return { ...(await openStripe(config, url, log)), credentials: 'STRIPE_SECRET_KEY' };
    case 'http':
      return { ...openHttp(config, url), credentials: 'GATEWAY_TOKEN' };
    case 'fake':
      return openHttp(config, url);
  }
}

function openHttp(config: Config, url: string): Gateway {
  const contract: GatewayContract = {
    steps: 'one',
    keys: config.GATEWAY_KEYS,
    keyWindowMs: config.GATEWAY_KEY_WINDOW_MS,
    cachesErrors: config.GATEWAY_CACHES_ERRORS === 'yes',
    lookup: config.GATEWAY_LOOKUP === 'yes',
    lookupLagMs: config.GATEWAY_LOOKUP_LAG_MS,
    landsWithinMs: config.GATEWAY_LANDS_WITHIN_MS,
    errorsLandWithinMs: config.GATEWAY_ERRORS_LAND_WITHIN_MS,
    authorizedForMs: config.GATEWAY_AUTHORIZED_FOR_MS,
  };
  const gateway = createHttpGateway({
    // The name keeps charges of the fake gateway from being looked up at a real one, and vice versa.
    name: config.GATEWAY === 'fake' ? 'fake' : config.GATEWAY_NAME,
    url,
    contract,
    livemode: config.GATEWAY === 'http' && config.GATEWAY_LIVEMODE === 'yes',
    ...connectionsOf(config),
    webhookSecrets: webhookSecrets(config.GATEWAY_WEBHOOK_SECRET),
    ...(config.GATEWAY_TOKEN === '' ? {} : { token: config.GATEWAY_TOKEN }),
  });
  if (config.GATEWAY !== 'fake') return gateway;
  // The fake gateway that is mounted here moves with the service, and keeps its charges.
  const { address: _moves, ...mounted } = gateway;
  return mounted;
}

async function openStripe(config: Config, url: string, log: Log): Promise<Gateway> {
  // Stripe's SDK takes a tenth of a second to load, so only who uses it waits for it.
  const { stripeGateway } = await import('../gateways/stripe/index.ts');
  try {
    return await stripeGateway({
      secretKey: config.STRIPE_SECRET_KEY,
      apiBase: url,
      log,
      ...connectionsOf(config),
      webhookSecrets: webhookSecrets(config.STRIPE_WEBHOOK_SECRET),
      ...(config.STRIPE_ACCOUNT === '' ? {} : { account: config.STRIPE_ACCOUNT }),
      mayBeRefused: config.GATEWAYS_FILE !== '',
    });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`${words} The settings are STRIPE_SECRET_KEY and STRIPE_ACCOUNT.`, { cause: error });
  }
}

function connectionsOf(config: Config) {
  return {
    maxConnections: config.MAX_CALLS,
    maxLookupConnections: config.MAX_LOOKUPS,
  };
}
