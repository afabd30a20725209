/** The gateway that each configuration chooses. */
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import type { Gateway } from '../ports/gateway.ts';
import { openGateway } from './gateway.ts';

const opened: Gateway[] = [];
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close();
});

function open(env: NodeJS.ProcessEnv): Gateway {
  const config = readConfig(env);
  const gateway = openGateway(config, config.GATEWAY_URL ?? 'http://127.0.0.1:9/fake-gateway');
  opened.push(gateway);
  return gateway;
}

describe('the gateway of the service', () => {
  it('has another name than the fake one, so that no charge is looked up at the wrong one', () => {
    expect([open({}).name, open({ GATEWAY_URL: 'http://127.0.0.1:9' }).name]).toEqual(['fake', 'http']);
  });

  it('moves real money unless it is the fake one or a sandbox', () => {
    const url = { GATEWAY_URL: 'http://127.0.0.1:9' };
    const modes = [url, {}, { ...url, GATEWAY_LIVEMODE: 'no' }].map((env) => open(env).livemode);
    expect(modes).toEqual([true, false, false]);
  });

  it('has the name that is configured, unless it is the fake one', () => {
    const named = { GATEWAY_NAME: 'acquirer-2' };
    expect([open(named).name, open({ ...named, GATEWAY_URL: 'http://127.0.0.1:9' }).name]).toEqual([
      'fake',
      'acquirer-2',
    ]);
  });

  it('has the contract that is configured', () => {
    const env = {
      GATEWAY_KEYS: 'none',
      GATEWAY_KEY_WINDOW_MS: '7200000',
      GATEWAY_CACHES_ERRORS: 'yes',
      GATEWAY_LOOKUP: 'no',
      GATEWAY_LOOKUP_LAG_MS: '7',
      GATEWAY_LANDS_WITHIN_MS: '11',
      GATEWAY_AUTHORIZED_FOR_MS: '1300',
    };
    expect(open(env).contract).toEqual({
      keys: 'none',
      keyWindowMs: 7_200_000,
      cachesErrors: true,
      lookup: false,
      lookupLagMs: 7,
      landsWithinMs: 11,
      authorizedForMs: 1300,
    });
  });
});
