/** What can go wrong with a charge of two steps: before its confirm, with it, with its seal, and with the customer. */
import type { CallFault } from '../../plan/faults.ts';
import { killed } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import type { Ending, Scenario } from '../scenario.ts';

const CHARGE_TEST = 'src/engine/two-steps/charge.test.ts';
const ACTION_TEST = 'src/engine/two-steps/action.test.ts';

const PAID = { status: 'COMPLETED', ledger: ['succeeded'], heard: ['COMPLETED, started'] } as const;
const DECLINED = { status: 'FAILED', ledger: ['sealed'], heard: ['card_declined, started'] } as const;
const FAILED = { ...DECLINED, heard: ['gateway_failed, started'] } as const;

function inTwoSteps(
  name: string,
  calls: readonly CallFault[],
  ending: Ending,
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name: `two steps: ${name}`,
    contract: { steps: 'two' },
    calls: [calls],
    visits: [{ on: 'p1', waitMs: 60_000 }],
    ...more,
    ending,
  };
}

const ACTS = ['customer_must_act'] as const;
/** Asked again when the customer has had their time. */
const COMES_BACK: Scenario['visits'] = [
  { on: 'p1', waitMs: 60_000 },
  { on: 'p1', atMs: 60_000 },
];

export const TWO_STEP_FAULTS: readonly NamedFault[] = [
  {
    class: 'two steps',
    fault: 'the request for the object fails, comes late, or its answer is lost',
    expected:
      'It moves no money, so it is made again: under the same key, or under the next one if the gateway keeps an error. One object is stored, and only that is confirmed.',
    scenarios: [
      inTwoSteps(
        'the request for the object does not arrive',
        [],
        { ...PAID, calls: 1 },
        { prepares: ['prepare_lost'] },
      ),
      inTwoSteps(
        'the object is made, and the answer is lost',
        [],
        { ...PAID, calls: 1 },
        { prepares: ['prepare_answer_lost'] },
      ),
      inTwoSteps('the object is made late', [], { ...PAID, calls: 1 }, { prepares: ['prepare_late'] }),
      inTwoSteps(
        'an error is kept for the object',
        [],
        { ...PAID, calls: 1 },
        { prepares: ['prepare_error'] },
      ),
    ],
    marks: [
      'two_steps:prepared_anew',
      'prepare_lost',
      'prepare_answer_lost',
      'prepare_late',
      'prepare_error',
    ],
  },
  {
    class: 'two steps',
    fault: 'the object is refused',
    expected: 'Nothing was confirmed, so there is nothing to seal: FAILED at once, as a decline.',
    scenarios: [
      inTwoSteps(
        'the object is refused',
        [],
        { ...DECLINED, ledger: [], calls: 0, lookups: 0 },
        { prepares: ['prepare_declined'] },
      ),
    ],
    marks: ['prepare_declined'],
  },
  {
    class: 'two steps',
    fault: 'a process dies before the handle is stored',
    expected:
      'Nothing was confirmed. The next process finds the object, or makes it again under the same key: one object, paid once.',
    scenarios: [
      inTwoSteps(
        'the process dies before it stores the handle',
        [],
        { ...PAID, calls: 1, heard: ['COMPLETED, started, replayed'] },
        {
          visits: [{ on: 'p1', persists: true, waitMs: 60_000 }],
          moments: [{ on: 'p1', use: 'keepHandle', when: 'before', deed: killed() }],
        },
      ),
    ],
    marks: ['two_steps:listed'],
  },
  {
    class: 'two steps',
    fault: 'the confirm is declined',
    expected:
      'The object can still be paid. So the code is stored first, then the object is sealed and read once more: only then FAILED. The next charge has an object of its own.',
    scenarios: [
      inTwoSteps('declined', ['gateway_declines'], { ...DECLINED, calls: 1, lookups: 2 }),
      inTwoSteps(
        'declined, and then paid with another card',
        ['gateway_declines'],
        {
          status: 'COMPLETED',
          ledger: ['sealed', 'succeeded'],
          heard: ['card_declined, started', 'COMPLETED, started'],
          calls: 2,
        },
        {
          visits: [
            { on: 'p1', waitMs: 60_000 },
            { on: 'p1', key: 'key-2', waitMs: 60_000 },
          ],
        },
      ),
    ],
    marks: ['gateway_declines', 'two_steps:sealed'],
  },
  {
    class: 'two steps',
    fault: 'a seal is lost, comes late, gets an error, or its answer is lost',
    expected:
      'Its answer means nothing. The object is read, and sealed again under another key until a read shows that it is sealed.',
    scenarios: (['seal_lost', 'seal_answer_lost', 'seal_late', 'seal_error'] as const).map((seal) =>
      inTwoSteps(
        `declined, ${seal.replaceAll('_', ' ')}`,
        ['gateway_declines'],
        { ...DECLINED, calls: 1 },
        { seals: [seal] },
      ),
    ),
    marks: ['seal_lost', 'seal_answer_lost', 'seal_late', 'seal_error'],
  },
  {
    class: 'two steps',
    fault: 'the answer of the confirm is lost, and it lands before, during or after the seal',
    expected:
      'It is read before anything is sent again. If it took money, COMPLETED, and nothing is sealed any more. If the seal comes first, it lands on nothing: FAILED.',
    scenarios: [
      inTwoSteps('the answer is lost, paid', ['reset_charged'], { ...PAID, calls: 1, lookups: 1 }),
      inTwoSteps('the answer is lost, not executed', ['reset_not_charged'], {
        ...PAID,
        calls: 2,
        lookups: 1,
      }),
      inTwoSteps(
        'a confirm lands seven seconds late, after the seal',
        ['timeout_charged_later'],
        { ...FAILED, calls: 1 },
        { policy: { maxAttempts: 1 }, delays: { 10000: 7000 } },
      ),
      inTwoSteps(
        'a confirm lands between the read and the seal',
        ['timeout_charged_later'],
        { ...PAID, calls: 1 },
        { policy: { maxAttempts: 1 }, delays: { 10000: 5 } },
      ),
    ],
    elsewhere: [
      {
        file: CHARGE_TEST,
        test: 'lands after a read that showed nothing, and before the seal: it is paid',
      },
    ],
    marks: ['two_steps:confirm_too_late', 'two_steps:seal_too_late'],
  },
  {
    class: 'two steps',
    fault: 'the customer must act: they do, they fail, or they never do',
    expected:
      'The payment says what they must do, and goes on being processed. If they have acted, COMPLETED. If they fail, or their time is over, the object is sealed: FAILED.',
    scenarios: [
      inTwoSteps(
        'the customer acts',
        ACTS,
        { ...PAID, calls: 1, heard: ['202 PROCESSING', 'COMPLETED, started, replayed'] },
        { visits: COMES_BACK, delays: { 40000: 5000 } },
      ),
      inTwoSteps(
        'the customer acts in vain',
        ACTS,
        { ...DECLINED, calls: 1, heard: ['202 PROCESSING', 'card_declined, started, replayed'] },
        { visits: COMES_BACK, delays: { 40000: 5000 }, customer: 'fails' },
      ),
      inTwoSteps(
        'the customer never acts',
        ACTS,
        {
          ...DECLINED,
          calls: 1,
          heard: ['202 PROCESSING', 'card_declined, started, replayed'],
          failureCode: 'action_expired',
        },
        { visits: COMES_BACK, policy: { actionWithinMs: 30_000 }, customer: 'nothing' },
      ),
    ],
    marks: ['customer_must_act', 'two_steps:customer_paid', 'two_steps:customer_failed'],
  },
  {
    class: 'two steps',
    fault: 'the key repeats an answer that is out of date',
    expected: 'What a read shows counts, and not what a confirm is answered.',
    scenarios: [
      inTwoSteps(
        'an error that is kept, not charged',
        ['error_not_charged'],
        { ...FAILED, calls: 1 },
        {
          contract: { steps: 'two', cachesErrors: true },
        },
      ),
      inTwoSteps(
        'an error that is kept, charged',
        ['error_charged'],
        { ...PAID, calls: 1 },
        {
          contract: { steps: 'two', cachesErrors: true },
        },
      ),
    ],
    elsewhere: [
      {
        file: ACTION_TEST,
        test: 'may be an old one, repeated after they have acted: what a read shows counts',
      },
    ],
    marks: ['error_not_charged', 'error_charged'],
    metBy:
      'engine suite: what was read before is not confirmed again, so the simulation meets an answer out of date too rarely',
  },
];
