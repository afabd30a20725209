/** What can go wrong with money that is authorised first: with its one capture or void, and while nobody ends it. */
import type { CallFault } from '../../plan/faults.ts';
import { endedByHand, killed } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times, type Visit } from '../scenario.ts';

const MINUTE_MS = 60_000;
/** Long enough for everything that is done in these scripts. */
const HELD = { captures: { perMille: 0, holdsForMs: 10 * MINUTE_MS, saysUntil: true } } as const;
const AUTHORIZED: Visit = { on: 'p1' };
const PART: Visit = { on: 'p1', waitMs: MINUTE_MS, end: { kind: 'capture', amountMinor: 400 } };
const VOID: Visit = { on: 'p1', waitMs: MINUTE_MS, end: { kind: 'void' } };

type Ended = Pick<Ending, 'status' | 'ledger' | 'ends' | 'captureLedger' | 'sums' | 'failureCode'>;
const CAPTURED: Ended = {
  status: 'COMPLETED',
  ledger: ['succeeded'],
  ends: ['COMPLETED'],
  captureLedger: ['succeeded'],
  sums: [400, 0, 0, 0],
};
const VOIDED: Ended = {
  status: 'VOIDED',
  ledger: ['voided'],
  ends: ['COMPLETED'],
  captureLedger: ['succeeded'],
  sums: [0, 0, 0, 0],
};
const EXPIRED: Ended = {
  ...VOIDED,
  ends: ['FAILED'],
  captureLedger: [],
  failureCode: 'authorization_expired',
};
const SUCCEEDED = ['AUTHORIZED, started', 'SUCCEEDED, started'] as const;

/** Authorised, and 400 of the 1,000 captured. The calls include the one that authorised. */
function captured(
  name: string,
  calls: readonly CallFault[],
  ending: Ending,
  { contract, ...more }: Partial<Scenario> = {},
): Scenario {
  return {
    name,
    plan: HELD,
    contract: { authorizedForMs: HELD.captures.holdsForMs, ...contract },
    endCalls: [calls],
    visits: [AUTHORIZED, PART],
    ...more,
    ending,
  };
}

