// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in refunds at the gateway: what is sent, and what an answer about a refund is taken for. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/gateways/http';
const SUITE = `${FOLDER}/refunds.test.ts`;
/** The checks of every adapter. */
const CHECKS = `${FOLDER}/suite.test.ts`;
const JUDGES = 'src/domain/refund-outcomes.test.ts';

export const REFUNDS_AT_THE_GATEWAY: readonly PlantedBug[] = [
  {
    name: 'a refund is asked for without its amount',
    story: 'A customer returns one of three items, and the gateway refunds the whole order.',
    file: `${FOLDER}/refunds.ts`,
    find: 'JSON.stringify({ amount: request.amountMinor })',
    put: 'JSON.stringify({})',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'always send the amount' },
  },
  {
    name: 'a charge’s id is put into the path as it is',
    story: 'An id with a slash leads to another address, and something else than this charge is refunded.',
    file: `${FOLDER}/refunds.ts`,
    find: '`/charges/${encodeURIComponent(chargeRef)}`',
    put: '`/charges/${chargeRef}`',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'stays one part of the path' },
  },
  {
    name: 'a charge that the gateway does not know declines its refund',
    story:
      'With the token of another account, every refund is reported as declined, also those that were made before.',
    file: `${FOLDER}/effects.ts`,
    find: "refunds of it.\n    ['404 charge_not_found', 'unknown']",
    put: "refunds of it.\n    ['404 charge_not_found', 'declined']",
    judge: 'gateway suite',
    tests: { file: CHECKS, named: '404 charge_not_found is unknown' },
  },
  {
    name: 'an error without a key declines a refund',
    story: 'The error is about another refund, and this one, which was made, is reported as declined.',
    file: `${FOLDER}/answers.ts`,
    find: "if (meaning === 'declined' && error.namesKey)",
    put: "if (meaning === 'declined')",
    judge: 'gateway suite',
    tests: { file: CHECKS, named: 'is a decline if it names our key' },
  },
  {
    name: 'an old list proves that a refund succeeded',
    story: 'The bank sent the refund back, a cache still shows it, and the customer never gets the money.',
    file: `${FOLDER}/effects.ts`,
    find: '  staysDone: () => false,\n',
    put: '  staysDone: () => true,\n',
    judge: 'gateway suite',
    tests: { file: CHECKS, named: 'for it may have failed since' },
  },
  {
    name: 'a capture is taken for a refund',
    story: 'Money was taken under the key instead of given back, and the order is shown as refunded.',
    file: `${FOLDER}/effects.ts`,
    find: '  if (object !== undefined && object !== kind) return undefined;\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'what is no refund although it looks like one' },
  },
  {
    name: 'a refund of another charge is ours',
    story: 'Another charge was refunded, and the customer of this one is shown a refund that never comes.',
    file: 'src/domain/refund-outcomes.ts',
    find: "(refund.chargeRef === request.chargeRef ? null : 'charge')",
    put: "(refund.chargeRef === '' ? 'charge' : null)",
    judge: 'gateway suite',
    tests: { file: JUDGES, named: 'with a charge_mismatch' },
  },
  {
    name: 'a refund that failed is still pending',
    story: 'The refund failed, but it is looked up for days, and nobody makes it in another way.',
    file: 'src/domain/refund-outcomes.ts',
    find: "    ['failed', 'declined'],\n",
    put: "    ['failed', 'pending'],\n",
    judge: 'gateway suite',
    tests: { file: JUDGES, named: 'that failed is declined' },
  },
  {
    name: 'a sum of refunds of another charge is ours',
    story: 'A proxy mixes up two charges, and a refund is made again because its charge seems untouched.',
    file: `${FOLDER}/refunded.ts`,
    find: '  if (charge.id !== chargeRef || charge.reference !== reference)\n',
    put: '  if (charge.id === reference)\n',
    judge: 'gateway suite',
    tests: { file: CHECKS, named: 'is not in the answer' },
  },
  {
    name: 'a sum of refunds may be old',
    story: 'A cache shows a charge as it was before its refund, and the merchant refunds it twice.',
    file: `${FOLDER}/refunded.ts`,
    find: '  const flaw = flawOf(answer, isOld);\n',
    put: '  const flaw = isOld && answer.status === 0 ? flawOf(answer, isOld) : null;\n',
    judge: 'gateway suite',
    tests: { file: CHECKS, named: 'is not in an' },
  },
  {
    name: 'a charge of which a part was refunded counts as taken back',
    story: 'The merchant refunds one item, the order counts as not paid, and the customer is charged again.',
    file: `${FOLDER}/effects.ts`,
    find: " === 'reversed' && holdsMoney(status, value)",
    put: " === 'pending' && holdsMoney(status, value)",
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/http.test.ts`, named: 'is live while a part of it is still paid' },
  },
  {
    name: 'the library believes what its adapter says about refunds',
    story: 'An adapter returns nothing at all for a refund, and its order can never be worked on again.',
    file: 'src/library/checked-gateway.ts',
    find: '{ refunds: checkedRefunds(refunds, check) }',
    put: '{ refunds }',
    judge: 'engine suite',
    tests: { file: 'src/library/checked-gateway.test.ts', named: 'do not count if they are none' },
  },
];
