/** Bugs in what is made of a gateway's contract: what is taken from it for one kind of effect, and what is refused at the start. */
import type { PlantedBug } from '../bug.ts';

const PER_EFFECT = 'src/engine/contract-per-effect.test.ts';
const SAFETY = 'src/domain/contract-safety.test.ts';
const CHECK = 'src/domain/contract-check.test.ts';

export const CONTRACTS: readonly PlantedBug[] = [
  {
    name: 'what the contract says of one kind of effect is ignored',
    story:
      'A refund whose key the gateway does not keep is sent again, and the customer gets the money twice.',
    file: 'src/domain/contract.ts',
    find: 'const own = { ...common, ...effects[kind] };',
    put: 'const own: GatewayContract = kind in effects ? common : common;',
    judge: 'engine suite',
    tests: { file: PER_EFFECT, named: 'whose keys are not kept' },
  },
  {
    name: 'a worker decides about a refund by the contract of charges',
    story:
      'A refund that was answered with an error is declared failed and paid out by other means; a minute later the gateway makes it.',
    file: 'src/engine/driving/parts.ts',
    find: 'const policy = policyOf(engine, record);',
    put: 'const { policy } = record.order === null ? { policy: policyOf(engine, record) } : engine;',
    judge: 'engine suite',
    tests: { file: PER_EFFECT, named: 'whose errors land late' },
  },
  {
    name: 'a decline is the last word where the gateway forgets declines',
    story: 'An earlier call under the same key is approved after the decline, for an order that has failed.',
    file: 'src/domain/contract.ts',
    find: "return keys === 'kept' && declines === 'final';",
    put: "return keys === 'kept' && declines !== undefined;",
    judge: 'explorer',
  },
  {
    name: 'an answered error is over at once, whatever the contract says',
    story: 'The gateway charges after it has answered with an error, for an order that has failed.',
    file: 'src/domain/proof.ts',
    find: "const landsMs = doubt.kind === 'open' ? contract.landsWithinMs : errorsLandWithinMs;",
    put: "const landsMs = doubt.kind === 'open' ? contract.landsWithinMs : errorsLandWithinMs * 0;",
    judge: 'explorer',
  },
  {
    name: 'a key that is kept for an unknown time is relied on',
    story: 'A decline that a lookup shows counts for all calls under a key that the gateway had forgotten.',
    file: 'src/domain/contract.ts',
    find: "return own.keyWindowMs === 0 ? { ...own, keys: 'none' } : own;",
    put: "return own.keyWindowMs < 0 ? { ...own, keys: 'none' } : own;",
    judge: 'engine suite',
    tests: { file: SAFETY, named: 'nothing is sent again without a kept key or proof' },
  },
  {
    name: 'an adapter with an unsafe contract starts',
    story:
      'Money is held at a gateway that nobody can ask, so an authorisation that has ended counts as held for ever.',
    file: 'src/engine/engine.ts',
    find: 'checkContract(gateway, policy);\n',
    put: 'if (policy.leaseMs < 0) checkContract(gateway, policy);\n',
    judge: 'engine suite',
    tests: { file: PER_EFFECT, named: 'an adapter does not start' },
  },
  {
    name: 'errors may land later than silence',
    story:
      'A call whose error was lost counts as absent after the time for silence, and the gateway makes the charge after that.',
    file: 'src/domain/contract-check.ts',
    find: 'if (errorsLandWithinMs <= landsWithinMs) return [];',
    put: 'if (errorsLandWithinMs >= 0 || landsWithinMs >= 0) return [];',
    judge: 'engine suite',
    tests: { file: CHECK, named: 'errors land later than silence' },
  },
  {
    name: 'after a restore, keys are relied on that do not outlive what lands',
    story:
      'A call that the database has forgotten lands beside ours, after the gateway has forgotten its key: two charges.',
    file: 'src/domain/contract-check.ts',
    find: "if (own.keys === 'none' || own.keyWindowMs > own.landsWithinMs + leaseMs) return [];",
    put: "if (own.keys === 'none' || own.keyWindowMs > leaseMs - leaseMs) return [];",
    judge: 'engine suite',
    tests: { file: CHECK, named: 'keys do not outlive what lands' },
  },
];
