/** Scripts at a gateway of two steps, in which a process is killed everywhere: also between the steps, and around the seal. */
import type { CallFault } from '../plan/faults.ts';
import { times } from '../scenarios/scenario.ts';
import type { KillScenario } from './scenarios.ts';

function inTwoSteps(
  name: string,
  calls: readonly CallFault[],
  status: KillScenario['status'],
  { contract, ...more }: Partial<KillScenario> = {},
): KillScenario {
  return {
    name: `two steps: ${name}`,
    contract: { steps: 'two', ...contract },
    calls: [calls],
    visits: [{ on: 'p1' }],
    status,
    ...more,
  };
}

const ACTS = { delays: { 40000: 5000 } } as const;

export const TWO_STEP_SCENARIOS: readonly KillScenario[] = [
  inTwoSteps('paid', [], 'COMPLETED'),
  inTwoSteps('declined, then sealed', ['gateway_declines'], 'FAILED'),
  inTwoSteps('a confirm whose answer is lost', ['reset_charged'], 'COMPLETED'),
  inTwoSteps('a confirm that was not executed', ['reset_not_charged'], 'COMPLETED'),
  inTwoSteps('four confirms that were not executed', times(4, 'reset_not_charged'), 'FAILED'),
  inTwoSteps('a confirm that lands after the seal', ['timeout_charged_later'], 'FAILED', {
    policy: { maxAttempts: 1 },
    delays: { 10000: 7000 },
  }),
  inTwoSteps('a confirm that lands before the next one', ['timeout_charged_later'], 'COMPLETED', {
    delays: { 10000: 500 },
  }),
  inTwoSteps('four confirms that never leave', times(4, 'gateway_unreachable'), 'FAILED'),
  inTwoSteps('pending, then declined', ['gateway_pending'], 'FAILED', {
    delays: { 30000: 5000 },
    pendingEndsDeclined: true,
  }),
  inTwoSteps('an error that is kept', ['error_not_charged'], 'FAILED', { contract: { cachesErrors: true } }),
  inTwoSteps('an error that is kept, and charged', ['error_charged'], 'COMPLETED', {
    contract: { cachesErrors: true },
  }),
  inTwoSteps('a request for the object whose answer is lost', [], 'COMPLETED', {
    prepares: ['prepare_answer_lost'],
  }),
  inTwoSteps('an error that is kept for the object', [], 'COMPLETED', { prepares: ['prepare_error'] }),
  inTwoSteps('the object is refused', [], 'FAILED', { prepares: ['prepare_declined'] }),
  inTwoSteps('a seal that lands later', ['gateway_declines'], 'FAILED', { seals: ['seal_late'] }),
  inTwoSteps('a seal that gets an error', ['gateway_declines'], 'FAILED', { seals: ['seal_error'] }),
  inTwoSteps('the customer acts', ['customer_must_act'], 'COMPLETED', ACTS),
  inTwoSteps('the customer acts in vain', ['customer_must_act'], 'FAILED', { ...ACTS, customer: 'fails' }),
  inTwoSteps('the customer never acts', ['customer_must_act'], 'FAILED', {
    customer: 'nothing',
    policy: { actionWithinMs: 10_000 },
  }),
  inTwoSteps('the next charge after a decline', ['gateway_declines'], 'COMPLETED', {
    visits: [{ on: 'p1' }, { on: 'p1', key: 'key-2' }],
  }),
  inTwoSteps('the acknowledgement of the handle is lost', [], 'COMPLETED', {
    store: { p1: { keepHandle: ['store_ack_lost'] } },
  }),
];
