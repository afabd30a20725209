// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in money that is authorised first: the charge, the one capture or void, and what becomes of the payment. */
import type { PlantedBug } from '../bug.ts';

const STORE = 'test/postgres/store.test.ts';
const MODEL = 'sim/store/store.test.ts';
const CAPTURE = 'src/engine/capturing/capture.test.ts';
const LOOK = 'src/engine/capturing/own-look.test.ts';
const HTTP = 'src/gateways/http/captures.test.ts';
const FOLDER = 'src/postgres/follow-ups';

export const CAPTURES: readonly PlantedBug[] = [
  {
    name: 'a capture and a void are opened at once',
    story: 'The merchant ships and captures, a colleague voids, and both are sent to the gateway.',
    file: `${FOLDER}/open.ts`,
    find: 'WHERE s.exclusive_id IS NULL AND s.captured_minor = 0',
    put: 'WHERE s.captured_minor = 0',
    judge: 'store suite',
    tests: { file: STORE, named: 'that is under way again is the one again' },
  },
  {
    name: 'a failed capture that nobody has seen is passed over',
    story:
      'Two requests open the second capture under one name, and the gateway is asked under one key for two amounts.',
    file: `${FOLDER}/open.ts`,
    find: ' AND s.exclusive_n = (SELECT expected_n FROM i)\n',
    put: '\n',
    judge: 'store suite',
    tests: { file: STORE, named: 'lets the next one be opened' },
  },
  {
    name: 'more is captured than was authorised',
    story: 'A typing error takes ten times the money.',
    file: 'src/domain/exclusive-acceptance.ts',
    find: "if (askedMinor !== null && askedMinor > authorizedMinor) return { kind: 'refused', why: 'exceeds' };",
    put: "if (askedMinor !== null && askedMinor < 1) return { kind: 'refused', why: 'exceeds' };",
    judge: 'engine suite',
    tests: { file: CAPTURE, named: 'of more than was authorised' },
  },
  {
    name: 'a captured payment stays authorised',
    story: 'The money was taken, and the merchant voids what he believes to be open.',
    file: `${FOLDER}/advance-exclusive.ts`,
    find: "WHERE p.mark = 'succeeded' AND ${IS_ITS_PAYMENT('y')}",
    put: "WHERE p.mark = 'failed' AND ${IS_ITS_PAYMENT('y')}",
    judge: 'store suite',
    tests: { file: STORE, named: 'ends the payment in the write that ends it: a capture' },
  },
  {
    name: 'refunds are bound by what was authorised',
    story: '4.00 of 10.00 were captured, and the customer gets 10.00 back.',
    file: `${FOLDER}/advance-exclusive.ts`,
    find: "p.kind = 'capture' THEN p.amount_minor ELSE s.captured_minor END,",
    put: "p.kind = 'capture' THEN 10 * p.amount_minor ELSE s.captured_minor END,",
    judge: 'store suite',
    tests: { file: STORE, named: 'ends the payment in the write that ends it: a capture' },
  },
  {
    name: 'the payment’s holder writes over a capture',
    story: 'A worker that looks at the authorisation writes VOIDED over a payment that was just captured.',
    file: `${FOLDER}/advance-exclusive.ts`,
    find: 'seq = y.seq + 1, fence = y.fence + 1, held = false',
    put: 'seq = y.seq + 0, fence = y.fence + 0, held = y.held',
    judge: 'store suite',
    tests: { file: STORE, named: 'takes the write from whoever holds the payment' },
  },
  {
    name: 'a failed capture keeps the payment for ever',
    story: 'The gateway declines a capture, and the merchant can never capture or void the order again.',
    file: `${FOLDER}/advance-exclusive.ts`,
    find: 'ELSE nullif(s.exclusive_id, p.follow_up_id) END',
    put: 'ELSE s.exclusive_id END',
    judge: 'store suite',
    tests: { file: STORE, named: 'lets the next one be opened' },
  },
  {
    name: 'the model lets the next capture be opened beside an open one',
    story: 'The simulation is run on a database that keeps nobody out, so it never finds what that leads to.',
    file: 'sim/store/follow-ups/open.ts',
    find: 'if (other !== null || count !== after',
    put: 'if (count !== after',
    judge: 'store suite',
    tests: { file: MODEL, named: 'that is under way again is the one again' },
  },
  {
    name: 'a look at the charge ends what a capture is about to end',
    story: 'Our own capture is reported as somebody else’s, and a person looks for a thief.',
    file: 'src/engine/capturing/own-look.ts',
    find: "return isFree ? outcome : { kind: 'unavailable', reason: 'capture_or_void_open' };",
    put: "return isFree || !isFree ? outcome : { kind: 'unavailable', reason: 'capture_or_void_open' };",
    judge: 'engine suite',
    tests: { file: LOOK, named: 'leaves it to the capture to say so' },
  },
  {
    name: 'an authorisation is never looked at',
    story: 'The bank lets go of the money, and the merchant ships what he can no longer be paid for.',
    file: 'src/domain/transition/decision.ts',
    find: 'const waitMs = authorizedWaitMs(operation, found, context);',
    put: 'const waitMs = 100 * authorizedWaitMs(operation, found, context);',
    judge: 'engine suite',
    tests: { file: LOOK, named: 'is VOIDED when the gateway has let go' },
  },
  {
    name: 'the end that the gateway reports is not heeded',
    story:
      'The gateway is asked for years about an authorisation that ends tomorrow, or is told off before its end.',
    file: 'src/domain/transition/authorized-wait.ts',
    find: '(authorizedUntilMs ?? openedAtMs + authorizedForMs)',
    put: '(authorizedUntilMs === 0 ? 0 : openedAtMs + authorizedForMs)',
    judge: 'engine suite',
    tests: { file: LOOK, named: 'ends when the gateway says' },
  },
  {
    name: 'late evidence ends the watch over an authorisation',
    story:
      'A second process has reported the charge, and from then on nobody looks whether the money is still held.',
    file: 'src/domain/transition/authorized.ts',
    find: "if (operation.status !== 'AUTHORIZED') return { next: operation, event, waitMs: null };",
    put: "if (operation.status !== 'PROCESSING') return { next: operation, event, waitMs: null };",
    judge: 'engine suite',
    tests: { file: LOOK, named: 'keeps its time although late evidence' },
  },
  {
    name: '“already captured” is a no',
    story:
      'The answer to a capture is lost, its repetition is told that it is captured, and the merchant captures nothing and ships nothing.',
    file: 'src/gateways/http/effects.ts',
    find: "['409 already_captured', 'unknown']",
    put: "['409 already_captured', 'declined']",
    judge: 'gateway suite',
    tests: { file: HTTP, named: 'already_captured is a reason to look' },
  },
  {
    name: 'a charge that only holds the money is paid',
    story: 'The merchant ships, the authorisation ends, and nobody has paid.',
    file: 'src/gateways/http/effects.ts',
    find: "return status === 'succeeded' && value.captured === 0 ? 'authorized' : status;",
    put: 'return status;',
    judge: 'gateway suite',
    tests: { file: HTTP, named: 'that is held is approved' },
  },
  {
    name: 'a capture of another amount counts as ours',
    story:
      'A colleague has captured 7.00 in the dashboard, and the merchant who asked for 4.00 is told that it was done.',
    file: 'src/domain/capture-outcomes.ts',
    find: "kind === 'capture' && capturedMinor === request.amountMinor",
    put: "kind === 'capture' && capturedMinor >= request.amountMinor",
    judge: 'gateway suite',
    tests: { file: HTTP, named: 'was captured with another amount' },
  },
  {
    name: 'an order that is captured later joins one that is charged at once',
    story: 'The shop wants to hold the money, and is told that it has been taken.',
    file: 'src/domain/acceptance.ts',
    find: 'const same = isSameMoney && payment.captureMethod === request.captureMethod;',
    put: 'const same = isSameMoney;',
    judge: 'engine suite',
    tests: { file: CAPTURE, named: 'has other terms than one without' },
  },
  {
    name: 'a charge with manual capture is sent as any other',
    story: 'The money is taken at once, although the customer was promised that it is taken on shipment.',
    file: 'src/gateways/http/index.ts',
    find: '...(request.captureMethod === undefined ? {} : { capture: false }),',
    put: '',
    judge: 'gateway suite',
    tests: { file: HTTP, named: 'a charge says that it is not to be captured' },
  },
];
