/** Bugs of refunds that the exhaustive search, the kills and the scripts must notice, wherever they show. */
import type { PlantedBug } from '../bug.ts';

const TRANSITION = 'src/domain/transition';
const SCRIPTS = 'sim/scenarios/faults.test.ts';

export const REFUNDS_PROOF: readonly PlantedBug[] = [
  {
    name: 'a refund in review no longer counts in the sums',
    story:
      'Nobody knows yet whether a customer got 70 of 100 back; the 70 are free again, are refunded once more, and 140 are gone.',
    file: 'src/domain/sums.ts',
    find: "return status !== 'COMPLETED' && status !== 'FAILED';",
    put: "return status !== 'COMPLETED' && status !== 'FAILED' && status !== 'REVIEW';",
    judge: 'explorer',
  },
  {
    name: 'an error that the gateway answered proves that no refund was made',
    story:
      'The gateway made the refund and answered 500; Payonce calls it failed, and the merchant refunds again.',
    file: `${TRANSITION}/call-ended.ts`,
    find: "      const next = doubted(operation, outcome.answered ? 'answered' : 'open', context);",
    put: "      if (outcome.answered && operation.kind === 'refund')\n        return failed(operation, 'gateway_error', NOT_EXECUTED);\n      const next = doubted(operation, outcome.answered ? 'answered' : 'open', context);",
    judge: 'explorer',
  },
  {
    name: 'a refund that succeeds leaves the sums as they are',
    story:
      'A payment of 100 that was refunded in full shows that all of it can be refunded, and it is, again.',
    file: 'src/domain/sums.ts',
    find: "movedMinor * (Number(after === 'COMPLETED') - Number(before === 'COMPLETED'))",
    put: "movedMinor * (Number(after === 'COMPLETED') - Number(after === 'COMPLETED'))",
    judge: 'explorer',
  },
  {
    name: 'a refund that failed after it succeeded stays in the sums',
    story:
      'The bank sends a refund back, and the customer can never be refunded: the sums say that it has the money.',
    file: 'src/domain/sums.ts',
    find: "movedMinor * (Number(after === 'COMPLETED') - Number(before === 'COMPLETED'))",
    put: "movedMinor * (after === 'COMPLETED' && before !== 'COMPLETED' ? 1 : 0)",
    judge: 'kill points',
  },
  {
    name: 'a refund that is pending counts as made',
    story: 'A customer is told that the money is back; the bank declines the refund the next day.',
    file: `${TRANSITION}/call-ended.ts`,
    find: "    case 'pending': {\n      const next",
    put: "    case 'pending': {\n      if (operation.kind === 'refund') return completed(operation, outcome.ref, context);\n      const next",
    judge: 'explorer',
  },
  {
    name: 'a refund is sent although a released one was not looked up',
    story:
      'A refund that counted as failed was made after all; the next one is sent without a look, and both are paid.',
    file: 'src/engine/follow-ups/checking.ts',
    find: "const isSent = record.operation.step !== 'verify' || !policyOf(engine, record).contract.lookup;",
    put: 'const isSent = record.operation.kind.length > 0;',
    judge: 'scenarios',
    tests: { file: SCRIPTS, named: 'it is made after it was proved absent' },
  },
  {
    name: 'a refund for which there is no room any more is sent again',
    story:
      'While a refund of 70 is in doubt, an earlier one of 70 turns up that had counted as failed; the second is sent again, and 140 of 100 are gone.',
    file: `${TRANSITION}/released.ts`,
    find: "onVerified({ ...operation, step: 'lookup' }, ",
    put: 'onVerified(operation, ',
    judge: 'explorer',
  },
  {
    name: 'news of a refund that failed sends it again',
    story:
      'A late report about a refund that counts as failed makes a worker call for it, and a second refund is made.',
    file: `${TRANSITION}/claim.ts`,
    find: '  if (isSettled(taken.status)) return claimVerify(taken, detail, context);',
    put: "  if (taken.kind === 'refund' && taken.status === 'FAILED' && event.evidence > 0) return claimCall(taken, detail, context);\n  if (isSettled(taken.status)) return claimVerify(taken, detail, context);",
    judge: 'explorer',
  },
  {
    name: 'a refund’s key at the gateway is another one each time it is opened',
    story:
      'The database loses its last commit, the client asks again, and the gateway sees another key: the money goes back twice.',
    file: 'src/engine/follow-ups/open.ts',
    find: 'const identity = identityOf(name, key?.hash ?? null);',
    put: 'const identity = identityOf(name && random.hex128(), key?.hash ?? null);',
    judge: 'kill points',
  },
];
