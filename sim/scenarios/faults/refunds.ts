/** What the gateway, or the network before it, does with a refund, what Payonce does then, and what the client is told. */
import type { CallFault } from '../../plan/faults.ts';
import { databaseBackedUp, refundedByHand, refundLandsLate } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times, type Visit } from '../scenario.ts';

const LATE = 'src/engine/refunding/late.test.ts';
const HOUR_MS = 3_600_000;
const PART = { amountMinor: 700 } as const;
const PAID = { on: 'p1' } as const;
const GIVEN_BACK: Visit = { on: 'p1', waitMs: 60_000, refund: PART };
const ANOTHER: Visit = { ...GIVEN_BACK, refund: { ...PART, refundId: 'refund-2' } };

type Refunded = Pick<Ending, 'status' | 'ledger' | 'refunds' | 'refundLedger' | 'sums'>;
const PAYMENT = { status: 'COMPLETED', ledger: ['succeeded'] } as const;
const MADE: Refunded = {
  ...PAYMENT,
  refunds: ['COMPLETED'],
  refundLedger: ['succeeded'],
  sums: [1000, 0, 700, 0],
};
const NOT_MADE: Refunded = { ...PAYMENT, refunds: ['FAILED'], refundLedger: [], sums: [1000, 0, 0, 0] };
const DECLINED: Refunded = { ...NOT_MADE, refundLedger: ['declined'] };
const SUCCEEDED = ['COMPLETED, started', 'SUCCEEDED, started'] as const;

/** Paid, and 700 of the 1,000 given back. The calls include the one that paid. */
function refund(
  name: string,
  calls: readonly CallFault[],
  ending: Ending,
  more: Partial<Scenario> = {},
): Scenario {
  return { name, refundCalls: [calls], visits: [PAID, GIVEN_BACK], ...more, ending };
}

