/** Bugs that only a world with late connections, sleeping machines, set clocks and restored databases meets. */
import type { PlantedBug } from '../bug.ts';

export const EDGES_WORLD: readonly PlantedBug[] = [
  {
    name: 'the engine lets every request leave',
    story:
      'A machine is suspended while it connects, wakes up after its lease, and sends a call for an order that another one has settled.',
    file: 'src/engine/exchange.ts',
    find: '      refused ||= ended || !mayStillLeave(engine, held);\n',
    put: '      refused ||= ended;\n',
    judge: 'simulation',
  },
  {
    name: 'a lease is counted by the monotonic clock alone',
    story:
      'A virtual machine is paused for a minute, and calls the gateway under a lease that ended long ago.',
    file: 'src/engine/moment.ts',
    find: 'return Math.max(clock.monotonicMs() - then.monotonicMs, clock.wallMs() - then.wallMs);',
    put: 'return clock.monotonicMs() - then.monotonicMs;',
    judge: 'simulation',
  },
  {
    name: 'what a worker without a lease learned about money is dropped',
    story:
      'A suspended machine whose clocks stopped sends its call too late, the call is approved, and the second charge is not recorded.',
    file: 'src/engine/driving/finish.ts',
    find: '    if (isNews) await keepEvidence(engine, held.record, outcome);\n',
    put: '    if (isNews && outcome.kind === "unknown") await keepEvidence(engine, held.record, outcome);\n',
    judge: 'scenarios',
    tests: {
      file: 'sim/scenarios/faults.test.ts',
      named: 'its machine is suspended, and its clocks stand still',
    },
  },
  {
    name: 'the simulated cache is believed',
    story: 'A cache repeats an empty list, and a charged order is declared failed.',
    file: 'src/gateways/http/lookups.ts',
    find: "  if (isFromCache(answer)) return 'cached_answer';\n",
    put: '',
    judge: 'simulation',
  },
  {
    name: 'time that the database’s clock skipped counts as passed',
    story:
      'The database’s clock jumps forward by an hour, and a request that may still charge counts as not made.',
    file: 'src/domain/clock-trust.ts',
    find: 'return statedMs < fromMs || statedMs > nowMs + aheadMs ? fromMs',
    put: 'return statedMs > nowMs + aheadMs ? fromMs',
    judge: 'simulation',
  },
  {
    name: 'waits for a time of the old clock go on',
    story: 'The database’s clock is set back by an hour, and payments are not continued for that hour.',
    file: 'src/engine/watch-clock.ts',
    find: 'if (backMs > 0) lookAtWaits',
    put: 'if (backMs > 90_000_000) lookAtWaits',
    judge: 'simulation',
  },
  {
    name: 'after a restore nothing is looked up before its first call',
    story: 'A backup of yesterday is restored, and every order of today is charged a second time.',
    file: 'src/engine/driving/worker.ts',
    find: 'const before = mustLookFirst(operation, context(held.grantedAtMs, held.record))\n',
    put: 'const before = operation.n < 0 && mustLookFirst(operation, context(held.grantedAtMs, held.record))\n',
    judge: 'simulation',
  },
  {
    name: 'after a restore the charge after the failed one is not looked up at all',
    story: 'The backup does not contain the charge of a second card, and the order is shown as failed.',
    file: 'src/engine/driving/finish.ts',
    find: 'return fails && contract.lookup && mayBeForgotten',
    put: 'return fails && contract.lookup && record.operation.n < 1 && mayBeForgotten',
    judge: 'simulation',
  },
  {
    name: 'the next charge is opened wherever the process is set to',
    story:
      'The shop moves to another gateway, and its orders wait there for a proof that only the old gateway can give.',
    file: 'src/engine/charging/next-charge.ts',
    find: '  if (unproved && (await isMadeElsewhere(engine, record)))\n    return',
    put: "  if (unproved && record.gateway === '') return",
    judge: 'scenarios',
    tests: { file: 'sim/scenarios/faults.test.ts', named: 'two gateways, or other settings, at once' },
  },
  {
    name: 'only the first page of earlier charges is looked up again',
    story:
      'Only some of the failed charges are looked up, another one was charged after all, and the customer pays twice.',
    file: 'src/engine/charges-to-verify.ts',
    find: 'if (page.length < PAGE) return;',
    put: 'if (page.length <= PAGE) return;',
    judge: 'simulation',
  },
  {
    name: 'a client without a key gets the old failure of a payment in REVIEW',
    story:
      'The money of a failed payment was charged after all, but the customer is told that it is safe to pay again.',
    file: 'src/engine/charging/waiting.ts',
    find: 'const stands = record.evidence === 0 && isSettled(record.operation.status);',
    put: 'const stands = record.evidence === 0;',
    judge: 'simulation',
  },
];
