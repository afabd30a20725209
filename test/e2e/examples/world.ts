/** What an example needs around it: the real service, a real PostgreSQL, and a fake gateway that knows what it charged. */
import { onTestFinished } from 'vitest';
import {
  createMemoryLedger,
  type StartFakeGatewayOptions,
  startFakeGateway,
} from '../../../src/fake-gateway/index.ts';
import { createDatabase } from '../../support/database.ts';
import { type Env, FAST, startService } from '../support/service.ts';

export interface World {
  readonly serviceUrl: string;
  readonly gatewayUrl: string;
  readonly databaseUrl: string;
  /** How many live charges the gateway really has for the order. */
  charges(orderId: string): Promise<number>;
}

/** It ends with its test. `envOf` gets the gateway's address and returns the settings of the service. */
export async function openWorld(
  options: Omit<StartFakeGatewayOptions, 'ledger'>,
  envOf: (gatewayUrl: string) => Env,
): Promise<World> {
  const gateway = await startFakeGateway({ ...options, ledger: createMemoryLedger() });
  onTestFinished(() => gateway.close());
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  const service = await startService({ ...envOf(gateway.url), DATABASE_URL: database.url });
  onTestFinished(() => service.kill());
  return {
    serviceUrl: service.url,
    gatewayUrl: gateway.url,
    databaseUrl: database.url,
    async charges(orderId) {
      const response = await fetch(`${gateway.url}/_ledger?order_id=${orderId}`);
      const { summary } = (await response.json()) as { summary: { live: number } };
      return summary.live;
    },
  };
}

/** With a gateway of our own protocol. */
export const http = (url: string): Env => ({ ...FAST, GATEWAY_URL: url, GATEWAY_LIVEMODE: 'no' });

/** With Stripe. What it promises is known, so it is no setting. */
export function stripe(url: string): Env {
  const { GATEWAY_LANDS_WITHIN_MS: _, ...fast } = FAST;
  return { ...fast, GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_any', STRIPE_API_BASE: url };
}
