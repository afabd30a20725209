/** Bugs in what is done about a database that refuses, has failed over, or hangs. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/postgres';
const RIGHTS = 'test/postgres/rights.test.ts';
const FAILOVER = 'test/postgres/failover.test.ts';
const LIMITS = 'test/postgres/limits.test.ts';

export const STORE_CONNECTIONS: readonly PlantedBug[] = [
  {
    name: 'an answer that a pooler has lost counts as nothing written',
    story:
      'A pooler loses the answer of the database, the shop is told that nothing was stored, and the order is charged a moment later.',
    file: 'src/postgres/session.ts',
    find: 'if (isReady(client)) throw error;',
    put: 'if (isReady(client) || isIdle(client) === false) throw error;',
    judge: 'engine suite',
    tests: { file: 'test/library/lost-answers.test.ts', named: 'FATALER FEHLER' },
  },
  {
    name: 'the words of a pooler that has lost an answer count as a refusal',
    story:
      'A pooler loses the answer of the database, the shop is told that nothing was stored, and the order is charged a moment later.',
    file: 'src/postgres/errors.ts',
    find: '|40003|58|XX)/',
    put: '|40003)/',
    judge: 'engine suite',
    tests: { file: 'src/postgres/errors.test.ts', named: 'may have been written after' },
  },
  {
    name: 'missing rights are not looked for at start',
    story: 'A shop opens with a database role that may only read, and every customer’s order is refused.',
    file: `${FOLDER}/migrate.ts`,
    find: '    await checkRights(client);\n',
    put: '',
    judge: 'store suite',
    tests: { file: RIGHTS, named: 'a role that may only read is refused' },
  },
  {
    name: 'a missing right counts as an outage that passes',
    story: 'A grant is missing, no person learns of it, and customers repeat their orders for days.',
    file: `${FOLDER}/errors.ts`,
    find: "['0A', '28', '3D', '3F', '42', '44']",
    put: "['0A', '28', '3D', '3F', '44']",
    judge: 'store suite',
    tests: { file: RIGHTS, named: 'is reported once' },
  },
  {
    name: 'orders are begun that cannot be settled',
    story: 'A grant is missing over the weekend, customers are charged, and all of them are asked to wait.',
    file: `${FOLDER}/accept.ts`,
    find: 'if (refused !== null) throw refused;',
    put: 'if (refused !== null && intents.length === 0) throw refused;',
    judge: 'store suite',
    tests: { file: RIGHTS, named: 'begins nothing that could not be settled' },
  },
  {
    name: 'a database of any encoding is taken',
    story: 'An order whose customer’s name has an accent can never be stored.',
    file: `${FOLDER}/durability.ts`,
    find: "holds: (s) => s.server_encoding === 'UTF8',",
    put: "holds: (s) => s.server_encoding !== '',",
    judge: 'store suite',
    tests: { file: RIGHTS, named: 'cannot store every character' },
  },
  {
    name: 'a refused statement is tried at every request',
    story:
      'Statements that can never succeed are repeated so often that the log and the database are overloaded.',
    file: `${FOLDER}/refusals.ts`,
    find: 'if (nowMs() < refusal.untilMs) return refusal.error;',
    put: 'if (nowMs() < 0) return refusal.error;',
    judge: 'store suite',
    tests: { file: 'src/postgres/refusals.test.ts', named: 'less and less often' },
  },
  {
    name: 'the check passes while a statement is refused',
    story: 'The load balancer keeps sending customers to a server that can store nothing.',
    file: `${FOLDER}/session.ts`,
    find: 'if (latest !== null) throw latest;',
    put: '',
    judge: 'store suite',
    tests: { file: RIGHTS, named: 'a column that is gone' },
  },
  {
    name: 'a write that is refused for its values is tried on',
    story: 'The values of one payment block the batches of all other payments.',
    file: 'src/engine/write.ts',
    find: "if (error.kind === 'unfit') {",
    put: "if (error.kind === 'unfit' && clock.monotonicMs() < 0) {",
    judge: 'engine suite',
    tests: { file: 'src/engine/write.test.ts', named: 'if the database does not accept its values' },
  },
  {
    name: 'a client is told to repeat what is refused for good',
    story: 'A shop repeats an order every second for a whole night.',
    file: 'src/engine/charging/interrupted.ts',
    find: "if (error.kind === 'unavailable')\n",
    put: 'if (nothing)\n',
    judge: 'engine suite',
    tests: { file: 'src/engine/charge-outages.test.ts', named: 'not asked to repeat it' },
  },
  {
    name: 'a connection that a fail-over left behind is used again',
    story: 'For minutes after a fail-over every third customer gets an error.',
    file: `${FOLDER}/session.ts`,
    find: 'const leftBehind = isReadOnly(error);',
    put: 'const leftBehind = isReadOnly(error) && timeoutMs < 0;',
    judge: 'store suite',
    tests: { file: FAILOVER, named: 'moves to the new primary' },
  },
  {
    name: 'the other connections of before a fail-over are believed',
    story: 'A customer who has paid is shown the state from before the fail-over.',
    file: `${FOLDER}/session.ts`,
    find: '          connections.distrustAll();\n',
    put: '',
    judge: 'store suite',
    tests: { file: FAILOVER, named: 'nothing is read any more from the old server' },
  },
  {
    name: 'a statement that takes too long is left to the server',
    story:
      'A lock that is held for three minutes fills the server with backends, until no connection is left.',
    file: `${FOLDER}/session.ts`,
    find: '        cancelStatement(client);\n',
    put: '        if (timeoutMs < 0) cancelStatement(client);\n',
    judge: 'store suite',
    tests: { file: LIMITS, named: 'is the caller’s, there are no more backends' },
  },
  {
    name: 'the server keeps no time limit of its own',
    story:
      'Each time that a server is killed while it waits for a lock, ten more backends stay on the database server.',
    file: `${FOLDER}/sound.ts`,
    find: 'if (ownPool && straight) await',
    put: 'if (ownPool && straight && timeoutMs < 0) await',
    judge: 'store suite',
    tests: { file: LIMITS, named: 'of a process that was killed' },
  },
  {
    name: 'the settings of the caller’s connections are changed',
    story: 'The database ends a nightly report of the embedding program after five seconds.',
    file: `${FOLDER}/sound.ts`,
    find: 'if (ownPool && straight) await',
    put: 'if (straight) await',
    judge: 'store suite',
    tests: { file: LIMITS, named: 'are left alone' },
  },
  {
    name: 'a first lease is forgotten with a payment that somebody has locked',
    story: 'A server dies while a person has its payment locked, and the payment is never continued.',
    file: `${FOLDER}/due.ts`,
    find: '  WHERE NOT EXISTS (SELECT FROM free f',
    put: '  WHERE false AND NOT EXISTS (SELECT FROM free f',
    judge: 'store suite',
    tests: { file: 'test/postgres/first-leases.test.ts', named: 'does not hold up the others' },
  },
];
