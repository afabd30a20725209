// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/**
 * Bugs at the edges of what a database knows: restores, other installations, other gateways, what an older release left behind,
 * intents that were stored unheard.
 */
import type { PlantedBug } from '../bug.ts';

const RESTORED = 'src/engine/restored.test.ts';
const LATER = 'src/engine/restored-later-charges.test.ts';
const OTHER = 'src/engine/other-installation.test.ts';
const ELSEWHERE = 'src/engine/elsewhere.test.ts';
const DECISIONS = 'src/domain/transition/edges.test.ts';
const STORE = 'test/postgres/store.test.ts';
const FOLDER = 'src/domain/transition';

export const EDGES_RESTORED: readonly PlantedBug[] = [
  {
    name: 'a first call is not looked up, however old its order is',
    story:
      'A backup that is a week old is restored, and orders that were charged since then are charged again, because their keys are pruned.',
    file: `${FOLDER}/limits.ts`,
    find: "  if (operation.doubt.kind === 'none' && isPastItsKey(operation, context)) return true;\n",
    put: '',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'is not believed where it says that no call was made' },
  },
  {
    name: 'a call that was not sent ends the charge, whatever a restored database has forgotten',
    story:
      'A charge is under way when the database is restored. The next call is not sent, the order is told that nothing was charged, and then the forgotten charge is paid.',
    file: `${FOLDER}/call-ended.ts`,
    find: '  if (context.policy.contract.lookup && mayBeForgotten(operation, context)) return decision;\n',
    put: '',
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'whose last call was not sent before it fails it' },
  },
  {
    name: 'an old first call leaves where nothing can be looked up',
    story:
      'A backup that is a week old is restored, and orders that were charged since then are charged again, because their keys are pruned.',
    file: `${FOLDER}/claim.ts`,
    find: "operation.doubt.kind === 'none' && isUnguarded(operation, context)",
    put: "operation.doubt.kind !== 'none' && isUnguarded(operation, context)",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'sends its order to a person if the gateway has no lookups' },
  },
  {
    name: 'a lookup before a first call that gets no answer lets it leave',
    story: 'The lookup of an order from the backup gets no answer, so the order is charged again.',
    file: `${FOLDER}/restored.ts`,
    find: "return askFirstAgain(operation, 'looked_first_unavailable', null, context);",
    put: "return context.nowMs > 0 ? null : askFirstAgain(operation, 'looked_first_unavailable', null, context);",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'sends nothing while the lookup has no answer' },
  },
  {
    name: 'after a restore a first call is not looked up',
    story:
      'A client repeats an order that the database has forgotten, and it is charged again, because its key is pruned.',
    file: `${FOLDER}/limits.ts`,
    find: '  return mayBeForgotten(operation, context);\n',
    put: '  return mayBeForgotten(operation, context) && operation.attempts < 0;\n',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'is looked up when its client repeats the request' },
  },
  {
    name: 'after a restore only a first call is looked up',
    story:
      'The worker that counted the first call died before its lookup, and the next one charges a forgotten order again, because its key is pruned.',
    file: `${FOLDER}/limits.ts`,
    find: '  return mayBeForgotten(operation, context);\n',
    put: '  return mayBeForgotten(operation, context) && operation.attempts <= 1;\n',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'if the first one died before its lookup' },
  },
  {
    name: 'after a restore a failure is written without a lookup of the next charge',
    story:
      'The first card was declined and the second was charged, the restored database knows only the first, and the customer is asked to pay again.',
    file: 'src/engine/driving/finish.ts',
    find: 'const fails = settled !== undefined && settled.problem !== null;',
    put: 'const fails = false;',
    judge: 'engine suite',
    tests: { file: LATER, named: 'keeps a charge that was not found from failing the order' },
  },
  {
    name: 'after a restore the deadline fails an order without a lookup',
    story:
      'A retry was charged after the backup was taken, but the customer is shown that nothing was charged.',
    file: `${FOLDER}/claim.ts`,
    find: '  if (context.policy.contract.lookup && mayBeForgotten(operation, context)) {',
    put: '  if (context.policy.contract.lookup && operation.attempts < 0 && mayBeForgotten(operation, context)) {',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'a retry that comes too late asks the gateway before it fails' },
  },
  {
    name: 'after a restore what may have been on its way counts as absent',
    story: 'The order is called again, and a second later a call that the database forgot charges it too.',
    file: 'src/domain/proof.ts',
    find: "if (restoredAtMs === null) return { kind: 'proved' };",
    put: "if (restoredAtMs === null || leaseMs > 0) return { kind: 'proved' };",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'may have been sent just before the restore does not count as absent' },
  },
  {
    name: 'after a restore a call is sent without a lookup of the next charge',
    story:
      'The first charge failed and the second was made, the database has forgotten both, and the first is charged as well.',
    file: 'src/engine/driving/worker.ts',
    find: 'if (decision !== null || !mayBeForgotten',
    put: 'if (decision !== null || operation.n > 0 || !mayBeForgotten',
    judge: 'engine suite',
    tests: { file: LATER, named: 'keeps the forgotten first charge from being called again' },
  },
  {
    name: 'after a restore failed orders are not checked',
    story:
      'A failed order was charged after the backup was taken, and the customer’s new key charges it again.',
    file: 'src/engine/wake-idle.ts',
    find: "    if (restoredAtMs !== null) left.push({ status: 'FAILED', beforeMs: restoredAtMs });\n",
    put: '',
    judge: 'engine suite',
    tests: { file: LATER, named: 'is found for an order that had failed in the backup' },
  },
  {
    name: 'after a restore only the first page of failed orders is checked',
    story:
      'A failed order was charged after the backup was taken, and the customer’s new key charges it again.',
    file: 'src/postgres/idle.ts',
    find: 'if (last === undefined || last.found < limit) return null;',
    put: 'if (last === undefined || last.found <= limit) return null;',
    judge: 'store suite',
    tests: { file: STORE, named: 'makes due what failed and was not looked at since' },
  },
  {
    name: 'after a restore failed orders are checked again for ever',
    story: 'Every start of a process looks up every order that ever failed.',
    file: 'src/postgres/idle.ts',
    find: ' OR p.updated_at <= ${timeFrom(',
    put: ' OR now() >= ${timeFrom(',
    judge: 'store suite',
    tests: { file: STORE, named: 'makes due what failed and was not looked at since' },
  },
  {
    name: 'after a restore the charge after a failed one is not looked up',
    story:
      'A failed order was charged after the backup was taken, and the customer’s new key charges it again.',
    file: 'src/engine/verify.ts',
    find: 'const ahead = await verifyAhead(engine, held);',
    put: 'const ahead = record.seq < 0 ? await verifyAhead(engine, held) : null;',
    judge: 'engine suite',
    tests: { file: LATER, named: 'is found for an order that had failed in the backup' },
  },
  {
    name: 'a charge that is found behind a failed one is passed over',
    story:
      'The first card was declined and the second was charged, the restored database knows only the first, and the customer is asked to pay again.',
    file: `${FOLDER}/restored.ts`,
    find: "    case 'found':\n      return foundAhead(operation, outcome.ref, context);",
    put: "    case 'found':\n      return failed;",
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'a live one: a person must decide, and no failure is written' },
  },
  {
    name: 'after a restore the charges after a declined one are not looked up',
    story:
      'Two cards were declined and the third was charged, the database has forgotten this, and the customer is asked to pay again.',
    file: 'src/engine/ahead.ts',
    find: 'unknown = 0;\n        if',
    put: 'unknown += 1;\n        if',
    judge: 'engine suite',
    tests: { file: LATER, named: 'that never reached the gateway, after declines' },
  },
  {
    name: 'a decline is lost while the next charge cannot be looked up',
    story:
      'The bank declined the card, but the customer is shown a failure of the gateway, or the card is tried again.',
    file: `${FOLDER}/restored.ts`,
    find: 'declineCode: isDecline(failed) ? failed.next.failureCode : operation.declineCode',
    put: 'declineCode: isDecline(failed) ? operation.declineCode : failed.next.failureCode',
    judge: 'engine suite',
    tests: { file: LATER, named: 'the decline is kept until then' },
  },
  {
    name: 'the names of another installation are no reason not to start',
    story:
      'Payments are restored into the database of another installation, and every open one is charged again.',
    file: 'src/engine/start-checks.ts',
    find: '  if (wrong === undefined) return;',
    put: '  if (wrong === undefined || wrong.n > 0) return;',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'keep the engine from starting' },
  },
  {
    name: 'the stored name of a charge is not compared before it is called',
    story: 'Payments of another installation are restored while the service runs, and each is charged again.',
    file: 'src/engine/names.ts',
    find: 'if (stored === derivedKey(engine, order, operation.n)) return true;',
    put: 'if (stored !== derivedKey(engine, order, 0)) return true;',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'stop the engine as soon as one is found' },
  },
  {
    name: 'the engine takes new orders after it was halted',
    story:
      'The database holds payments of another installation, and new orders are charged under keys that do not match it.',
    file: 'src/engine/engine.ts',
    find: "      if (halt.halted) return Promise.resolve(problem('installation_changed', null));\n",
    put: '',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'that are restored while the engine runs stop it' },
  },
  {
    name: 'an engine that was halted says that it is ready',
    story: 'The load balancer keeps sending customers to a process that charges nothing any more.',
    file: 'src/engine/engine.ts',
    find: "    if (halt.halted) return 'stopped';\n",
    put: '',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'that are restored while the engine runs stop it' },
  },
  {
    name: 'an engine that was halted goes on with what is in its memory',
    story:
      'One payment shows that the database is another installation’s, but the other payments are still charged.',
    file: 'src/engine/driving/worker.ts',
    find: 'const isLeft = isDraining() || engine.halt.halted;',
    put: 'const isLeft = isDraining();',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'it calls nothing from memory' },
  },
  {
    name: 'an engine that was halted goes on sweeping',
    story:
      'A process that has stopped for good still reads all due payments, which only other processes may continue.',
    file: 'src/engine/recover.ts',
    find: 'if (stopped || engine.halt.halted) return;',
    put: 'if (stopped) return;',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'it calls nothing from memory' },
  },
  {
    name: 'the next charge is opened although the earlier one was made at another gateway',
    story:
      'The old gateway’s charge was not found but may be live, and the new gateway charges the order as well.',
    file: 'src/engine/charging/next-charge.ts',
    find: "  if (unproved && (await isMadeElsewhere(engine, record)))\n    return problem('other_gateway', showPayment(engine, record));\n",
    put: '',
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'only that gateway can prove that nothing was charged' },
  },
  {
    name: 'only the last charge is checked for another gateway',
    story:
      'The customer’s next try waits three days for a proof that this gateway cannot give, and then a person must end it.',
    file: 'src/engine/charging/next-charge.ts',
    find: '  if (unproved && (await isMadeElsewhere(engine, record)))',
    put: '  if (unproved && record.gateway !== engine.gateway.name)',
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'if it is an earlier charge than the last one' },
  },
  {
    name: 'no alarm is raised if an earlier charge cannot be looked up here',
    story:
      'A charge at the old gateway may be live, it cannot be looked up here, and no person learns of it.',
    file: `${FOLDER}/verified.ts`,
    find: "return knowsOfOtherMoney(operation) ? quiet : { ...quiet, alarm: 'other_gateway' };",
    put: 'return quiet;',
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'goes to a person, with one alarm' },
  },
  {
    name: 'a request whose intent was stored without a confirmation gets the answer that nothing was sent',
    story: 'The customer gets the answer that the order was refused, although their card was tried for it.',
    file: 'src/engine/charging/existing.ts',
    find: 'if (!own || record.operation.n === 1) return',
    put: 'if (!own || record.operation.n > 0) return',
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'gets the result of that intent' },
  },
  {
    name: 'the next charge is opened whatever the stored name is',
    story:
      'Rows of a backup are restored while a process runs, and a paid order is charged again under another key.',
    file: 'src/engine/charging/next-charge.ts',
    find: "  if (!isNamedAsDerived(engine, record)) return 'again';\n",
    put: '',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'are not charged again under another key' },
  },
  {
    name: 'an order is accepted under the name of an installation that is gone',
    story:
      'A whole backup is restored while a process runs, and the process charges an order again as a new one.',
    file: 'src/postgres/accept.ts',
    find: '(i.installation_id IS NULL OR i.installation_id = (SELECT installation_id FROM here))',
    put: '(i.installation_id IS NULL OR (SELECT installation_id FROM here) IS NOT NULL)',
    judge: 'store suite',
    tests: {
      file: 'test/postgres/store.test.ts',
      named: 'nothing is stored under a name of another installation',
    },
  },
  {
    name: 'the sweep does not look whose database it is',
    story: 'A process keeps using keys that do not match the restored payments, and never stops.',
    file: 'src/engine/recover.ts',
    find: '      await watchNames();\n',
    put: '      if (stopped) await watchNames();\n',
    judge: 'engine suite',
    tests: { file: OTHER, named: 'are noticed by the sweep' },
  },
  {
    name: 'a restore is accepted although the gateway has no lookups',
    story:
      'A program says that its database was restored, nothing is looked up, and charged orders are charged again.',
    file: 'src/engine/engine.ts',
    find: 'checkContract(gateway, policy);\n',
    put: 'if (policy.contract.lookup) checkContract(gateway, policy);\n',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'the engine does not start if the gateway has no lookups' },
  },
  {
    name: 'a forgotten lease ends with the restore',
    story: 'A suspended machine sends a call just after the restore, and its charge counts as not made.',
    file: 'src/domain/proof.ts',
    find: 'latestMomentOfKnown(restoredAtMs + leaseMs,',
    put: 'latestMomentOfKnown(restoredAtMs + 0 * leaseMs,',
    judge: 'engine suite',
    tests: { file: 'src/domain/proof.test.ts', named: 'after a restore while a forgotten call can land' },
  },
  {
    name: 'after a restore the first charge that the gateway does not know ends the search',
    story:
      'In an outage one try never reached the gateway, the next was paid, the database has forgotten both, and the order is charged again.',
    file: 'src/engine/ahead.ts',
    find: 'const UNKNOWN_IN_A_ROW = 4;',
    put: 'const UNKNOWN_IN_A_ROW = 1;',
    judge: 'engine suite',
    tests: { file: LATER, named: 'is found behind three charges in a row that never reached the gateway' },
  },
  {
    name: 'a forgotten later charge that does not show yet is no charge',
    story:
      'The first charge of an order is called again, then its forgotten second charge arrives, and the customer pays twice.',
    file: 'src/engine/ahead.ts',
    find: "  if (proof.kind !== 'proved') return { kind: 'may_land', atMs: proof.atMs };\n",
    put: '',
    judge: 'engine suite',
    tests: { file: LATER, named: 'while it may still land' },
  },
  {
    name: 'each look ahead begins anew',
    story: 'An order with many declines is looked up for ever, and its customer never gets an outcome.',
    file: 'src/engine/ahead.ts',
    find: 'Math.max(operation.n, engine.ahead.declinedUpTo(paymentId)) + 1;',
    put: 'Math.max(operation.n, 0 * engine.ahead.declinedUpTo(paymentId)) + 1;',
    judge: 'engine suite',
    tests: { file: LATER, named: 'behind any number of declines' },
  },
  {
    name: 'a later charge that was taken back does not count',
    story:
      'The order was paid and refunded after the backup. A forgotten request of its first charge comes again, and takes the money once more.',
    file: 'src/domain/transition/restored.ts',
    find: "    case 'taken_back':\n      return foundAhead(",
    put: "    case 'taken_back':\n      if (outcome.kind === 'taken_back') return null;\n      return foundAhead(",
    judge: 'engine suite',
    tests: { file: LATER, named: 'although it was taken back' },
  },
  {
    name: 'the look before a first call has no end',
    story: 'A gateway never answers the lookup of a key, and the order waits for ever without an alarm.',
    file: 'src/domain/transition/restored.ts',
    find: 'nowMs - sinceMs >= policy.resolveForMs',
    put: 'nowMs - sinceMs >= 1000 * policy.resolveForMs',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'if the lookup before its first call gets no answer' },
  },
  {
    name: 'an older charge of a payment that moved is looked up at its new gateway',
    story: 'The new gateway does not know the charge of the old one, and charges the order a second time.',
    file: 'src/postgres/migrations/004_clocks_and_gateways.sql',
    find: "coalesce(o.answer::json->>'gateway', 'not known')",
    put: 'coalesce(o.gateway, p.gateway)',
    judge: 'store suite',
    tests: { file: 'test/postgres/migrate.test.ts', named: 'looked up where they were made' },
  },
  {
    name: 'no alarm is raised if an earlier charge is another gateway’s',
    story: 'The next charge waits for a proof that this gateway cannot give, and no person learns of it.',
    file: `${FOLDER}/verified.ts`,
    find: "const isNews = reason === 'other_gateway' && operation.lookups === 0;",
    put: "const isNews = reason === 'other_gateway' && operation.lookups < 0;",
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'because it is about another gateway is an alarm, once' },
  },
  {
    name: 'beside a completed charge money at another gateway raises no alarm',
    story: 'The order was charged at both gateways, and no person learns of it.',
    file: `${FOLDER}/verified.ts`,
    find: "return { ...restingAfter(operation, event, context), alarm: 'other_gateway' };",
    put: 'return { next: operation, event, waitMs: null };',
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'is not looked up at the wrong gateway' },
  },
];
