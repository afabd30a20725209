/** What time does to machines, kernels and clocks, and what must follow. */
import { databaseClockStepped, killed, machineSuspended, stalled } from '../deeds.ts';
import type { NamedFault } from '../named-fault.ts';
import { type Ending, type Scenario, times } from '../scenario.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ONCE: Pick<Ending, 'status' | 'ledger'> = { status: 'COMPLETED', ledger: ['succeeded'] };
const TAKEN_UP: Pick<Scenario, 'visits'> = {
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
};

const suspendedInConnect: Scenario = {
  ...TAKEN_UP,
  name: 'the machine is suspended while a call connects, its monotonic clock stands still, its wall clock does not',
  connectsMs: [2000],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: machineSuspended({ forMs: 15_000, ntpMs: null }) }],
  lastsMs: 40_000,
  ending: {
    ...ONCE,
    calls: 1,
    lookups: 0,
    heard: ['COMPLETED, started, replayed'],
    alarms: ['clock_stepped'],
  },
};

const suspendedBlind: Scenario = {
  ...TAKEN_UP,
  name: 'suspended while a call connects, and no clock of the machine shows it: sent late, and looked up',
  connectsMs: [2000],
  moments: [
    { on: 'p1', use: 'call', when: 'after', deed: machineSuspended({ forMs: 15_000, ntpMs: MINUTE }) },
  ],
  lastsMs: 40_000,
  ending: {
    ...ONCE,
    calls: 2,
    lookups: 1,
    heard: ['COMPLETED, started, replayed'],
    alarms: ['clock_stepped'],
  },
};

const stalledInBackoff: Scenario = {
  name: 'all processes are frozen for twenty minutes while a retry waits',
  calls: [['gateway_limits']],
  delays: { 3: 1 },
  visits: [{ on: 'p1', waitMs: 60_000 }],
  mishaps: [
    { atMs: 500, on: 'p1', deed: stalled(20 * MINUTE) },
    { atMs: 500, on: 'p2', deed: stalled(20 * MINUTE) },
  ],
  ending: {
    status: 'FAILED',
    ledger: [],
    calls: 1,
    lookups: 0,
    heard: ['202 PROCESSING'],
    failureCode: 'deadline_exceeded',
  },
};

const stalledOverWindow: Scenario = {
  name: 'all processes are frozen for a day while a call in doubt waits for its retry, and the gateway forgets the key',
  policy: { callDeadlineMs: 100 * HOUR },
  calls: [['error_charged']],
  roll: 0.999,
  visits: [{ on: 'p1', waitMs: 60_000 }],
  mishaps: [
    { atMs: 150, on: 'p1', deed: stalled(25 * HOUR) },
    { atMs: 150, on: 'p2', deed: stalled(25 * HOUR) },
  ],
  plan: { faultsForMs: 26 * HOUR },
  ending: { ...ONCE, calls: 1, lookups: 1, heard: ['202 PROCESSING'] },
};

const kernelAfterDeath: Scenario = {
  name: 'killed with its request still in the kernel, which delivers at the last moment',
  policy: { maxAttempts: 1 },
  calls: [['kernel_holds_request']],
  delays: { 14249: 14_000 },
  visits: [
    { on: 'p1', hangsUp: true },
    { on: 'p2', atMs: 1000, persists: true },
  ],
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: killed() }],
  ending: { ...ONCE, calls: 1, lookups: { atMost: 10 }, heard: ['COMPLETED, started, replayed'] },
};

const kernelReset: Scenario = {
  name: 'a living sender gives up, and resets the connection for which its kernel still holds the request',
  policy: { maxAttempts: 1 },
  calls: [['kernel_holds_request']],
  delays: { 14249: 14_000 },
  visits: [{ on: 'p1', waitMs: 60_000 }],
  ending: { status: 'FAILED', ledger: [], calls: 1, lookups: 5, heard: ['gateway_failed, started'] },
};

/** One call that lands at the last moment, 22 s after it was made. */
const LANDS_LATE: Pick<Scenario, 'policy' | 'contract' | 'calls' | 'delays'> = {
  policy: { maxAttempts: 1, resolveForMs: 72 * HOUR },
  contract: { landsWithinMs: 20_000 },
  calls: [['timeout_charged_later']],
  delays: { 20000: 18_000 },
};

const steppedForward = (name: string, byMs: number): Scenario => ({
  ...LANDS_LATE,
  name,
  visits: [{ on: 'p1', waitMs: 5 * MINUTE }],
  mishaps: [{ atMs: 6000, deed: databaseClockStepped(byMs) }],
  ending: {
    ...ONCE,
    calls: 1,
    lookups: { atMost: 20 },
    heard: ['COMPLETED, started'],
    alarms: ['clock_stepped'],
  },
});

const steppedBack: Scenario = {
  ...LANDS_LATE,
  name: 'the database’s clock is set back by an hour while a payment waits for its next lookup',
  visits: [{ on: 'p1', waitMs: 5 * MINUTE }],
  mishaps: [{ atMs: 6000, deed: databaseClockStepped(-HOUR) }],
  ending: {
    ...ONCE,
    calls: 1,
    lookups: { atMost: 20 },
    heard: ['COMPLETED, started'],
    alarms: ['clock_stepped'],
  },
};

const steppedBackAfterDeath: Scenario = {
  name: 'the database’s clock is set back by an hour during the lease of a process that is dead',
  visits: times(1, { on: 'p1' as const, persists: true }),
  moments: [{ on: 'p1', use: 'call', when: 'after', deed: killed() }],
  mishaps: [{ atMs: 1000, deed: databaseClockStepped(-HOUR) }],
  lastsMs: 5 * MINUTE,
  ending: {
    ...ONCE,
    calls: 2,
    lookups: { atMost: 2 },
    heard: ['COMPLETED, started, replayed'],
    alarms: ['clock_stepped'],
  },
};

export const TIME_FAULTS: readonly NamedFault[] = [
  {
    class: 'process',
    fault: 'its machine is suspended, and its clocks stand still',
    expected:
      'Nothing is sent after the lease if at least one clock shows that it is over. If none does, the call is sent late, under its key, and its answer is checked by a lookup.',
    scenarios: [suspendedInConnect, suspendedBlind],
    marks: ['machine_suspended'],
  },
  {
    class: 'process',
    fault: 'it is frozen for minutes or a day, and its timers fire late',
    expected:
      'Every decision uses the time at that moment: no retry after its deadline, and none whose key the gateway may have forgotten.',
    scenarios: [stalledInBackoff, stalledOverWindow],
    marks: ['event_loop_stalls', 'timer_late', 'timer_late_by_a_minute'],
  },
  {
    class: 'network',
    fault: 'our own kernel holds a request, and delivers it late',
    expected:
      'A living sender resets the connection, so the request never arrives. The request of a dead sender may arrive until the contract’s time has passed. Before that, nothing proves absence.',
    scenarios: [kernelAfterDeath, kernelReset],
    marks: ['kernel_holds_request'],
  },
  {
    class: 'clock',
    fault: 'the database’s clock is set forward or back',
    expected:
      'A step does not count as elapsed time, so it proves no absence. After a step back, nothing waits for the old time.',
    scenarios: [
      steppedForward(
        'the database’s clock is set forward by ninety seconds while a request may still arrive',
        90_000,
      ),
      steppedForward('the database’s clock is set forward by an hour while a request may still arrive', HOUR),
      steppedBack,
      steppedBackAfterDeath,
    ],
    marks: ['database_clock_steps'],
  },
];
