/** Bugs in how the service starts, stops, and shares what it runs on. */
import type { PlantedBug } from '../bug.ts';

const SUPERVISE = 'src/service/supervise.ts';
const SUPERVISE_TEST = 'src/service/supervise.test.ts';
const RELEASE = 'src/postgres/newer-release.ts';
const RELEASE_TEST = 'test/postgres/newer-release.test.ts';

export const EDGES_SERVICE: readonly PlantedBug[] = [
  {
    name: 'a worker is started after the stop',
    story:
      'After a deployment, an old process is left behind, and it keeps taking payments without anybody knowing.',
    file: SUPERVISE,
    find: '      if (stopped !== null) return;\n',
    put: '',
    judge: 'engine suite',
    tests: { file: SUPERVISE_TEST, named: 'restarts none' },
  },
  {
    name: 'a restart that fails is the last one',
    story:
      'After one short outage of the database, the service runs with half of its workers until it is restarted.',
    file: SUPERVISE,
    find: 'if (first !== null) {',
    put: 'if (first !== null && served) {',
    judge: 'engine suite',
    tests: { file: SUPERVISE_TEST, named: 'until a restart succeeds' },
  },
  {
    name: 'one worker that dies at its start ends them all',
    story: 'The machine is short of memory for a moment, and the whole service is down.',
    file: SUPERVISE,
    find: 'if (fallen.size === count)',
    put: 'if (fallen.size > 0)',
    judge: 'engine suite',
    tests: { file: SUPERVISE_TEST, named: 'are ready later where one ends' },
  },
  {
    name: 'a worker that replaces another one has another name in the log',
    story: 'A person on call looks for the end of an alarm of worker 2, and finds it never.',
    file: SUPERVISE,
    find: 'if (stopped === null) start(number);',
    put: 'if (stopped === null) start(number + count);',
    judge: 'engine suite',
    tests: { file: SUPERVISE_TEST, named: 'that die are replaced' },
  },
  {
    name: 'the stop does not wait for the workers',
    story: 'The embedded database stops while calls are being finished, and their outcomes cannot be stored.',
    file: SUPERVISE,
    find: 'await Promise.all(leaving.map(({ ended }) => ended));',
    put: 'await Promise.race(leaving.map(({ ended }) => ended));',
    judge: 'engine suite',
    tests: { file: SUPERVISE_TEST, named: 'waits for all of them' },
  },
  {
    name: 'the drain ends before the sweep',
    story: 'Deployments log an alarm about the database, although it was closed in good order.',
    file: 'src/engine/recover.ts',
    find: '      return underWay;\n',
    put: '      return Promise.resolve();\n',
    judge: 'engine suite',
    tests: { file: 'src/engine/recover.test.ts', named: 'has ended when the stop has' },
  },
  {
    name: 'an old process on a changed database counts as ready',
    story:
      'Half of all customers are turned away, because the load balancer keeps sending them to the old process.',
    file: RELEASE,
    find: 'const reason = newer.length === 0 ? null : await rehearse(pool, timeoutMs);',
    put: 'const reason = newer.length >= 0 ? null : await rehearse(pool, timeoutMs);',
    judge: 'store suite',
    tests: { file: RELEASE_TEST, named: 'this one is not ready' },
  },
  {
    name: 'a rehearsed payment is kept',
    story: 'After every health check, the books contain a payment that no customer made.',
    file: RELEASE,
    find: "    await client.query('ROLLBACK');\n",
    put: "    await client.query('COMMIT');\n",
    judge: 'store suite',
    tests: { file: RELEASE_TEST, named: 'nothing of the rehearsal stays' },
  },
  {
    name: 'one worker’s connections are counted for all',
    story: 'Under load the database refuses connections, but no warning was logged at the start.',
    file: 'src/service/connection-budget.ts',
    find: 'return WORKERS * (',
    put: 'return (',
    judge: 'engine suite',
    tests: { file: 'src/service/connection-budget.test.ts', named: 'its own pool' },
  },
];
