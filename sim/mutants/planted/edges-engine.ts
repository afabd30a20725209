/** Bugs at the edges of knowledge: what a worker without a lease has heard, what another gateway knows, what a database forgot. */
import type { PlantedBug } from '../bug.ts';

const DECISIONS = 'src/domain/transition/decisions.test.ts';
const VERIFY = 'src/engine/verify.test.ts';
const EVIDENCE = 'src/engine/evidence.test.ts';
const STORE = 'test/postgres/store.test.ts';

export const EDGES_ENGINE: readonly PlantedBug[] = [
  {
    name: 'a call is sent after its time to give up',
    story:
      'The connection takes so long that the shop has given the order up, but the customer is still charged.',
    file: 'src/engine/exchange.ts',
    find: '      refused ||= isGivenUp(engine, held);\n',
    put: '',
    judge: 'engine suite',
    tests: {
      file: 'src/engine/give-up.test.ts',
      named: 'sends nothing when its connection comes up too late',
    },
  },
  {
    name: 'an outage of the gateway is in no log',
    story: 'The person on call reads the log of an hour in which no customer could pay, and finds nothing.',
    file: 'src/engine/report-stop.ts',
    find: 'if (saysStopped) return;',
    put: 'if (!saysStopped) return;',
    judge: 'engine suite',
    tests: { file: 'src/engine/report-stop.test.ts', named: 'an outage is reported once, and so is its end' },
  },
  {
    name: 'the log says that calls go on while they are stopped again',
    story: 'A person on call reads that the outage is over and goes back to bed, but no order is charged.',
    file: 'src/engine/report-stop.ts',
    find: '      endWait();\n      if (saysStopped) return;',
    put: '      if (saysStopped) return;',
    judge: 'engine suite',
    tests: { file: 'src/engine/report-stop.test.ts', named: 'comes and goes is one outage' },
  },
  {
    name: 'an order that waits for a place waits longer than its time to give up',
    story: 'The gateway hangs, and a shop that wanted an outcome within a second waits for minutes.',
    file: 'src/engine/driving/waits.ts',
    find: "need === 'lookup' ? Number.POSITIVE_INFINITY : leftMsOf(record)",
    put: "need === 'lookup' || !isDraining() ? Number.POSITIVE_INFINITY : leftMsOf(record)",
    judge: 'engine suite',
    tests: { file: 'src/engine/give-up.test.ts', named: 'even if there never was a place' },
  },
  {
    name: 'an order that waits for a stopped gateway waits longer than its time to give up',
    story:
      'A shop that wanted an outcome within a second learns half a minute later that nothing was charged.',
    file: 'src/engine/driving/waits.ts',
    find: 'resumeIn(record, Math.min(permission.inMs, leftMsOf(record)));',
    put: 'resumeIn(record, permission.inMs);',
    judge: 'engine suite',
    tests: {
      file: 'src/engine/give-up.test.ts',
      named: 'even if calls were stopped when it was due again',
    },
  },
  {
    name: 'what a worker without a lease may have sent is dropped',
    story:
      'A server that woke up after its lease may have sent a call, the order fails and is charged again, and then the first call charges it too.',
    file: 'src/engine/driving/finish.ts',
    find: 'const isNews = tellsOfMoney(outcome) || mayHaveSent(engine, held.record, outcome);',
    put: "const isNews = tellsOfMoney(outcome) || (written.kind === 'unreachable' && mayHaveSent(engine, held.record, outcome));",
    judge: 'engine suite',
    tests: {
      file: 'src/engine/clocks.test.ts',
      named: 'write is refused, leaves evidence that it may have sent',
    },
  },
  {
    name: 'what may have been sent is dropped if the outcome cannot be written',
    story:
      'A machine whose clocks all stood still sends after its lease. Its write times out, so nobody learns of the call, and the order is charged again.',
    file: 'src/engine/driving/finish.ts',
    find: 'const isNews = tellsOfMoney(outcome) || mayHaveSent(engine, held.record, outcome);',
    put: "const isNews = tellsOfMoney(outcome) || (written.kind === 'lost' && mayHaveSent(engine, held.record, outcome));",
    judge: 'engine suite',
    tests: {
      file: 'src/engine/clocks.test.ts',
      named: 'does not reach the database, leaves evidence that it may have sent',
    },
  },
  {
    name: 'a call leaves although evidence waits',
    story: 'Evidence shows that an earlier charge was made, but the next one is sent all the same.',
    file: 'src/domain/transition/claim.ts',
    find: '  if (event.evidence > 0) {',
    put: "  if (event.evidence > 0 && taken.step !== 'call') {",
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'checks evidence before anything is sent or proved' },
  },
  {
    name: 'absence is proved although evidence waits',
    story:
      'A late request was sent a second ago, the order is declared failed, and then the request charges it.',
    file: 'src/domain/transition/claim.ts',
    find: '  if (event.evidence > 0) {',
    put: "  if (event.evidence > 0 && taken.step !== 'lookup') {",
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'checks evidence before anything is sent or proved' },
  },
  {
    name: 'the deadline fails an order about which evidence waits',
    story: 'Evidence shows that the gateway has charged, but the customer is shown that nothing was charged.',
    file: 'src/domain/transition/claim.ts',
    find: '  if (event.evidence > 0) {',
    put: '  if (event.evidence > 0 && !outOfTime(taken, context)) {',
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'past the deadline does not fail the charge while evidence waits' },
  },
  {
    name: 'evidence about the charge itself leaves no doubt',
    story:
      'A late request was sent a second ago, the order is declared failed, and then the request charges it.',
    file: 'src/domain/transition/verified.ts',
    find: '  const next = withOwnEvidence(operation, own, context);',
    put: '  const next = own.gatewayRef === null ? operation : withOwnEvidence(operation, own, context);',
    judge: 'engine suite',
    tests: {
      file: 'src/domain/transition/edges.test.ts',
      named: 'that it may have been sent becomes its doubt',
    },
  },
  {
    name: 'evidence about the charge itself is not read',
    story:
      'A late request was sent a second ago, the order is declared failed, and then the request charges it.',
    file: 'src/engine/verify.ts',
    find: 'return own === undefined ? NO_EVIDENCE :',
    put: 'return own === undefined || own.n > 0 ? NO_EVIDENCE :',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'about the unsettled charge itself is reported' },
  },
  {
    name: 'a charge that may still land counts as not made',
    story:
      'A worker may have sent the earlier charge a second ago, the lookup does not show it yet, and the customer is charged twice.',
    file: 'src/engine/verify.ts',
    find: "if (proof.kind === 'from') fromMs",
    put: "if (proof.kind === 'from' && sent.n < 0) fromMs",
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'counts as absent only when it can no longer land' },
  },
  {
    name: 'a key that is not kept any more is believed to guard',
    story:
      'A machine wakes up after the key window and sends a paid order again, and no alarm reports the second charge.',
    file: 'src/engine/verify.ts',
    find: "return keys === 'none' || sentUntilMs + landsWithinMs >= (firstSentAtMs ?? openedAtMs) + keyWindowMs;",
    put: "return keys === 'none' && firstSentAtMs !== openedAtMs + keyWindowMs + landsWithinMs;",
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'of a completed charge may have come after its key expired' },
  },
  {
    name: 'a second call of a completed charge is not waited for',
    story:
      'A gateway without keys makes a second charge from a call that was sent after its lease, and no lookup finds it.',
    file: 'src/engine/verify.ts',
    find: "return keys === 'none' || sentUntilMs + landsWithinMs",
    put: 'return sentUntilMs + landsWithinMs',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'of a completed charge can still land in addition' },
  },
  {
    name: 'without keys one decline speaks for all calls of the charge',
    story:
      'One of two calls was declined and the other is on its way, the next charge is sent, and the customer pays twice.',
    file: 'src/engine/verify.ts',
    find: "if (outcome.kind === 'declined' && !isDeclineFinal(engine.policy.contract)) {",
    put: "if (outcome.kind === 'declined' && isDeclineFinal(engine.policy.contract)) {",
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'of one that was declined can still land in addition' },
  },
  {
    name: 'only the first page of the earlier charges is looked up',
    story: 'An order failed twenty times, one of those charges is live, and the order is charged once more.',
    file: 'src/engine/charges-to-verify.ts',
    find: 'if (page.length < PAGE) return;',
    put: 'if (page.length <= PAGE) return;',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'looks all of them up, however many' },
  },
  {
    name: 'a declined charge is not looked up, even if evidence came in about it',
    story:
      'The gateway declined the second call but approved the first, the approval came late, and it is never looked up.',
    file: 'src/postgres/work.ts',
    find: "(told.n IS NOT NULL OR (o.outcome = 'FAILED' AND o.by_absence))",
    put: "(o.n IS NULL OR (o.outcome = 'FAILED' AND o.by_absence))",
    judge: 'store suite',
    tests: { file: STORE, named: 'says which late evidence came in' },
  },
  {
    name: 'a charge that was made at another gateway is looked up here',
    story:
      'This gateway does not know the charge, that counts as proof, and the order is charged here as well.',
    file: 'src/engine/verify.ts',
    find: 'if (one.gateway !== engine.gateway.name) {',
    put: "if (one.gateway === '') {",
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'does not look up a charge that was made at another gateway' },
  },
  {
    name: 'an order that moves to another gateway takes its earlier charges along',
    story:
      'The new gateway is asked for a charge of the old one, does not know it, and the order is charged twice.',
    file: 'src/postgres/keys.ts',
    find: '    AND EXISTS (SELECT FROM p)\n), e AS (',
    put: '    AND NOT EXISTS (SELECT FROM p)\n), e AS (',
    judge: 'store suite',
    tests: { file: STORE, named: 'keeps the name of the gateway where it was made' },
  },
  {
    name: 'an earlier charge is looked up by its stored key, without a check of that key',
    story:
      'The tables came from another installation, and the gateway is asked for a key that it never received.',
    file: 'src/engine/verify.ts',
    find: 'if (one.chargeKey !== null && one.chargeKey !== derived) {',
    put: 'if (one.chargeKey !== null && one.chargeKey !== derived && one.n < 1) {',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'stops if a stored key is not the derived one' },
  },
  {
    name: 'a payment that the database forgot raises no alarm',
    story:
      'The customer was charged for an order that is no longer in the database, and no alarm reports it.',
    file: 'src/engine/evidence.ts',
    find: "if (kept === 'no_payment') {",
    put: "if (kept !== 'kept' && kept !== 'no_payment') {",
    judge: 'engine suite',
    tests: { file: EVIDENCE, named: 'if the database has forgotten the payment' },
  },
  {
    name: 'the database does not say that it knows no such payment',
    story:
      'The customer was charged for an order that is no longer in the database, and no alarm reports it.',
    file: 'src/postgres/work.ts',
    find: "return rows.length === 1 ? 'kept' : 'no_payment';",
    put: "return rows.length <= 1 ? 'kept' : 'no_payment';",
    judge: 'store suite',
    tests: { file: STORE, named: 'is kept even where there is no such payment' },
  },
  {
    name: 'an adapter’s answer that comes after its call was given up is dropped',
    story: 'The only report of a charge came a second too late, and the order is charged again.',
    file: 'src/engine/exchange.ts',
    find: '        if (givenUp) return tooLate(outcome);\n',
    put: '        if (givenUp) return;\n',
    judge: 'engine suite',
    tests: { file: EVIDENCE, named: 'an adapter that was given up' },
  },
];
