// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs at the edges of what a database knows: restores, other installations, other gateways, intents that were stored unheard. */
import type { PlantedBug } from '../bug.ts';

const RESTORED = 'src/engine/restored.test.ts';
const ELSEWHERE = 'src/engine/elsewhere.test.ts';
const DECISIONS = 'src/domain/transition/edges.test.ts';
const STORE = 'test/postgres/store.test.ts';
const FOLDER = 'src/domain/transition';

export const EDGES_RESTORED: readonly PlantedBug[] = [
  {
    name: 'a first call is not looked up, however old its order is',
    story:
      'A backup of last week is restored, and what was charged since is charged again: the keys are pruned.',
    file: `${FOLDER}/limits.ts`,
    find: "  if (charge.doubt.kind === 'none' && isPastItsKey(charge, context)) return true;\n",
    put: '',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'is not believed about a call that was never made' },
  },
  {
    name: 'an old first call leaves where nothing can be looked up',
    story:
      'A backup of last week is restored, and what was charged since is charged again: the keys are pruned.',
    file: `${FOLDER}/claim.ts`,
    find: "charge.doubt.kind === 'none' && isUnguarded(charge, context)",
    put: "charge.doubt.kind !== 'none' && isUnguarded(charge, context)",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'is a matter for a person where nothing can be asked' },
  },
  {
    name: 'a lookup before a first call that gets no answer lets it leave',
    story: 'The gateway cannot be asked about an order of the backup, so it is charged again.',
    file: `${FOLDER}/restored.ts`,
    find: '      return askFirstAgain(charge, `looked_first_${outcome.kind}`, context);',
    put: '      return context.nowMs > 0 ? null : askFirstAgain(charge, outcome.kind, context);',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'waits where the lookup is not answered' },
  },
  {
    name: 'after a restore a first call is not looked up',
    story:
      'The database has forgotten an order, its client repeats it, and it is charged under a key that is pruned.',
    file: `${FOLDER}/limits.ts`,
    find: 'return mayBeForgotten(charge, context) && !looked;',
    put: 'return mayBeForgotten(charge, context) && !looked && charge.attempts < 0;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'is looked up when its client repeats it' },
  },
  {
    name: 'after a restore a failure is written without asking what came after it',
    story:
      'The first card was declined, the second was charged, that is forgotten, and the customer is told to pay again.',
    file: 'src/engine/drive.ts',
    find: 'const fails = decision.settled !== undefined && decision.settled.problem !== null;',
    put: 'const fails = false;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'what a lookup does not find is no failure while a later charge' },
  },
  {
    name: 'after a restore the deadline fails an order unasked',
    story:
      'The retry was charged after the backup was taken, and the customer is told that nothing was charged.',
    file: `${FOLDER}/claim.ts`,
    find: '  if (context.policy.contract.lookup && mayBeForgotten(charge, context)) {',
    put: '  if (context.policy.contract.lookup && charge.attempts < 0 && mayBeForgotten(charge, context)) {',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'a retry that comes too late asks the gateway before it fails' },
  },
  {
    name: 'after a restore what may have been on its way counts as absent',
    story: 'A call that the database forgot lands a second after its order was called once more.',
    file: 'src/domain/proof.ts',
    find: "restoredAtMs === null ? charge.doubt : worse(charge.doubt, { kind: 'open', untilMs: restoredAtMs });",
    put: "restoredAtMs === null ? charge.doubt : worse(charge.doubt, { kind: 'open', untilMs: 0 });",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'nothing counts as absent that may have been sent just before' },
  },
  {
    name: 'after a restore a call leaves without asking what came after it',
    story:
      'The first charge failed and the second was made, both are forgotten, and the first is charged as well.',
    file: 'src/engine/drive.ts',
    find: 'if (decision !== null || !mayBeForgotten(charge, context(held.grantedAtMs))) return decision;',
    put: 'if (decision === null || !mayBeForgotten(charge, context(held.grantedAtMs))) return decision;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'an order is not charged under its first name while the second' },
  },
  {
    name: 'after a restore what had failed is not looked into',
    story:
      'A failed order was charged after the backup was taken, and a customer’s new key charges it again.',
    file: 'src/engine/recover.ts',
    find: '      await watchRestored();\n',
    put: '',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'what had failed is looked into' },
  },
  {
    name: 'after a restore only the first page of what had failed is looked into',
    story:
      'A failed order was charged after the backup was taken, and a customer’s new key charges it again.',
    file: 'src/postgres/failed.ts',
    find: 'if (last === undefined || last.found < limit) return null;',
    put: 'if (last === undefined || last.found <= limit) return null;',
    judge: 'store suite',
    tests: { file: STORE, named: 'makes due what failed and was not looked at since' },
  },
  {
    name: 'after a restore what has been looked into is looked into for ever',
    story: 'Every start of a process asks the gateway about every order that ever failed.',
    file: 'src/postgres/failed.ts',
    find: " AND p.updated_at <= ${timeFrom('$2::float8')}",
    put: " AND ${timeFrom('$2::float8')} IS NOT NULL",
    judge: 'store suite',
    tests: { file: STORE, named: 'makes due what failed and was not looked at since' },
  },
  {
    name: 'after a restore nobody asks what came after a failed charge',
    story:
      'A failed order was charged after the backup was taken, and a customer’s new key charges it again.',
    file: 'src/engine/verify.ts',
    find: "return (await verifyAhead(engine, held)) ?? { kind: 'clear', own };",
    put: "return { kind: 'clear', own };",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'what had failed is looked into' },
  },
  {
    name: 'a charge that is found behind a failed one is passed over',
    story:
      'The first card was declined, the second was charged, that is forgotten, and the customer is told to pay again.',
    file: `${FOLDER}/restored.ts`,
    find: "    case 'found':\n      return foundAhead(charge, outcome.chargeId, context);",
    put: "    case 'found':\n      return failed;",
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'a live one: a person must look, and it is no failure' },
  },
  {
    name: 'nobody asks behind a charge ahead that was declined',
    story:
      'Two cards were declined, the third was charged, all is forgotten, and the customer is told to pay again.',
    file: 'src/engine/ahead.ts',
    find: "if (outcome.kind === 'absent') return",
    put: "if (outcome.kind === 'absent' || outcome.kind === 'declined') return",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'behind two that were declined' },
  },
  {
    name: 'the decline is lost while nobody can say what came after it',
    story: 'The bank has said no, and the customer is told that the gateway failed, or is called again.',
    file: `${FOLDER}/restored.ts`,
    find: "failed.settled?.problem === 'card_declined' ? failed.next.failureCode : charge.declineCode;",
    put: "failed.settled?.problem === 'gateway_failed' ? failed.next.failureCode : charge.declineCode;",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'a decline is not lost while it cannot be asked what came later' },
  },
  {
    name: 'the names of another installation are no reason not to start',
    story:
      'Payments are restored into a database of another installation, and every open one is charged again.',
    file: 'src/engine/start-checks.ts',
    find: '  if (wrong === undefined) return;',
    put: '  if (wrong === undefined || wrong.n > 0) return;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'are a reason not to start' },
  },
  {
    name: 'the stored name of a charge is not compared before it is called',
    story:
      'Payments of another installation are restored beneath a running service, and each is charged again.',
    file: 'src/engine/drive.ts',
    find: 'if (record.chargeKey === derivedKey(engine, record.order, record.charge.n)) return true;',
    put: 'if (record.chargeKey !== derivedKey(engine, record.order, 0)) return true;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'that are restored beneath a running engine stop it' },
  },
  {
    name: 'the engine takes new orders after it was halted',
    story:
      'The database holds the names of another installation, and new orders are charged under other ones.',
    file: 'src/engine/engine.ts',
    find: "      if (engine.halt.halted) return Promise.resolve(problem('installation_changed', null));\n",
    put: '',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'that are restored beneath a running engine stop it' },
  },
  {
    name: 'an engine that was halted says that it is ready',
    story: 'The load balancer goes on sending customers to a process that charges nobody any more.',
    file: 'src/engine/engine.ts',
    find: 'if (stopping || engine.halt.halted) return false;',
    put: 'if (stopping) return false;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'that are restored beneath a running engine stop it' },
  },
  {
    name: 'an engine that was halted goes on with what is in its memory',
    story: 'One payment shows that the names are another’s, and the others are charged all the same.',
    file: 'src/engine/drive.ts',
    find: 'if (draining || engine.halt.halted || !isNamedAsDerived(record)) return',
    put: 'if (draining || !isNamedAsDerived(record)) return',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'nothing that it has in its memory' },
  },
  {
    name: 'an engine that was halted goes on sweeping',
    story: 'A process that may do nothing any more takes other processes’ payments for its own.',
    file: 'src/engine/recover.ts',
    find: 'if (stopped || engine.halt.halted) return;',
    put: 'if (stopped) return;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'nothing that it has in its memory' },
  },
  {
    name: 'the next charge is opened although the earlier one was made at another gateway',
    story:
      'The old gateway’s charge was not found and may be live, and the new gateway charges the order as well.',
    file: 'src/engine/charge.ts',
    find: "    if (unproved && record.gateway !== engine.gateway.name) return problem('other_gateway', shown(record));\n",
    put: '',
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'only that gateway can prove that nothing was charged' },
  },
  {
    name: 'that nobody here can ask after an earlier charge raises no alarm',
    story: 'Money of an order lies at the old gateway, nobody can ask after it, and nobody is told.',
    file: `${FOLDER}/verified.ts`,
    find: "return reason === 'other_gateway' ? { ...decision, alarm: 'other_gateway' } : decision;",
    put: "return reason === '' ? { ...decision, alarm: 'other_gateway' } : decision;",
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'it is not looked up at the wrong one' },
  },
  {
    name: 'a request whose intent was stored unheard is told that nothing was sent',
    story: 'The customer is told that his order was refused, though his card was tried for it.',
    file: 'src/engine/charge.ts',
    find: 'if (!own || record.charge.n === 1) return',
    put: 'if (!own || record.charge.n > 0) return',
    judge: 'engine suite',
    tests: { file: ELSEWHERE, named: 'is told what became of that intent' },
  },
];
