/** What the proof does not show. Read it before relying on what it does. */
export const LIMITS: readonly string[] = [
  'The exhaustive search is exhaustive for its model only: two workers, one order, three faults, two charges, short times.',
  'The simulation draws; what it has not drawn it has not tried. Its database is a model: it passes the contract suite that PostgreSQL passes, and that suite is all that ties the two together.',
  'A process of the simulation stops between two events, never in the middle of one. A real one can be frozen between the check of its lease and the send; then a request leaves after its lease, under a key that the gateway still keeps.',
  'The gateway is assumed to keep its declared contract. Where it breaks it (keys ignored, a charge that lands later than declared, “not found” for longer than its lag), two charges are possible; they are noticed only if a lookup follows.',
  'A database that loses acknowledged commits (asynchronous replica, old backup) is simulated: the same charge is never made twice, because its key is derived. But an order whose next charge had been opened, and which forgets that, sends the earlier charge again; and a charge that it forgot can be told as FAILED and be charged anew, because how long it may still land is counted from the first sending that is remembered. Use synchronous replication for money.',
  'Clocks run at one rate. The database’s clock may be anything, but is assumed not to jump back while a lease is held.',
  'Chaos is real and therefore not reproducible to the letter: the seed fixes its schedule, its network faults and its clients’ choices, not the kernel’s timing.',
  'Refunds, webhooks, reconciliation and operators’ endpoints do not exist yet, so nothing is proved about them.',
];
