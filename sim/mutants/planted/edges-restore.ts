/** Bugs that only a database meets that was restored, exchanged, or left behind by an older release. */
import type { PlantedBug } from '../bug.ts';

const RESTORED = 'src/engine/restored.test.ts';

export const EDGES_RESTORE: readonly PlantedBug[] = [
  {
    name: 'the next charge is opened whatever the stored name is',
    story: 'Rows of a backup come beneath a running process, and a paid order is charged under another name.',
    file: 'src/engine/charge.ts',
    find: "    if (!isNamedAsDerived(engine, record)) return 'again';\n",
    put: '',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'are not charged once more under another name' },
  },
  {
    name: 'an order is accepted under the name of an installation that is gone',
    story:
      'The whole backup is restored beneath a running process, which charges an order again as a new one.',
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
    story: 'A process goes on for ever with names that the restored payments do not have.',
    file: 'src/engine/recover.ts',
    find: '      await watchNames();\n',
    put: '      if (stopped) await watchNames();\n',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'are noticed by the sweep' },
  },
  {
    name: 'a restore is believed to be covered where the gateway cannot be asked',
    story: 'The library is told of a restore, looks nothing up, and charges what was charged.',
    file: 'src/engine/engine.ts',
    find: '  checkPolicy(options.policy);\n',
    put: '  if (options.policy.contract.lookup) checkPolicy(options.policy);\n',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'is refused where the gateway cannot be asked' },
  },
  {
    name: 'a forgotten lease ends with the restore',
    story: 'A frozen machine sends just after the restore, and its charge is called absent.',
    file: 'src/domain/proof.ts',
    find: 'untilMs: restoredAtMs + leaseMs }',
    put: 'untilMs: restoredAtMs + 0 * leaseMs }',
    judge: 'engine suite',
    tests: { file: 'src/domain/proof.test.ts', named: 'after a restore while a forgotten call can land' },
  },
  {
    name: 'a forgotten later charge that does not show yet is no charge',
    story: 'The second charge of an order lands after its first was called again: the customer pays twice.',
    file: 'src/engine/ahead.ts',
    find: "  return proof.kind === 'proved' ? { kind: 'clear' } : { kind: 'may_land', atMs: proof.atMs };\n",
    put: "  return Number.isNaN(proof.kind) ? { kind: 'may_land', atMs: 0 } : { kind: 'clear' };\n",
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'while a later charge of it may still land' },
  },
  {
    name: 'each look ahead begins anew',
    story: 'An order with many declines is asked about for ever, and its customer never hears.',
    file: 'src/engine/ahead.ts',
    find: 'Math.max(charge.n, engine.ahead.declinedUpTo(paymentId)) + 1;',
    put: 'Math.max(charge.n, 0 * engine.ahead.declinedUpTo(paymentId)) + 1;',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'any number of declines' },
  },
  {
    name: 'the look before a first call has no end',
    story: 'A gateway never tells about a key, and the order stands still in silence.',
    file: 'src/domain/transition/restored.ts',
    find: 'nowMs - sinceMs >= policy.resolveForMs',
    put: 'nowMs - sinceMs >= 1000 * policy.resolveForMs',
    judge: 'engine suite',
    tests: { file: RESTORED, named: 'a look before the first call that never ends' },
  },
  {
    name: 'an older charge of a payment that moved is asked about at its new gateway',
    story: 'The new gateway truthfully finds nothing, and the order is charged there a second time.',
    file: 'src/postgres/migrations/004_clocks_and_gateways.sql',
    find: "coalesce(o.answer::json->>'gateway', 'not known')",
    put: 'coalesce(o.gateway, p.gateway)',
    judge: 'store suite',
    tests: { file: 'test/postgres/migrate.test.ts', named: 'asked about where they were made' },
  },
];
