/** What the proof does not show. Read it before relying on what it does. */
export const LIMITS: readonly string[] = [
  'The exhaustive search is exhaustive for its model only: two workers, one order, three faults, two charges, short times.',
  'The simulation is random: it has tried only the faults that chance chose. Its database is a model. The model passes the contract suite that PostgreSQL passes, and nothing else ties the two together.',
  'A process of the simulation stops between two events, never in the middle of one. A real process can be frozen between the check of its lease and the write of the first byte, although both are in one tick. Then a request is sent after its lease.',
  'If a machine sleeps and none of its clocks shows it, a call is sent after its lease. Then the simulation excuses the second charge, but requires an alarm. A request that a sleeping machine’s kernel still holds, and delivers when it wakes, is beyond the contract and not simulated.',
  'The gateway is assumed to keep its declared contract. If it breaks the contract (it ignores keys, charges later than declared, or says “not found” for longer than its lag), two charges are possible. They are noticed only if a lookup follows.',
  'A database that loses acknowledged commits (asynchronous replica, old backup) is simulated: the same charge is never made twice within the time that the gateway keeps its key, because the key is derived. But if the database forgets that an order’s next charge was opened, the earlier charge is sent again. And a charge whose sending was forgotten can be reported FAILED and be charged again, because its time to arrive is counted from the first sending that the database remembers. Use synchronous replication for money.',
  'Clocks run at one rate. The database’s clock is set at most twice a run, at least eight seconds apart, and back at most once. In such runs the gateway keeps its keys for longer than an hour, as real gateways do.',
  'After a restore with `RESTORED_AT`, nothing that a lookup can find is charged again. But if the gateway never saw one charge of an order, a forgotten later charge is not found.',
  'Chaos is real, so no run can be repeated exactly: the seed fixes its schedule, its network faults and its clients’ choices, but not the kernel’s timing.',
  'The exhaustive search knows two refunds of one payment, each with one worker.',
  'At a gateway of two steps, the exhaustive search knows one charge with one object. It takes for granted that a worker confirms the stored handle; the simulation checks that. No adapter of a real gateway is part of it: the simulated gateway has an adapter of its own. After the database has lost commits, which handle was confirmed is not judged.',
  'After the database has lost commits, or was restored, the simulation judges the money, the sums and the answers of refunds. It does not judge how each step was reached, and no operator acts there. After lost commits it does not judge answers either: a process that lives on may answer from its memory.',
  'Webhooks and reconciliation do not exist yet, so nothing is proved about them.',
];
