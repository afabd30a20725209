/** A gateway that keeps its keys for a day and has lookups, and the policy for it. Tests start from these and change them. */
import type { GatewayContract } from '../../src/domain/contract.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';

export const CONTRACT: GatewayContract = {
  steps: 'one',
  keys: 'kept',
  keyWindowMs: 86_400_000,
  cachesErrors: false,
  lookup: true,
  lookupLagMs: 0,
  landsWithinMs: 60_000,
};

export const POLICY: Policy = { ...DEFAULT_POLICY, contract: CONTRACT, leaseMs: 15_000 };
