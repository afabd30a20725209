/** The adapter for Stripe against a scripted server, over real sockets and with Stripe's own SDK. */
import { type StripeGatewayOptions, stripeGateway } from '../../src/gateways/stripe/index.ts';
import type { Captures, Gateway, Refunds, TwoSteps } from '../../src/ports/gateway.ts';
import { type ScriptedServer, startScriptedServer } from '../../src/testing/server.ts';

/** Restricted, so that Stripe is not asked for the account. */
export const TEST_KEY = 'rk_test_0';

export interface StripeWorld {
  readonly far: ScriptedServer;
  readonly gateway: Gateway;
  readonly twoSteps: TwoSteps;
  readonly refunds: Refunds;
  readonly captures: Captures;
  close(): Promise<void>;
}

export async function openStripeWorld(options: Partial<StripeGatewayOptions> = {}): Promise<StripeWorld> {
  const far = await startScriptedServer();
  const gateway = await stripeGateway({
    secretKey: TEST_KEY,
    account: 'acct_1',
    apiBase: `http://127.0.0.1:${far.port}`,
    ...options,
  });
  const { twoSteps, refunds, captures } = gateway;
  if (twoSteps === undefined || refunds === undefined || captures === undefined)
    throw new Error('The adapter lacks a part.');
  return {
    far,
    gateway,
    twoSteps,
    refunds,
    captures,
    async close() {
      await gateway.close();
      await far.close();
    },
  };
}
