// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in what the sweep does in the store: timers, first leases, and answers that have expired. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/postgres';
const SUITE = 'test/postgres/store.test.ts';
const FIRST_LEASES = 'test/postgres/first-leases.test.ts';
const EXPIRY = 'test/postgres/expiry.test.ts';

export const STORE_SWEEP: readonly PlantedBug[] = [
  {
    name: 'the sweep takes what is not due',
    story: 'A payment is taken from the server that is calling the gateway for it.',
    file: `${FOLDER}/due.ts`,
    find: 'WHERE gateway = $4 AND timer_at <= now() AND timer_at < ',
    put: 'WHERE gateway = $4 AND timer_at < ',
    judge: 'store suite',
    tests: { file: SUITE, named: 'not due yet' },
  },
  {
    name: 'the sweep takes other gateways’ payments',
    story: 'A charge is looked up at the wrong gateway, is not found there, and is declared failed.',
    file: `${FOLDER}/due.ts`,
    find: 'WHERE gateway = $4 AND timer_at <= now() AND timer_at < ',
    put: 'WHERE $4::text IS NOT NULL AND timer_at <= now() AND timer_at < ',
    judge: 'store suite',
    tests: { file: SUITE, named: 'another gateway’s payments' },
  },
  {
    name: 'an accepted payment is not put into the list of first leases',
    story:
      'A server dies in a payment’s first call, and the payment is never looked at again, although it may be charged.',
    file: `${FOLDER}/accept.ts`,
    find: 'FROM fresh WHERE calling GROUP BY',
    put: 'FROM fresh WHERE false GROUP BY',
    judge: 'store suite',
    tests: { file: SUITE, named: 'only when the lease has ended' },
  },
  {
    name: 'the end of a first lease starts no timer',
    story: 'A server dies in a payment’s first call, and the payment is never continued.',
    file: `${FOLDER}/due.ts`,
    find: 'UPDATE payonce.payments AS p SET timer_at = p.due_at\n',
    put: 'UPDATE payonce.payments AS p SET timer_at = NULL\n',
    judge: 'store suite',
    tests: { file: SUITE, named: 'only when the lease has ended' },
  },
  {
    name: 'every payment has a timer from the first',
    story: 'Each payment changes two more indexes, and all payments become slower.',
    file: `${FOLDER}/accept.ts`,
    find: 'CASE WHEN NOT calling THEN',
    put: 'CASE WHEN true THEN',
    judge: 'store suite',
    tests: { file: FIRST_LEASES, named: 'touches no index' },
  },
  {
    name: 'a first lease counts as ended at once',
    story:
      'Each payment gets a timer while its first lease still runs, which changes two more indexes, and all payments become slower.',
    file: `${FOLDER}/due.ts`,
    find: 'WHERE gateway = $1 AND ends_at <= now() ORDER BY',
    put: 'WHERE gateway = $1 ORDER BY',
    judge: 'store suite',
    tests: { file: FIRST_LEASES, named: 'is kept until it ends' },
  },
  {
    name: 'erasing answers erases their problems too',
    story: 'A failed payment looks as if it never failed, once its answer has expired.',
    file: `${FOLDER}/expiry.ts`,
    find: 'UPDATE payonce.operations AS o SET answer = NULL FROM old\n',
    put: 'UPDATE payonce.operations AS o SET answer = NULL, problem = NULL FROM old\n',
    judge: 'store suite',
    tests: { file: SUITE, named: 'erases nothing but the bodies' },
  },
  {
    name: 'the sweep waits for a payment that somebody has locked',
    story: 'One locked payment keeps all others from being continued.',
    file: `${FOLDER}/due.ts`,
    find: 'FOR UPDATE SKIP LOCKED) p',
    put: 'FOR UPDATE) p',
    judge: 'store suite',
    tests: { file: FIRST_LEASES, named: 'does not hold up the others' },
  },
  {
    name: 'the mark passes what was not erased',
    story: 'Answers that should be erased after a month are kept for ever.',
    file: `${FOLDER}/expiry.ts`,
    find: 'WHERE (SELECT count(*) FROM old) < $2\n',
    put: 'WHERE true\n',
    judge: 'store suite',
    tests: { file: EXPIRY, named: 'the mark follows' },
  },
  {
    name: 'a mark in the future is believed',
    story: 'After a clock was set back, a year’s answers are never erased.',
    file: `${FOLDER}/expiry.ts`,
    find: 'OR i.answers_erased_before > now())',
    put: 'OR false)',
    judge: 'store suite',
    tests: { file: EXPIRY, named: 'a mark in the future' },
  },
  {
    name: 'answers are erased before their time',
    story: 'A client that repeats its key the next day gets the answer that its result has expired.',
    file: `${FOLDER}/expiry.ts`,
    find: "SELECT now() - $1::float8 * interval '1 ms' AS expired",
    put: "SELECT now() + $1::float8 * interval '1 ms' AS expired",
    judge: 'store suite',
    tests: { file: SUITE, named: 'past their retention' },
  },
];
