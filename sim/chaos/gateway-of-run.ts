/** The gateway of a run: which adapter the servers use, what the gateway does wrong, and what the servers are told of it. */
import { drawTerms, type Terms } from './clients/memory.ts';
import type { ReplicaName } from './fault.ts';
import type { Random } from './random.ts';
import { httpGatewayOf } from './settings.ts';
import { drawStripeTerms, STRIPE_ENV, STRIPE_FAULTS, STRIPE_KEYS } from './stripe/settings.ts';

export const GATEWAYS = ['http', 'stripe'] as const;
export type GatewayName = (typeof GATEWAYS)[number];

export interface GatewayOfRun {
  readonly name: GatewayName;
  /** As for `PUT /_faults` of the fake gateway. */
  readonly faults: object;
  /** The settings of a replica that reaches it at this address. */
  env(replica: ReplicaName, address: string): Readonly<Record<string, string>>;
  /** What a client orders. */
  readonly drawTerms: (random: Random) => Terms;
  /** Troubles that do not happen with it, by their names in the report. */
  readonly leftOut: readonly string[];
}

export function gatewayOfRun(name: GatewayName, seed: number): GatewayOfRun {
  return name === 'stripe' ? STRIPE : http(seed);
}

function http(seed: number): GatewayOfRun {
  const { faults, env } = httpGatewayOf(seed);
  return {
    name: 'http',
    faults,
    env: (_replica, address) => ({ ...env, GATEWAY_URL: address }),
    drawTerms,
    leftOut: [],
  };
}

const STRIPE: GatewayOfRun = {
  name: 'stripe',
  faults: STRIPE_FAULTS,
  env: (replica, address) => ({
    ...STRIPE_ENV,
    STRIPE_SECRET_KEY: STRIPE_KEYS[replica],
    STRIPE_API_BASE: address,
  }),
  drawTerms: drawStripeTerms,
  // After a restore, no charge may fail before Stripe's landing time is over. That is an hour.
  leftOut: ['restore'],
};
