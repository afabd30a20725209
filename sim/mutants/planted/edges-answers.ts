// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in the adapter at the edges of an exchange: whose answer it is, and how much it says. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/gateways/http';
const SUITE = `${FOLDER}/http.test.ts`;

export const EDGES_ANSWERS: readonly PlantedBug[] = [
  {
    name: 'any error with a text ends a call',
    story:
      'A front that stopped waiting says 500 in its own words; the gateway charges the failed order seconds later.',
    file: `${FOLDER}/answers.ts`,
    find: '    if (!Object.keys(body).every((name) => PLAIN_ERROR.has(name))) return undefined;\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is not the gateway speaking' },
  },
  {
    name: 'any error in JSON ends a call',
    story:
      'A front that stopped waiting says 503 in JSON; the gateway charges the failed order seconds later.',
    file: `${FOLDER}/answers.ts`,
    find: " || typeof error !== 'string' || error === '') return undefined;",
    put: ") return undefined;\n  if (typeof error !== 'string') return { word: '' };",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is not the gateway speaking' },
  },
  {
    name: 'an error is believed without a body',
    story:
      'A firewall that blocks what the gateway answered says 403, and a call that charged counts as never made.',
    file: `${FOLDER}/answers.ts`,
    find: '  if (body === undefined) return undefined;\n',
    put: "  if (body === undefined) return { word: '' };\n",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is not the gateway speaking' },
  },
  {
    name: 'an error without a key is ours on any connection',
    story:
      'The 429 of the call before comes as the answer to this one, which charges an order that was declared failed.',
    file: `${FOLDER}/answers.ts`,
    find: "    if (!answer.standsAlone) return 'of_nobody';\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is nobody’s where another call' },
  },
  {
    name: 'a connection is kept after an error',
    story: 'A front says the 500 of the first try again; the second try, still under way, counts as over.',
    file: `${FOLDER}/exchange.ts`,
    find: '    if (isError(this.#status)) this.line?.end();\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'an error that is said twice' },
  },
  {
    name: 'the first answer to a lookup is believed before its connection has ended',
    story: 'The empty list of the lookup before is heard first, and the charge that comes behind it is not.',
    file: `${FOLDER}/exchange.ts`,
    find: '    if (this.#ownConnection) {\n',
    put: '    if (this.#ownConnection && this.#status === 0) {\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is answered when its connection has ended' },
  },
  {
    name: 'an empty list proves absence, whatever comes behind it',
    story: 'A charge stands behind the end that Content-Length claims, and its order is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: "  if (!answer.standsAlone) return unavailable('more_than_one_answer');\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is answered when its connection has ended' },
  },
  {
    name: 'a list beside an error is whole',
    story: 'One of the gateway’s shards is down, the charge is on it, and its order is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: '(name) => LIST_FIELDS.has(name)',
    put: "(name) => name !== ''",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'a page of a lookup' },
  },
  {
    name: 'a word that is no status is passed over in a lookup',
    story: 'An adapter hands on “captured”, and the order that was charged is declared failed.',
    file: 'src/domain/outcomes.ts',
    find: 'if (!charges.every(({ status }) => STATUSES.has(status)))',
    put: 'if (charges.length < 0)',
    judge: 'gateway suite',
    tests: { file: 'src/domain/outcomes.test.ts', named: 'no answer to a lookup' },
  },
  {
    name: 'a decline on other terms is ours in a lookup',
    story:
      'The gateway declined another amount under our key, and an order that may be charged yet is declared failed.',
    file: 'src/domain/outcomes.ts',
    find: "    if (difference !== null) return { kind: 'unavailable', reason: `${difference}_mismatch` };\n",
    put: "    if (difference === '') return { kind: 'absent' };\n",
    judge: 'gateway suite',
    tests: { file: 'src/domain/outcomes.test.ts', named: 'says nothing of ours' },
  },
  {
    name: 'a charge of a test gateway is money',
    story: 'The service charges at a fake gateway by mistake, and the shop ships what nobody paid.',
    file: 'src/domain/outcomes.ts',
    find: "  if ((charge.livemode ?? livemode) !== livemode) return 'livemode';\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'says whether real money moved' },
  },
  {
    name: 'a card number is passed on as a decline code',
    story: 'A gateway repeats the card number, and it is stored, logged and shown.',
    file: `${FOLDER}/charge.ts`,
    find: ' && !holdsCardNumber(code)',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'the code of a decline' },
  },
  {
    name: 'an amount is rounded',
    story: 'The gateway charged a fraction more than was asked for, and we call it ours.',
    file: `${FOLDER}/charge.ts`,
    find: '    if (BROKEN_AMOUNT.test(text)) return undefined;\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is no amount' },
  },
  {
    name: 'a body is read through a coding',
    story: 'What is compressed looks like an empty list, and a charged order is declared failed.',
    file: `${FOLDER}/charge.ts`,
    find: " || !isWhole(headers['transfer-encoding'])",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'a body in chunks' },
  },
];
