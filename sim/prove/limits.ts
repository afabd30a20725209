/** What the proof does not show. Read it before relying on what it does. */
export const LIMITS: readonly string[] = [
  'The exhaustive search is exhaustive for its model only: two workers, one order, three faults, two charges, short times.',
  'The simulation draws; what it has not drawn it has not tried. Its database is a model: it passes the contract suite that PostgreSQL passes, and that suite is all that ties the two together.',
  'A process of the simulation stops between two events, never in the middle of one. A real one can be frozen between the question whether its lease still holds and the write of the first byte, which are in one tick; then a request leaves after its lease.',
  'Where a machine sleeps and no clock on it tells, a call leaves after its lease. The simulation excuses the second charge then, and asks that a person is told. A request that a sleeping machine’s kernel still holds, and delivers when it wakes, is beyond the contract and not simulated.',
  'The gateway is assumed to keep its declared contract. Where it breaks it (keys ignored, a charge that lands later than declared, “not found” for longer than its lag), two charges are possible; they are noticed only if a lookup follows.',
  'A database that loses acknowledged commits (asynchronous replica, old backup) is simulated: the same charge is never made twice within the time that the gateway keeps its key, because the key is derived. But an order whose next charge had been opened, and which forgets that, sends the earlier charge again; and a charge that it forgot can be told as FAILED and be charged anew, because how long it may still land is counted from the first sending that is remembered. Use synchronous replication for money.',
  'Clocks run at one rate. The database’s clock is set at most twice a run, at least eight seconds apart, and back at most once; where it is set, the gateway keeps its keys for longer than an hour, as real ones do.',
  'After a restore of which the processes are told, what a lookup can find is not charged again. A forgotten charge behind one that the gateway never saw is not found.',
  'Chaos is real and therefore not reproducible to the letter: the seed fixes its schedule, its network faults and its clients’ choices, not the kernel’s timing.',
  'Refunds, webhooks, reconciliation and operators’ endpoints do not exist yet, so nothing is proved about them.',
];
