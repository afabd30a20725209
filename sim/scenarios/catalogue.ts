/**
 * Every fault by name: what happens, what must follow, and what proves it. `docs/faults.md` is made from this list.
 */
import { CAPTURE_FAULTS } from './faults/captures.ts';
import { CLIENT_FAULTS } from './faults/clients.ts';
import { CONNECTION_FAULTS } from './faults/connections.ts';
import { DATABASE_FAULTS } from './faults/database.ts';
import { ANSWER_FAULTS } from './faults/gateway-answers.ts';
import { CALL_FAULTS } from './faults/gateway-calls.ts';
import { HISTORY_FAULTS } from './faults/histories.ts';
import { LOOKUP_FAULTS } from './faults/lookups.ts';
import { PROCESS_FAULTS } from './faults/process.ts';
import { REFUND_FAULTS } from './faults/refunds.ts';
import { SURROUNDING_FAULTS } from './faults/surroundings.ts';
import { TIME_FAULTS } from './faults/time.ts';
import { TWO_STEP_FAULTS } from './faults/two-steps.ts';
import { WEBHOOK_FAULTS } from './faults/webhooks.ts';
import type { NamedFault } from './named-fault.ts';

export const FAULTS: readonly NamedFault[] = [
  ...PROCESS_FAULTS,
  ...DATABASE_FAULTS,
  ...CALL_FAULTS,
  ...ANSWER_FAULTS,
  ...CONNECTION_FAULTS,
  ...LOOKUP_FAULTS,
  ...CLIENT_FAULTS,
  ...SURROUNDING_FAULTS,
  ...TIME_FAULTS,
  ...HISTORY_FAULTS,
  ...REFUND_FAULTS,
  ...CAPTURE_FAULTS,
  ...TWO_STEP_FAULTS,
  ...WEBHOOK_FAULTS,
];

/** The name of a fault's own test. */
export function testName({ class: faultClass, fault }: NamedFault): string {
  return `${faultClass}: ${fault}`;
}
