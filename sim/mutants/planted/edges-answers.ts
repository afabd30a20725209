// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in the adapter at the edges of an exchange: whose answer it is, and how much it says. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/gateways/http';
const OWN = `${FOLDER}/http.test.ts`;
const SUITE = `${FOLDER}/suite.test.ts`;

export const EDGES_ANSWERS: readonly PlantedBug[] = [
  {
    name: 'any error with a text ends a call',
    story:
      'A proxy that stopped waiting answers 500 in its own words, and seconds later the gateway charges the failed order.',
    file: `${FOLDER}/answers.ts`,
    find: '    if (!Object.keys(body).every((name) => PLAIN_ERROR.has(name))) return undefined;\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is not the gateway speaking' },
  },
  {
    name: 'any error in JSON ends a call',
    story:
      'A proxy that stopped waiting answers 503 in JSON, and seconds later the gateway charges the failed order.',
    file: `${FOLDER}/answers.ts`,
    find: " || typeof error !== 'string' || error === '') return undefined;",
    put: ") return undefined;\n  if (typeof error !== 'string') return { word: '', namesKey: false };",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is not the gateway speaking' },
  },
  {
    name: 'an error is believed without a body',
    story:
      'A firewall replaces the gateway’s answer with a 403, and a call that charged counts as never made.',
    file: `${FOLDER}/answers.ts`,
    find: '  if (body === undefined) return undefined;\n',
    put: "  if (body === undefined) return { word: '', namesKey: false };\n",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is not the gateway speaking' },
  },
  {
    name: 'an error without a key is ours on any connection',
    story:
      'The 429 for an earlier call is read as the answer to this one, the order is declared failed, and this call charges it.',
    file: `${FOLDER}/answers.ts`,
    find: "    if (!answer.standsAlone) return 'of_nobody';\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'answers no call if another call' },
  },
  {
    name: 'a connection is kept after an error',
    story:
      'A proxy repeats the 500 of the first call, and the second call counts as over while it is still under way.',
    file: `${FOLDER}/exchange.ts`,
    find: 'if (isError(this.#status) || isAboutAnother) this.line?.end();',
    put: 'if (isAboutAnother) this.line?.end();',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'an error that is said twice' },
  },
  {
    name: 'the first answer to a lookup is believed before its connection has ended',
    story:
      'The empty list for an earlier lookup is read first, and the charge in the answer after it is ignored.',
    file: `${FOLDER}/exchange.ts`,
    find: '    if (this.#ownConnection) {\n',
    put: '    if (this.#ownConnection && this.#status === 0) {\n',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is answered when its connection has ended' },
  },
  {
    name: 'an empty list proves absence, whatever comes behind it',
    story: 'The charge comes after the end that Content-Length gives, and its order is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: "  if (!answer.standsAlone) return 'more_than_one_answer';\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is answered when its connection has ended' },
  },
  {
    name: 'a list beside an error is whole',
    story: 'One shard of the gateway is down, the charge is on that shard, and its order is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: '(name) => LIST_FIELDS.has(name)',
    put: "(name) => name !== ''",
    judge: 'gateway suite',
    tests: { file: OWN, named: 'a page of a lookup' },
  },
  {
    name: 'a word that is no status is passed over in a lookup',
    story:
      'An adapter returns the unknown status “captured”, and an order that was charged is declared failed.',
    file: 'src/domain/outcomes.ts',
    find: 'if (effects.some((effect) => fateOf(effect) === undefined))',
    put: 'if (effects.length < 0)',
    judge: 'gateway suite',
    tests: { file: 'src/domain/outcomes.test.ts', named: 'no answer to a lookup' },
  },
  {
    name: 'a decline on other terms is ours in a lookup',
    story:
      'The gateway declined another amount under our key, and an order that may still be charged is declared failed.',
    file: 'src/domain/outcomes.ts',
    find: "if (difference === null || fate === 'reversed') continue;",
    put: "if (difference === null || fate === 'reversed' || fate === 'declined') continue;",
    judge: 'gateway suite',
    tests: { file: 'src/domain/outcomes.test.ts', named: 'says nothing about ours' },
  },
  {
    name: 'a charge of a test gateway is money',
    story:
      'The service charges at a fake gateway by mistake, and the shop ships goods that are not paid for.',
    file: 'src/domain/outcomes.ts',
    find: "  if ((effect.livemode ?? livemode) !== livemode) return 'livemode';\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'says whether real money moved' },
  },
  {
    name: 'a card number is passed on as a decline code',
    story: 'A gateway repeats the card number in its answer, and it is stored, logged and shown.',
    file: `${FOLDER}/effects.ts`,
    find: ' && !hasManyDigits(code)',
    put: '',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'the code of a decline' },
  },
  {
    name: 'an amount is rounded',
    story:
      'The gateway charged a fraction more than was requested, and the order is shown as correctly paid.',
    file: `${FOLDER}/json.ts`,
    find: '    if (BROKEN_AMOUNT.test(withoutEscapes(text))) return undefined;\n',
    put: '',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'is no amount' },
  },
  {
    name: 'a body is read through a coding',
    story: 'A compressed answer looks like an empty list, and a charged order is declared failed.',
    file: `${FOLDER}/json.ts`,
    find: " || !isWhole(headers['transfer-encoding'])",
    put: '',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'a body in chunks' },
  },
  {
    name: 'a cache that does not say “hit” has let the answer pass',
    story:
      'A cache marks its stored answers with an unknown word, and its empty list fails an order that was charged.',
    file: `${FOLDER}/cached.ts`,
    find: 'return !SERVED.test(text) && text',
    put: "return !SERVED.test(text) || text === '' || text",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'may have served it' },
  },
  {
    name: 'an old date is as good as a new one',
    story:
      'A cache without any cache header repeats an empty list, and an order that was charged is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: "return isOld ? 'old_answer' : null;",
    put: "return isOld && answer.status === 0 ? 'old_answer' : null;",
    judge: 'gateway suite',
    tests: { file: SUITE, named: 'is dated before an earlier answer' },
  },
  {
    name: 'the first date that a process sees is believed',
    story:
      'A worker dies, another one starts and asks, a cache without any cache header repeats an empty list, and a paid order fails.',
    file: `${FOLDER}/fresh.ts`,
    find: '!dates.isKnown(receivedAtMs) || dates.isAhead(result.headers, receivedAtMs);',
    put: 'dates.isAhead(result.headers, receivedAtMs);',
    judge: 'gateway suite',
    tests: { file: 'src/gateways/http/http.test.ts', named: 'of an answer that no cache can have' },
  },
  {
    name: 'a date that is ahead of the clock is new',
    story:
      'The clock of the gateway is set back, a cache still has an empty list from before, and a paid order fails.',
    file: `${FOLDER}/fresh.ts`,
    find: '!dates.isKnown(receivedAtMs) || dates.isAhead(result.headers, receivedAtMs);',
    put: '!dates.isKnown(receivedAtMs);',
    judge: 'gateway suite',
    tests: { file: 'src/gateways/http/http.test.ts', named: 'if a date is ahead of the clock' },
  },
  {
    name: 'a date that cannot be read is none',
    story:
      'A cache adds a second Date to an old empty list, and an order that was charged is declared failed.',
    file: `${FOLDER}/fresh.ts`,
    find: 'if (dateOf(result.headers) === undefined) return { result, isOld: true };',
    put: 'if (dateOf(result.headers) === undefined) return { result, isOld: false };',
    judge: 'gateway suite',
    tests: { file: 'src/gateways/http/http.test.ts', named: 'proves nothing if it is there twice' },
  },
  {
    name: 'what was taken back is believed from an old answer',
    story: 'The refund of the charge failed, a cache still shows it, and a paid order is declared failed.',
    file: `${FOLDER}/lookups.ts`,
    find: " && kind !== 'pending' && kind !== 'reversed';",
    put: " && kind !== 'pending';",
    judge: 'gateway suite',
    tests: { file: 'src/gateways/http/http.test.ts', named: 'matters for money that was taken back' },
  },
  {
    name: 'a date that stands still stays new',
    story:
      'An empty list that is a minute old has the newest date so far, and counts as proof that nothing was charged.',
    file: `${FOLDER}/dates.ts`,
    find: 'dateMs < askedAtMs + this.#aheadMs - TOLERANCE_MS',
    put: 'dateMs < this.#confirmedAtMs + this.#aheadMs - TOLERANCE_MS',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/dates.test.ts`, named: 'does not move on' },
  },
  {
    name: 'a gateway whose clock was set back is never believed again',
    story: 'Every order that needs a lookup as proof waits for a person, for ever.',
    file: `${FOLDER}/dates.ts`,
    find: 'nowMs - this.#confirmedAtMs <= TRUSTED_MS',
    put: 'this.#confirmedAtMs > Number.NEGATIVE_INFINITY',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/dates.test.ts`, named: 'was set back' },
  },
];