export const CAPTURE_FAULTS: readonly NamedFault[] = [
  {
    class: 'capture',
    fault: 'the answer is lost, garbage or an error, and the money was captured',
    expected:
      'In doubt: nothing else is captured or voided, and the same key is sent again. The gateway answers with the capture that it made. The payment is COMPLETED with what was captured; the rest is free.',
    scenarios: (['reset_charged', 'timeout_charged', 'garbage_charged', 'error_charged'] as const).map(
      (fault) =>
        captured(`a capture: ${fault.replace('_charged', '')}, made`, [fault], {
          ...CAPTURED,
          calls: 3,
          lookups: 0,
          heard: SUCCEEDED,
        }),
    ),
    marks: ['reset_charged', 'timeout_charged', 'garbage_charged', 'error_charged', 'capture_told:succeeded'],
  },
  {
    class: 'capture',
    fault: 'the answer is lost, and the money was not captured',
    expected:
      'The same key is sent again, at most four times. FAILED only when the gateway shows no capture and none can arrive any more. The payment stays AUTHORIZED, and can be captured or voided with a new key.',
    scenarios: [
      captured('a capture: reset, not made, then made', ['reset_not_charged'], {
        ...CAPTURED,
        calls: 3,
        heard: SUCCEEDED,
      }),
      captured(
        'a capture: four resets, not made, then a void',
        times(4, 'reset_not_charged'),
        {
          ...VOIDED,
          ends: ['FAILED', 'COMPLETED'],
          calls: 6,
          heard: ['AUTHORIZED, started', 'gateway_failed, started', 'SUCCEEDED, started'],
        },
        { visits: [AUTHORIZED, PART, VOID] },
      ),
    ],
    marks: ['reset_not_charged', 'end_client:another_after_failure', 'void_told:succeeded'],
  },
  {
    class: 'capture',
    fault: 'made later than its answer',
    expected: 'Not found proves nothing while the request may still arrive. SUCCEEDED when it has arrived.',
    scenarios: [
      captured(
        'a capture: one timeout, and it is made seven seconds later',
        ['timeout_charged_later'],
        { ...CAPTURED, heard: SUCCEEDED },
        { policy: { maxAttempts: 1 }, delays: { 10000: 7000 } },
      ),
    ],
    marks: ['timeout_charged_later', 'reset_charged_later'],
  },
  {
    class: 'capture',
    fault: 'declined, and the authorisation ends by itself',
    expected:
      'FAILED with the gateway’s word, and 422 capture_declined. The payment stays AUTHORIZED. When its time is over, it is looked up: VOIDED with authorization_expired.',
    scenarios: [
      captured('a capture is declined, and nobody asks again', ['gateway_declines'], {
        ...EXPIRED,
        captureLedger: ['declined'],
        calls: 2,
        heard: ['AUTHORIZED, started', 'capture_declined, started'],
      }),
      captured(
        'nobody captures',
        [],
        { ...EXPIRED, ends: [], calls: 1, heard: ['AUTHORIZED, started'] },
        { visits: [AUTHORIZED] },
      ),
    ],
    marks: ['hold:expired', 'capture_told:capture_declined', 'void_told:void_declined'],
  },
  {
    class: 'capture',
    fault: 'a capture and a void at once',
    expected:
      'The payment’s row of sums names the one that was opened first. Nothing is sent for the other: 409 operation_in_progress, and 409 payment_not_capturable or payment_not_voidable when the first has ended.',
    scenarios: [
      captured(
        'a capture, and a void half a second later',
        ['gateway_slow'],
        {
          ...CAPTURED,
          calls: 2,
          heard: [
            'AUTHORIZED, started',
            'operation_in_progress',
            'SUCCEEDED, started',
            'payment_not_voidable',
          ],
        },
        {
          delays: { 13800: 2000 },
          visits: [
            AUTHORIZED,
            { ...PART, atMs: 10_000 },
            { ...VOID, atMs: 10_500 },
            { ...VOID, atMs: 20_000 },
          ],
        },
      ),
    ],
    marks: [
      'end_client:several_at_once',
      'end_problem:operation_in_progress',
      'end_problem:payment_not_capturable',
      'end_problem:payment_not_voidable',
    ],
  },
  {
    class: 'capture',
    fault: 'a person captures or voids at the gateway',
    expected:
      'The gateway’s no is a reason to look at the charge at once. A void is FAILED; the payment is COMPLETED with what the person captured, and the alarm captured_elsewhere tells it.',
    scenarios: [
      captured(
        'a person captures a part, and then a void is asked for',
        [],
        {
          ...CAPTURED,
          ends: ['FAILED'],
          calls: 2,
          heard: ['AUTHORIZED, started', 'void_declined, started'],
          alarms: ['captured_elsewhere'],
        },
        {
          visits: [AUTHORIZED, { ...VOID, atMs: 20_000 }],
          mishaps: [{ atMs: 10_000, deed: endedByHand('capture', 400) }],
        },
      ),
      captured(
        'a person voids, and then a capture is asked for',
        [],
        {
          ...EXPIRED,
          captureLedger: ['succeeded'],
          calls: 2,
          heard: ['AUTHORIZED, started', 'capture_declined, started'],
        },
        {
          visits: [AUTHORIZED, { ...PART, atMs: 20_000 }],
          mishaps: [{ atMs: 10_000, deed: endedByHand('void', 1000) }],
        },
      ),
    ],
    marks: ['ended_elsewhere'],
  },
  {
    class: 'capture',
    fault: 'another amount than was asked for is captured',
    expected:
      'REVIEW, and an alarm. The payment stays AUTHORIZED, and nothing else is captured or voided, until an operator settles it with the amount that the gateway shows.',
    scenarios: [
      captured('a capture of another amount', ['wrong_amount'], {
        status: 'AUTHORIZED',
        ledger: ['succeeded'],
        ends: ['REVIEW'],
        captureLedger: ['succeeded'],
        sums: [0, 0, 0, 0],
        heard: ['AUTHORIZED, started', '202 REVIEW'],
        alarms: ['needs_review'],
      }),
    ],
    marks: ['wrong_amount'],
  },
  {
    class: 'capture',
    fault: 'the process dies with the capture under way',
    expected:
      'The intent is stored. After its lease another process sends the same key, and the gateway answers with what it made: one capture.',
    scenarios: [
      captured(
        'a process dies right after it has sent a capture',
        [],
        {
          ...CAPTURED,
          calls: 3,
          heard: ['AUTHORIZED, started', 'nothing, the connection broke', 'SUCCEEDED, joined'],
        },
        {
          visits: [AUTHORIZED, PART, { ...PART, on: 'p2' }],
          moments: [{ on: 'p1', use: 'call', nth: 2, when: 'after', deed: killed() }],
        },
      ),
    ],
    marks: ['process_killed'],
  },
];
