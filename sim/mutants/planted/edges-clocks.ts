/** Bugs at the edges of time: clocks that are set, machines that stand still, leases that end meanwhile. */
import type { PlantedBug } from '../bug.ts';

const CLOCKS = 'src/engine/clocks.test.ts';
const DATABASE_CLOCK = 'src/engine/database-clock.test.ts';
const STORE = 'test/postgres/store.test.ts';
const CLOCK_TRUST = 'src/domain/clock-trust.test.ts';
const EDGES = 'src/domain/transition/edges.test.ts';
const EXCHANGE = 'src/engine/exchange.test.ts';

export const EDGES_CLOCKS: readonly PlantedBug[] = [
  {
    name: 'a step after a day of silence passes for drift',
    story:
      'A process sleeps for a day, the database’s clock is set forward, and what was sent a second ago counts as sent long ago: a paid order fails.',
    file: 'src/engine/database-clock.ts',
    find: 'if (driftMs > SLIP_MS) agreedSinceMs = databaseMs;',
    put: 'if (driftMs > 1000 * DRIFT * databaseMs) agreedSinceMs = databaseMs;',
    judge: 'engine suite',
    tests: { file: 'src/engine/database-clock.test.ts', named: 'may hide a step that looks like drift' },
  },
  {
    name: 'time that only the database’s clock has counted is proof',
    story:
      'The database’s clock is set forward by 90 s, the order is declared failed, and then the charge arrives.',
    file: 'src/domain/proof.ts',
    find: 'latestMoment(doubt.untilMs, askedAtMs, trust) + landsMs',
    put: 'doubt.untilMs + landsMs',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'what may still land in twenty seconds does not count as absent' },
  },
  {
    name: 'a lookup counts from the database’s last time, although its clock was not compared since',
    story:
      'The clock is set forward just before a claim whose answer is lost, the order is declared failed, and then the charge arrives.',
    file: 'src/engine/lease.ts',
    find: 'atMs: Math.min(held.grantedAtMs, databaseClock.atLeastMs())',
    put: 'atMs: held.grantedAtMs',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'just before a claim whose answer is lost' },
  },
  {
    name: 'a step of the database’s clock is not noticed',
    story:
      'The database’s clock is set forward by 90 s, the order is declared failed, and then the charge arrives.',
    file: 'src/engine/database-clock.ts',
    find: '        if (slip(nowMs, gapMs)) stepped(databaseMs, gapMs);\n',
    put: '        slip(nowMs, gapMs);\n',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'what may still land in twenty seconds does not count as absent' },
  },
  {
    name: 'small steps are never added up',
    story:
      'A clock that is set forward a little every second makes one minute count as two, and an order is declared failed too early.',
    file: 'src/engine/database-clock.ts',
    find: 'slips = { ...slips, ms: slips.ms + Math.abs(gapMs) };',
    put: 'slips = { ...slips, ms: Math.abs(gapMs) };',
    judge: 'engine suite',
    tests: { file: DATABASE_CLOCK, named: 'may be set by a little, but not again and again' },
  },
  {
    name: 'a process vouches for the time before it began',
    story:
      'The clock is set forward while no process runs, the next process declares an order failed, and then the charge arrives.',
    file: 'src/engine/database-clock.ts',
    find: 'let agreedSinceMs = start.databaseMs;',
    put: 'let agreedSinceMs = 0;',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'while no process runs proves nothing to the next process' },
  },
  {
    name: 'a clock that was set back and forth unseen is believed',
    story:
      'While a server was cut from the database, another one wrote a date by a wrong clock. The order fails too early, and is charged after that.',
    file: 'src/engine/database-clock.ts',
    find: 'if (silentMs > blindAfterMs) contactSinceMs = databaseMs;',
    put: '',
    judge: 'engine suite',
    tests: { file: DATABASE_CLOCK, named: 'may hide that the clock was set back and forth' },
  },
  {
    name: 'a lease that the step may have cut short is not waited for',
    story:
      'The clock jumps over the end of a lease, and a request is sent under that lease after its order was declared failed.',
    file: 'src/engine/database-clock.ts',
    find: 'countFromMs: agreedSinceMs + longestLeaseMs,',
    put: 'countFromMs: agreedSinceMs,',
    judge: 'engine suite',
    tests: { file: DATABASE_CLOCK, named: 'is trusted only from then on' },
  },
  {
    name: 'a date by the old clock is believed if it is later than the step',
    story:
      'The clock steps by a few seconds while a call is under way. Its order fails while the call may still land, and then it is charged.',
    file: 'src/domain/clock-trust.ts',
    find: 'return statedMs < fromMs || ',
    put: 'return statedMs < fromMs - 15_000 || ',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'by less than a' },
  },
  {
    name: 'the wall clock is believed though both clocks were set back',
    story:
      'The machine’s clock is set back by an hour, and a call uses its key for an hour longer than the gateway keeps it: the customer pays twice.',
    file: 'src/domain/transition/limits.ts',
    find: 'isSure ? ageMs : ageMs + trust.setBackMs',
    put: 'isSure ? ageMs : ageMs + 0 * trust.setBackMs',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'together with the machine' },
  },
  {
    name: 'a date from the future is believed',
    story: 'The clock is set back by an hour, and every order in doubt waits for that hour.',
    file: 'src/domain/clock-trust.ts',
    find: 'return statedMs < fromMs || statedMs > nowMs + aheadMs ? fromMs',
    put: 'return statedMs < fromMs && nowMs + aheadMs > 0 ? fromMs',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'leaves no payment waiting for an hour' },
  },
  {
    name: 'a clock that was set back makes a key look younger',
    story: 'A retry uses a key that the gateway has pruned, and the customer pays twice.',
    file: 'src/domain/transition/limits.ts',
    find: 'ageMs + trust.setBackMs, paymentAgeMs)',
    put: 'ageMs + trust.setBackMs, 0 * paymentAgeMs)',
    judge: 'engine suite',
    tests: { file: EDGES, named: 'than its payment is by our wall clock' },
  },
  {
    name: 'a clock that was set back makes an old order look younger',
    story:
      'An order from a backup is called with a key that the gateway has pruned, and the customer pays twice.',
    file: 'src/domain/transition/limits.ts',
    find: 'return greatestAgeMs(operation, operation.openedAtMs, context) >= ',
    put: 'return context.nowMs - operation.openedAtMs >= ',
    judge: 'engine suite',
    tests: {
      file: 'src/domain/transition/edges.test.ts',
      named: 'makes no key look younger than its payment is',
    },
  },
  {
    name: 'after a step back waits are not shortened',
    story: 'The clock is set back by an hour, and no open order is continued for that hour.',
    file: 'src/engine/watch-clock.ts',
    find: '    if (backMs > 0) lookAtWaits(backMs);\n',
    put: '',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'leaves no payment waiting for an hour' },
  },
  {
    name: 'waits that the new clock has begun are shortened',
    story: 'After a step of the clock, every order that waits for its retry is called at once.',
    file: 'src/postgres/clock.ts',
    find: " AND e.at > now() + interval '1 second'",
    put: '',
    judge: 'store suite',
    tests: { file: STORE, named: 'goes on waiting, and so does another gateway’s' },
  },
  {
    name: 'a lease does not count the time in which the machine was suspended',
    story:
      'A laptop wakes up an hour later and calls the gateway for an order that another server has charged meanwhile.',
    file: 'src/engine/moment.ts',
    find: 'return Math.max(clock.monotonicMs() - then.monotonicMs, clock.wallMs() - then.wallMs);',
    put: 'return clock.monotonicMs() - then.monotonicMs;',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'sends nothing when it wakes after its lease' },
  },
  {
    name: 'a wall clock that was set forward moves the database’s time',
    story: 'A server whose clock is set forward by a day makes its orders wait for a day.',
    file: 'src/engine/lease.ts',
    find: 'return held.grantedAtMs + Math.min(sinceMs, engine.policy.leaseMs);',
    put: 'return held.grantedAtMs + Math.max(sinceMs, 0 * engine.policy.leaseMs);',
    judge: 'engine suite',
    tests: { file: EXCHANGE, named: 'is over at its end, whatever the wall clock says' },
  },
  {
    name: 'the first byte may always leave',
    story:
      'A server wakes up after its lease and calls the gateway for an order that another server has charged meanwhile.',
    file: 'src/engine/exchange.ts',
    find: 'refused ||= ended || !mayStillLeave(engine, held);',
    put: 'refused ||= ended;',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'sends nothing when it wakes after its lease' },
  },
  {
    name: 'a wall clock that was set back counts as time that has not passed',
    story:
      'A server is suspended while its wall clock is set back, and then calls the gateway for an order that another server has charged.',
    file: 'src/engine/lease.ts',
    find: 'usableMs(engine, held) > 0 && !setBack',
    put: 'usableMs(engine, held) > 0 || setBack',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'sends nothing if its wall clock was set back' },
  },
  {
    name: 'a call that was kept from leaving counts as an attempt',
    story: 'On a machine that is often suspended, orders use up their attempts without a single call.',
    file: 'src/engine/exchange.ts',
    find: "    if (refused && (outcome.kind === 'refused' || outcome.kind === 'not_sent')) {",
    put: "    if (refused && outcome.kind === 'busy') {",
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'sends nothing when it wakes after its lease' },
  },
  {
    name: 'a claim that was granted too late is carried out',
    story:
      'A paused server continues with an old time, claims an order, and calls the gateway after the deadline.',
    file: 'src/engine/driving/worker.ts',
    find: "    const late =\n      decision.action === 'call' && !mayCallNow(held.record.operation, context(held.grantedAtMs, held.record));\n",
    put: "    const late =\n      decision.action === 'none' && !mayCallNow(held.record.operation, context(held.grantedAtMs, held.record));\n",
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'notices when its claim is granted' },
  },
  {
    name: 'a claim that was granted late forgets what the last holder may have sent',
    story:
      'The claim of a retry waits at the database until the key is about to expire, the retry is sent all the same, and it charges again.',
    file: 'src/domain/transition/claim.ts',
    find: '  const operation = uncounted(claimed);\n',
    put: "  const operation = { ...uncounted(claimed), doubt: { kind: 'none' } as const };\n",
    judge: 'engine suite',
    tests: {
      file: 'src/domain/transition/edges.test.ts',
      named: 'counts what the last holder of an expired lease may have sent',
    },
  },
  {
    name: 'the end of a call is dated by its beginning',
    story:
      'A call that waited ten seconds for an answer is dated ten seconds too early, the order fails too early, and then the charge arrives.',
    file: 'src/engine/driving/worker.ts',
    find: "    const nowMs = databaseNowMs(engine, held);\n    if (result.kind === 'not_sent') {",
    put: "    const nowMs = held.grantedAtMs;\n    if (result.kind === 'not_sent') {",
    judge: 'simulation',
  },
  {
    name: 'the next step is decided before the wait',
    story: 'A timer fires 20 minutes late, and the order is charged long after its customer has left.',
    file: 'src/engine/driving/worker.ts',
    find: '    const nowMs = databaseClock.nowMs();\n    const { dueAtMs, evidence } = record;',
    put: '    const nowMs = record.dueAtMs ?? databaseClock.nowMs();\n    const { dueAtMs, evidence } = record;',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'retries nothing when a timer comes twenty minutes late' },
  },
  {
    name: 'the longer lease of another process is not waited for',
    story:
      'A process with a longer lease sends a call after the clock’s step, but its charge already counts as not made.',
    file: 'src/engine/database-clock.ts',
    find: '      longestLeaseMs = Math.max(longestLeaseMs, leaseMs);\n',
    put: '',
    judge: 'engine suite',
    tests: { file: DATABASE_CLOCK, named: 'is trusted only from then on' },
  },
  {
    name: 'the database keeps the lease of the process that started last',
    story:
      'A process with a longer lease sends a call after the clock’s step, but its charge already counts as not made.',
    file: 'src/postgres/clock.ts',
    find: 'SET longest_lease_ms = greatest(longest_lease_ms, $1::float8)',
    put: 'SET longest_lease_ms = $1::float8',
    judge: 'store suite',
    tests: { file: STORE, named: 'returns the longest that anybody has noted' },
  },
  {
    name: 'a process that starts waits for its own lease alone',
    story:
      'The last process had a longer lease and sends a call under it, after the new process has declared the order failed.',
    file: 'src/engine/engine.ts',
    find: '      longestLeaseMs,\n      blindAfterMs',
    put: '      longestLeaseMs: Math.min(longestLeaseMs, leaseMs),\n      blindAfterMs',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'waits for that lease' },
  },
  {
    name: 'a database that answers slowly makes new dates look like old ones',
    story: 'Every lookup of an order starts its wait again, and its customer never gets an outcome.',
    file: 'src/engine/database-clock.ts',
    find: 'aheadMs: longestLeaseMs + ROUGHLY_MS',
    put: 'aheadMs: longestLeaseMs + 0 * ROUGHLY_MS',
    judge: 'engine suite',
    tests: { file: DATABASE_CLOCK, named: 'makes no present date look like one by an old clock' },
  },
  {
    name: 'steps of the clock that are too small to notice are not waited for',
    story: 'Small steps of the clock go unnoticed, and orders are declared failed half a second too early.',
    file: 'src/domain/proof.ts',
    find: ' + trust.toleranceMs',
    put: ' + 0 * trust.toleranceMs',
    judge: 'engine suite',
    tests: { file: EDGES, named: 'proves absence only by time that both clocks have counted' },
  },
  {
    name: 'a process that starts shortens no waits',
    story:
      'The clock is set back while no process runs, and no open order is continued until the old time is reached again.',
    file: 'src/engine/watch-clock.ts',
    find: 'let waits: { readonly after: number | null } | null = { after: null };',
    put: 'let waits: { readonly after: number | null } | null = null;',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'does not keep a lease for an hour' },
  },
  {
    name: 'only the first page of waits is shortened',
    story: 'The clock is set back by an hour, and most open orders are not continued for that hour.',
    file: 'src/engine/watch-clock.ts',
    find: 'waits = next === null ? null : { after: next };',
    put: 'waits = next === null || waits.after === null ? null : { after: next };',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'are checked page by page, one page per sweep' },
  },
  {
    name: 'first leases are not shortened',
    story:
      'A server dies with an order in its first lease, the clock is set back, and no other server continues the order for an hour.',
    file: 'src/postgres/clock.ts',
    find: '  if (after === null) await session.query(SHORTEN_FIRST_LEASES, [gateway]);\n',
    put: '',
    judge: 'store suite',
    tests: { file: STORE, named: 'after the clock was set back, what waits is due now' },
  },
  {
    name: 'a lease that runs is cut short after a step back',
    story: 'Another server takes over an order during its call, and both call the gateway.',
    file: 'src/postgres/clock.ts',
    find: 'due_at = CASE WHEN p.held THEN least(p.due_at, times.soon) ELSE times.now END,\n    timer_at = CASE WHEN p.held THEN least(p.due_at, times.soon) ELSE times.now END',
    put: 'due_at = times.now, timer_at = times.now',
    judge: 'store suite',
    tests: {
      file: STORE,
      named: 'after the clock was set back, what waits is due now|a lease is never cut short',
    },
  },
  {
    name: 'a lease that began while the look at the waits waited is cut short',
    story:
      'A statement that shortens waits is held up by a lock. An order is claimed meanwhile, its lease is counted from too early, and another server takes it over during the call.',
    file: 'src/postgres/clock.ts',
    find: 'AND p.seq = page.seq AND p.due_at > times.now',
    put: 'AND p.due_at > times.now',
    judge: 'store suite',
    tests: { file: 'test/postgres/races.test.ts', named: 'leaves the lease that began meanwhile' },
  },
  {
    name: 'a doubt of the old clock is compared with one of the new',
    story:
      'After the clock was set back, an old date hides a new call, the order fails, and then that call charges it.',
    file: 'src/domain/operation.ts',
    find: 'Math.max(latestMoment(a.untilMs, nowMs, trust), b.untilMs)',
    put: 'Math.max(a.untilMs, b.untilMs)',
    judge: 'engine suite',
    tests: { file: CLOCK_TRUST, named: 'does not hide a call that came after it' },
  },
  {
    name: 'the date of a later charge is believed though the clock was set back',
    story: 'A retry uses a key that the gateway has pruned, and the customer pays twice.',
    file: 'src/domain/clock-trust.ts',
    find: 'return statedMs > trust.agreedSinceMs + trust.setBackMs && ',
    put: 'return statedMs > trust.agreedSinceMs && ',
    judge: 'engine suite',
    tests: { file: CLOCK_TRUST, named: 'is believed about ages only if' },
  },
  {
    name: 'the evidence with the greatest date is taken for the last',
    story:
      'After the clock was set back, the worker that sent last is forgotten, the order fails, and then its charge arrives.',
    file: 'src/postgres/work.ts',
    find: "'(array_agg(e.at ORDER BY e.ord DESC)'",
    put: "'(array_agg(e.at ORDER BY e.at DESC)'",
    judge: 'store suite',
    tests: { file: STORE, named: 'evidence that came in last' },
  },
  {
    name: 'the simulated store takes the evidence with the greatest date for the last',
    story: 'The simulation shows a behaviour that the database does not have, so it misses real errors.',
    file: 'sim/store/reads.ts',
    find: 'return evidence.at(-1)?.atMs ?? null;',
    put: 'return evidence.length === 0 ? null : Math.max(...evidence.map(({ atMs }) => atMs));',
    judge: 'store suite',
    tests: { file: 'sim/store/store.test.ts', named: 'evidence that came in last' },
  },
  {
    name: 'a lease that ran out before the clock was set counts from its stated end',
    story:
      'The clock jumps over the end of a lease, a request is sent after that, and its charge counts as not made.',
    file: 'src/domain/transition/claim.ts',
    find: 'const untilMs = latestMoment(event.expiredAtMs, nowMs, trust);',
    put: 'const untilMs = trust.toleranceMs < 0 ? latestMoment(event.expiredAtMs, nowMs, trust) : event.expiredAtMs;',
    judge: 'engine suite',
    tests: { file: EDGES, named: 'counts a lease that looks over until its real end' },
  },
  {
    name: 'the database’s time does not end a lease',
    story:
      'Both clocks of a machine stop while it is paused, and it calls the gateway under a lease that ended long ago.',
    file: 'src/engine/lease.ts',
    find: 'Math.max(atMostSinceMs(clock, held.claimedAt), byDatabaseMs)',
    put: 'Math.max(atMostSinceMs(clock, held.claimedAt), 0 * byDatabaseMs)',
    judge: 'engine suite',
    tests: { file: EXCHANGE, named: 'is over as soon as the database says so' },
  },
  {
    name: 'a lookup from before a step of the clock is compared with dates after it',
    story:
      'The database’s clock is set during a lookup, and an order is declared failed that is charged a moment later.',
    file: 'src/engine/lease.ts',
    find: 'return databaseClock.steps() === asking.steps ? asking.atMs : Number.NEGATIVE_INFINITY;',
    put: 'return databaseClock.steps() >= asking.steps ? asking.atMs : Number.NEGATIVE_INFINITY;',
    judge: 'engine suite',
    tests: { file: CLOCKS, named: 'makes the answer no proof' },
  },
  {
    name: 'an adapter that was given up may still send',
    story: 'A call that was given up is sent a minute later, and charges an order that has already failed.',
    file: 'src/engine/exchange.ts',
    find: 'refused ||= ended || !mayStillLeave',
    put: 'refused ||= !mayStillLeave',
    judge: 'engine suite',
    tests: { file: EXCHANGE, named: 'that was given up can no longer be sent' },
  },
];
