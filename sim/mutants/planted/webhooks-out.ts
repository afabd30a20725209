// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in what the service tells others of its payments. */
import type { PlantedBug } from '../bug.ts';

const PLAN = 'test/outgoing/plan.test.ts';
const QUEUE = 'test/outgoing/queue.test.ts';
const DISPATCHER = 'test/outgoing/dispatcher.test.ts';
const SEND = 'test/outgoing/send.test.ts';
const FOLDER = 'src/postgres/outgoing';

export const WEBHOOKS_OUT: readonly PlantedBug[] = [
  {
    name: 'the cursor of events passes a transaction that is still open',
    story: 'A payment is committed after younger ones, and its merchant is never told of it.',
    file: `${FOLDER}/plan.ts`,
    find: 'FROM c, (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,',
    put: 'FROM c, (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmin,',
    judge: 'store suite',
    tests: { file: PLAN, named: 'committed after younger ones is not skipped' },
  },
  {
    name: 'a database that was copied to another server waits for its old transaction numbers',
    story: 'After a restore no merchant hears of any payment for weeks.',
    file: `${FOLDER}/plan.ts`,
    find: '(c.before_xid > pg_snapshot_xmax(pg_current_snapshot())::text::bigint',
    put: '(c.before_xid < 0',
    judge: 'store suite',
    tests: { file: PLAN, named: 'copied to another server' },
  },
  {
    name: 'an event goes to the endpoints of every account',
    story: 'A merchant reads the payments of another one.',
    file: `${FOLDER}/plan.ts`,
    find: "JOIN payonce.webhook_endpoints n ON n.account_id = l.account_id AND n.status = 'ENABLED'",
    put: "JOIN payonce.webhook_endpoints n ON n.status = 'ENABLED'",
    judge: 'store suite',
    tests: { file: PLAN, named: 'the events of its account' },
  },
  {
    name: 'a process that comes late notes over the try of another one',
    story: 'An event that the receiver has just taken is sent again and again.',
    file: `${FOLDER}/note.ts`,
    find: "AND d.event_id = $3 AND d.claim_id = $5::uuid AND d.status = 'PENDING'",
    put: 'AND d.event_id = $3 AND $5::uuid IS NOT NULL',
    judge: 'store suite',
    tests: { file: QUEUE, named: 'dies between sending and noting' },
  },
  {
    name: 'one endpoint takes all places',
    story: 'A receiver with a long queue keeps all other merchants waiting.',
    file: `${FOLDER}/claim.ts`,
    find: 'ORDER BY d.due_at LIMIT greatest(0, $3::int - e.under_way)',
    put: 'ORDER BY d.due_at LIMIT greatest($4::int, $3::int - e.under_way)',
    judge: 'store suite',
    tests: { file: QUEUE, named: 'a few under way at most' },
  },
  {
    name: 'one account takes all places',
    story: 'A merchant whose fifty receivers hang keeps all other merchants waiting for minutes.',
    file: `${FOLDER}/claim.ts`,
    find: '    LIMIT a.room\n',
    put: '    LIMIT a.room * 1000\n',
    judge: 'store suite',
    tests: { file: QUEUE, named: 'half of the places that the others leave' },
  },
  {
    name: 'during a rotation an event is signed with the new secret alone',
    story: 'A receiver that still has the old secret refuses every event until it is deployed.',
    file: 'src/outgoing/deliver.ts',
    find: 'return [claimed.secret, ...claimed.earlierSecrets].map(',
    put: 'return [claimed.secret].map(',
    judge: 'engine suite',
    tests: { file: DISPATCHER, named: 'both secrets fit' },
  },
  {
    name: 'a second rotation ends the secret that the receiver has',
    story:
      'The answer of a rotation is lost, so it is repeated. The receiver still has the first secret, and refuses every event.',
    file: `${FOLDER}/endpoints.ts`,
    find: "coalesce(jsonb_agg(one ORDER BY n), '[]') FROM ${EARLIER} AND n <",
    put: "coalesce(jsonb_agg(one ORDER BY n), '[]') FROM ${EARLIER} AND n < 1 AND n <",
    judge: 'store suite',
    tests: { file: QUEUE, named: 'each old secret is there too' },
  },
  {
    name: 'a name may lead an event into the own network',
    story: 'A merchant registers a name of his own, points it at 169.254.169.254, and reads the answer.',
    file: 'src/outgoing/addresses.ts',
    find: 'if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address)))',
    put: 'if (!allowPrivate && !addresses.some(({ address }) => isPublicAddress(address)))',
    judge: 'gateway suite',
    tests: { file: SEND, named: 'also as one of several' },
  },
  {
    name: 'a receiver may answer without end',
    story:
      'A receiver sends interim answers as fast as it can, and payments of other merchants wait for seconds.',
    file: 'src/outgoing/flood.ts',
    find: 'socket.bytesRead - before > MOST_BYTES',
    put: 'socket.bytesRead - before > MOST_BYTES * 1e6',
    judge: 'gateway suite',
    tests: { file: SEND, named: 'without end' },
  },
];