export const REFUND_FAULTS: readonly NamedFault[] = [
  {
    class: 'refund',
    fault: 'declined',
    expected:
      'FAILED with the gateway’s word, and 422 refund_declined. What was reserved for it can be refunded again, by another refund. The payment stays COMPLETED.',
    scenarios: [
      refund(
        'a refund is declined, and another one is made',
        ['gateway_declines'],
        {
          ...PAYMENT,
          refunds: ['FAILED', 'COMPLETED'],
          refundLedger: ['declined', 'succeeded'],
          sums: [1000, 0, 700, 0],
          calls: 3,
          heard: ['COMPLETED, started', 'refund_declined, started', 'SUCCEEDED, started'],
        },
        { visits: [PAID, GIVEN_BACK, ANOTHER] },
      ),
    ],
    marks: ['gateway_declines', 'refund_told:refund_declined'],
  },
  {
    class: 'refund',
    fault: 'the answer is lost, garbage or an error, and the refund was made',
    expected:
      'In doubt: its amount stays reserved, and the same key is sent again. The gateway answers with the refund that it made: one refund, SUCCEEDED.',
    scenarios: (['reset_charged', 'timeout_charged', 'garbage_charged', 'error_charged'] as const).map(
      (fault) =>
        refund(`a refund: ${fault.replace('_charged', '')}, made`, [fault], {
          ...MADE,
          calls: 3,
          lookups: 0,
          heard: SUCCEEDED,
        }),
    ),
    marks: ['reset_charged', 'timeout_charged', 'garbage_charged', 'error_charged'],
  },
  {
    class: 'refund',
    fault: 'the answer is lost, and the refund was not made',
    expected:
      'In doubt: the same key is sent again, at most four times. FAILED only when the gateway shows no refund and none can arrive any more: 502 gateway_failed, safe to refund again.',
    scenarios: [
      refund('a refund: reset, not made, then made', ['reset_not_charged'], {
        ...MADE,
        calls: 3,
        lookups: 0,
        heard: SUCCEEDED,
      }),
      refund('a refund: four resets, not made', times(4, 'reset_not_charged'), {
        ...NOT_MADE,
        calls: 5,
        heard: ['COMPLETED, started', 'gateway_failed, started'],
      }),
      refund('a refund: four errors, not made', times(4, 'error_not_charged'), {
        ...NOT_MADE,
        calls: 5,
        lookups: 1,
        heard: ['COMPLETED, started', 'gateway_failed, started'],
      }),
    ],
    marks: ['reset_not_charged', 'timeout_not_charged', 'error_not_charged', 'refund_told:gateway_failed'],
  },
  {
    class: 'refund',
    fault: 'made later than its answer',
    expected:
      'Not found proves nothing while the request may still arrive. SUCCEEDED when it has arrived; 202 until then.',
    scenarios: [
      refund(
        'a refund: one timeout, and it is made seven seconds later',
        ['timeout_charged_later'],
        { ...MADE, calls: 2, heard: SUCCEEDED },
        { policy: { maxAttempts: 1 }, delays: { 10000: 7000 } },
      ),
    ],
    marks: ['timeout_charged_later', 'reset_charged_later'],
  },
  {
    class: 'refund',
    fault: 'refused, limited, forbidden or busy',
    expected:
      'Nothing was made, so the same key is sent again: after the wait that the gateway asks for, or when the credentials are right again.',
    scenarios: [
      refund('a refund: refused once', ['gateway_unreachable'], { ...MADE, calls: 3, heard: SUCCEEDED }),
      refund('a refund: limited once', ['gateway_limits'], { ...MADE, calls: 3, heard: SUCCEEDED }),
      refund('a refund: forbidden once', ['gateway_forbids'], {
        ...MADE,
        calls: 3,
        heard: SUCCEEDED,
        alarms: ['gateway_forbidden'],
      }),
      refund(
        'a refund: the first call is still being worked on when the second comes',
        ['gateway_slow'],
        { ...MADE, calls: 4, lookups: 0, heard: SUCCEEDED },
        { delays: { 13800: 4150 } },
      ),
    ],
    marks: ['gateway_unreachable', 'gateway_limits', 'gateway_forbids', 'gateway_slow'],
  },
  {
    class: 'refund',
    fault: 'accepted, and decided later',
    expected:
      'Answered at once with PENDING; its amount stays reserved. It is looked up until the gateway has decided: SUCCEEDED or FAILED, in the end to every client that asks again.',
    scenarios: [
      refund(
        'a refund: pending, then made',
        ['gateway_pending'],
        { ...MADE, calls: 2, heard: ['COMPLETED, started', 'PENDING, started', 'SUCCEEDED, joined'] },
        { visits: [PAID, GIVEN_BACK, { ...GIVEN_BACK, atMs: 60_000 }], delays: { 30000: 5000 } },
      ),
      refund(
        'a refund: pending, then declined',
        ['gateway_pending'],
        {
          ...DECLINED,
          calls: 2,
          heard: ['COMPLETED, started', 'PENDING, started', 'refund_declined, joined'],
        },
        {
          visits: [PAID, GIVEN_BACK, { ...GIVEN_BACK, atMs: 60_000 }],
          delays: { 30000: 5000 },
          pendingEndsDeclined: true,
        },
      ),
    ],
    marks: ['gateway_pending'],
  },
  {
    class: 'refund',
    fault: 'another amount or currency, or an answer about another refund',
    expected:
      'A refund on other terms is not taken as ours: REVIEW at once and an alarm. Its amount stays reserved, nothing is sent again, and the client is told 202 with REVIEW. An answer about another refund counts as no answer: the same key is sent again.',
    scenarios: [
      refund('a refund: wrong amount', ['wrong_amount'], {
        ...PAYMENT,
        refunds: ['REVIEW'],
        refundLedger: ['succeeded'],
        sums: [1000, 700, 0, 0],
        calls: 2,
        heard: ['COMPLETED, started', '202 REVIEW'],
        alarms: ['needs_review'],
      }),
      refund('a refund: the answer is about another one', ['answer_about_another'], {
        ...MADE,
        calls: 3,
        lookups: 0,
        heard: SUCCEEDED,
      }),
    ],
    marks: ['wrong_amount', 'wrong_currency', 'answer_about_another'],
  },
  {
    class: 'refund',
    fault: 'lookups fail',
    expected:
      'Such a lookup proves nothing. The refund stays as it is, its amount stays reserved, and the client is told 202.',
    scenarios: [
      refund(
        'a refund: made, and lookups fail in every way first',
        ['timeout_charged'],
        { ...MADE, calls: 2, lookups: 4, heard: SUCCEEDED },
        { policy: { maxAttempts: 1 }, lookups: ['lookup_down', 'lookup_timeout', 'lookup_about_another'] },
      ),
    ],
    marks: ['lookup_down', 'lookup_timeout', 'lookup_about_another'],
  },
  {
    class: 'refund',
    fault: 'several refunds at once',
    expected:
      'Together they never exceed what was captured: what does not fit is refused before anything is sent. The same refund_id at once is one refund, and both are told of it.',
    scenarios: [
      refund(
        'two refunds at once, and room for one of them',
        [],
        {
          ...MADE,
          calls: 2,
          heard: ['COMPLETED, started', 'refund_exceeds_captured', 'SUCCEEDED, started'],
        },
        {
          visits: [PAID, { ...GIVEN_BACK, atMs: 10_000 }, { ...ANOTHER, on: 'p2', atMs: 10_000 }],
        },
      ),
      refund(
        'the same refund at two processes at once',
        [],
        {
          ...MADE,
          calls: 2,
          heard: ['COMPLETED, started', 'SUCCEEDED, started', 'SUCCEEDED, joined'],
        },
        {
          visits: [PAID, { ...GIVEN_BACK, atMs: 10_000 }, { ...GIVEN_BACK, on: 'p2', atMs: 10_000 }],
        },
      ),
    ],
    marks: ['refund_client:several_at_once', 'refund_told:refund_exceeds_captured'],
  },
  {
    class: 'refund',
    fault: 'it fails an hour after it succeeded',
    expected:
      'A lookup finds it: FAILED, an alarm, and its amount can be refunded again. A repeated request gets 409 result_superseded with the truth.',
    scenarios: [
      refund(
        'a refund: made, and failed ten seconds later',
        [],
        {
          ...DECLINED,
          calls: 2,
          heard: [...SUCCEEDED, 'result_superseded'],
          alarms: ['refund_failed_late'],
        },
        {
          visits: [PAID, GIVEN_BACK, { ...GIVEN_BACK, atMs: 3 * HOUR_MS }],
          refundFailsLater: true,
          delays: { 60000: 10_000 },
        },
      ),
    ],
    elsewhere: [{ file: LATE, test: 'and fails days later is reported, alarmed, and no longer counted' }],
    marks: ['refund_fails_later', 'alarm:refund_failed_late'],
  },
  {
    class: 'refund',
    fault: 'it is made after it was proved absent, and another one is asked for',
    expected:
      'Before the other one is sent, the first is looked up and found: it counts from then on, with an alarm. The other one no longer fits: 409 refund_exceeds_captured, and nothing is sent for it.',
    scenarios: [
      refund(
        'a refund: four resets, FAILED, and made after all',
        times(4, 'reset_not_charged'),
        {
          ...PAYMENT,
          refunds: ['COMPLETED', 'FAILED'],
          refundLedger: ['succeeded'],
          sums: [1000, 0, 700, 0],
          calls: 5,
          heard: ['COMPLETED, started', 'gateway_failed, started', 'refund_exceeds_captured, started'],
          alarms: ['refund_landed_late'],
        },
        {
          visits: [PAID, GIVEN_BACK, { ...ANOTHER, atMs: 120_000 }],
          mishaps: [{ atMs: 110_000, deed: refundLandsLate }],
        },
      ),
    ],
    elsewhere: [
      { file: LATE, test: 'and was made after all is written down, alarmed, and blocks what no longer fits' },
      {
        file: LATE,
        test: 'is looked up before the next one is sent; if it was made, the next one ends without a call',
      },
    ],
    marks: ['refund_lands_late', 'alarm:refund_landed_late'],
  },
  {
    class: 'refund',
    fault: 'a person refunds at the gateway, and Payonce is not told',
    expected:
      'The gateway declines what no longer fits, and says how much was refunded in all. The difference is shown as refunded elsewhere, and less can be refunded.',
    scenarios: [
      refund(
        'a person refunds 400 at the gateway, and then 700 are asked for',
        [],
        {
          ...NOT_MADE,
          refundLedger: ['succeeded'],
          sums: [1000, 0, 0, 400],
          calls: 2,
          heard: ['COMPLETED, started', 'refund_declined, started'],
        },
        {
          visits: [PAID, { ...GIVEN_BACK, atMs: 20_000 }],
          mishaps: [{ atMs: 10_000, deed: refundedByHand(400) }],
        },
      ),
    ],
    elsewhere: [
      {
        file: 'src/engine/refunding/refund.test.ts',
        test: 'that made it somewhere else says how much: it counts from then on',
      },
    ],
    marks: ['refund_elsewhere', 'refund:elsewhere_noticed'],
  },
  {
    class: 'refund',
    fault: 'the database is restored to a moment before it',
    expected:
      'With RESTORED_AT, the repeated refund is looked up before it is sent: one refund, also after the gateway has forgotten its key. A refund that nobody repeats is found only at the gateway.',
    scenarios: [
      refund(
        'restored after a day to a moment between the charge and its refund; RESTORED_AT is set, and the client comes back',
        [],
        {
          ...MADE,
          calls: 2,
          lookups: { atMost: 3 },
          heard: ['COMPLETED, started', 'SUCCEEDED, started', 'SUCCEEDED, started'],
        },
        {
          databaseFails: true,
          plan: { faultsForMs: 26 * HOUR_MS },
          visits: [
            PAID,
            { ...GIVEN_BACK, atMs: 3000 },
            { refund: PART, atMs: 25 * HOUR_MS + 20_000, persists: true },
          ],
          mishaps: [
            {
              atMs: 2000,
              deed: databaseBackedUp({ lostAtMs: 5000, downMs: 25 * HOUR_MS, told: true, idLost: false }),
            },
          ],
        },
      ),
    ],
    marks: ['restore_told', 'refund_after_loss:forgotten', 'refund_after_loss:opened_again'],
  },
];
