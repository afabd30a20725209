/** What happens to refunds at the gateway without Payonce, and what must follow. Everything else happens to them as to charges. */
import type { NamedFault } from '../named-fault.ts';

const LATE = 'src/engine/refunding/late.test.ts';

export const REFUND_FAULTS: readonly NamedFault[] = [
  {
    class: 'refund',
    fault: 'a refund that succeeded fails days later',
    expected:
      'It becomes FAILED, an alarm goes out, and its money can be refunded again. Whoever repeats the request is told that the first answer is no longer true.',
    scenarios: [],
    elsewhere: [{ file: LATE, test: 'and fails days later is reported, alarmed, and no longer counted' }],
    marks: ['refund_fails_later'],
  },
  {
    class: 'refund',
    fault: 'a refund that was proved not to have been made is made after all',
    expected:
      'Before another refund of the payment is sent, the earlier one is looked up. It counts from then on, and an alarm goes out.',
    scenarios: [],
    elsewhere: [
      { file: LATE, test: 'and was made after all is written down, alarmed, and blocks what no longer fits' },
      {
        file: LATE,
        test: 'is looked up before the next one is sent; if it was made, the next one ends without a call',
      },
    ],
    marks: ['refund_lands_late'],
  },
  {
    class: 'refund',
    fault: 'a person refunds at the gateway, and Payonce is not told',
    expected:
      'The gateway declines what no longer fits. If it says how much was refunded in all, the difference is shown and counted.',
    scenarios: [],
    elsewhere: [
      {
        file: 'src/engine/refunding/refund.test.ts',
        test: 'that made it somewhere else says how much: it counts from then on',
      },
    ],
    marks: ['refund_elsewhere'],
  },
];
