/** The gateway that the configuration describes. */
import type { Config } from '../config.ts';
import type { GatewayContract } from '../domain/contract.ts';
import { createHttpGateway } from '../gateways/http/index.ts';
import type { Gateway } from '../ports/gateway.ts';

/** `url`: the address from the configuration, or that of the mounted fake gateway. */
export function openGateway(config: Config, url: string): Gateway {
  const contract: GatewayContract = {
    keys: config.GATEWAY_KEYS,
    keyWindowMs: config.GATEWAY_KEY_WINDOW_MS,
    cachesErrors: config.GATEWAY_CACHES_ERRORS === 'yes',
    lookup: config.GATEWAY_LOOKUP === 'yes',
    lookupLagMs: config.GATEWAY_LOOKUP_LAG_MS,
    landsWithinMs: config.GATEWAY_LANDS_WITHIN_MS,
    authorizedForMs: config.GATEWAY_AUTHORIZED_FOR_MS,
  };
  return createHttpGateway({
    // The name keeps charges of the fake gateway from being looked up at a real one, and vice versa.
    name: config.GATEWAY === 'fake' ? 'fake' : config.GATEWAY_NAME,
    url,
    contract,
    livemode: config.GATEWAY === 'http' && config.GATEWAY_LIVEMODE === 'yes',
    maxConnections: config.MAX_CALLS,
    maxLookupConnections: config.MAX_LOOKUPS,
    ...(config.GATEWAY_TOKEN === '' ? {} : { token: config.GATEWAY_TOKEN }),
  });
}
