/** The plan of a scripted world: two processes, plain numbers, nothing drawn. */
import type { GatewayContract } from '../../src/domain/contract.ts';
import { MISHAPS, NO_REFUNDS, type Plan, STORE_FAULTS } from '../plan/plan.ts';
import type { Scenario } from './scenario.ts';
import { REFUND_FAILS_LATER } from './script.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const CONTRACT: GatewayContract = {
  steps: 'one',
  keys: 'kept',
  keyWindowMs: 24 * HOUR,
  cachesErrors: false,
  lookup: true,
  lookupLagMs: 0,
  landsWithinMs: 10 * SECOND,
};

const POLICY: Omit<Plan['policy'], 'contract'> = {
  maxAttempts: 4,
  backoffBaseMs: 100,
  backoffCapMs: 10 * SECOND,
  retryAfterCapMs: 20 * SECOND,
  callDeadlineMs: 15 * MINUTE,
  giveUpAfterS: 0,
  forbiddenPauseMs: 5 * SECOND,
  leaseMs: 6 * SECOND,
  lookupBaseMs: 2 * SECOND,
  lookupCapMs: MINUTE,
  pendingPollMs: SECOND,
  actionWithinMs: 5 * MINUTE,
  resolveForMs: HOUR,
  reviewLookupMs: 2 * MINUTE,
  restoredAtMs: null,
};

export function planOf({
  contract,
  policy,
  plan,
  store,
  databaseFails = false,
  refundFailsLater,
}: Scenario): Plan {
  return {
    story: 'plain',
    narrow: null,
    scripted: true,
    otherSettings: null,
    processes: 2,
    orders: 1,
    clients: 0,
    requestsPerClient: 0,
    policy: { ...POLICY, ...policy, contract: { ...CONTRACT, ...contract } },
    giveUpAfterS: null,
    callTimeoutMs: 4 * SECOND,
    sweepMs: 2 * SECOND,
    maxCalls: 50,
    maxLookups: 20,
    echoes: true,
    retentionMs: 24 * HOUR,
    cacheEntries: 0,
    refunds: NO_REFUNDS,
    captures: null,
    operators: false,
    // The judge must know that the store may fail; how often says the script.
    rates: {
      ...(store === undefined ? {} : Object.fromEntries(STORE_FAULTS.map((name) => [name, 0]))),
      ...(refundFailsLater === true ? { refund_fails_later: REFUND_FAILS_LATER } : {}),
    },
    mishaps: databaseFails ? MISHAPS : [],
    calmMs: HOUR,
    faultsForMs: HOUR,
    ...plan,
  };
}
