/**
 * What of a contract would make Payonce wrong, or leave it without an answer for ever. Nothing starts with such a contract. A contract that only makes Payonce
 * slow or careful is no problem: the engine derives from it what it does without.
 */
import { contractFor, type EffectContract, type GatewayContract } from './contract.ts';
import type { EffectKind } from './effects.ts';
import type { Policy } from './policy.ts';

/** Something that an adapter declares, or what it offers. */
export interface Declared {
  readonly contract: GatewayContract;
  /** Whether the adapter has `twoSteps`. */
  readonly twoSteps: boolean;
  /** The effects that the adapter has methods for. */
  readonly offered: readonly EffectKind[];
}

export interface ContractProblem {
  /** What is wrong, such as `contract.effects.refund.lookup`. */
  readonly field: string;
  /** Why, and what to write, as the rest of a sentence. */
  readonly detail: string;
}

/** What is wrong with what an adapter declares, whatever the policy is. */
export function contractProblems(declared: Declared): readonly ContractProblem[] {
  const { contract, offered } = declared;
  return [
    ...stepsProblems(declared),
    ...(contract.maxKeyChars !== undefined && contract.maxKeyChars < KEY_CHARS ? [KEY_TOO_LONG] : []),
    ...Object.keys(contract.effects ?? {})
      .filter((kind) => !offered.includes(kind as EffectKind))
      .map((kind) => ({ field: `contract.effects.${kind}`, detail: NOT_OFFERED[kind as EffectKind] })),
    ...onceEach(offered.flatMap((kind) => effectProblems(contract, kind))),
    ...(offered.includes('capture') ? onceEach(HELD.flatMap((kind) => heldProblems(contract, kind))) : []),
  ];
}

/** What of the contract is unsafe with this policy. */
export function policyProblems(
  { contract, offered }: Declared,
  policy: Pick<Policy, 'leaseMs' | 'resolveForMs' | 'restoredAtMs'>,
): readonly ContractProblem[] {
  return onceEach(
    offered.flatMap((kind) => {
      const problems = [lagProblem(contract, kind, policy), ...restoreProblems(contract, kind, policy)];
      return problems.filter((problem) => problem !== null);
    }),
  );
}

/** Every key of ours is a UUID (`ids.ts`). */
const KEY_CHARS = 36;

const KEY_TOO_LONG: ContractProblem = {
  field: 'contract.maxKeyChars',
  detail: `must be at least ${KEY_CHARS}: our keys are that long, and a gateway that cuts them could take two for one. Send a hash of the key that fits, and declare the length of ours`,
};

const NOT_OFFERED: Readonly<Record<EffectKind, string>> = {
  charge: 'must be left out',
  refund: 'must be left out unless the adapter has refunds: add them, or the gateway takes none',
  capture:
    'must be left out unless the adapter has captures: add them, or the gateway cannot authorise first',
  void: 'must be left out unless the adapter has captures: add them, or the gateway cannot authorise first',
};

/** What is asked what has become of money that is held. */
const HELD: readonly EffectKind[] = ['charge', 'capture', 'void'];

function stepsProblems({ contract, twoSteps }: Declared): readonly ContractProblem[] {
  if (contract.steps !== 'two')
    return twoSteps ? [{ field: 'twoSteps', detail: "must be left out if contract.steps is 'one'" }] : [];
  if (!twoSteps)
    return [{ field: 'twoSteps', detail: "must have prepare and seal if contract.steps is 'two'" }];
  const { keys, lookup } = contractFor(contract, 'charge');
  if (keys === 'kept' && lookup) return [];
  return [
    {
      field: 'contract.steps',
      detail:
        "must be 'one' unless keys is 'kept', keyWindowMs is above 0, and lookup is true: nothing else can tell what became of a charge of two steps",
    },
  ];
}

function effectProblems(contract: GatewayContract, kind: EffectKind): readonly ContractProblem[] {
  const { errorsLandWithinMs = 0, landsWithinMs } = contractFor(contract, kind);
  if (errorsLandWithinMs <= landsWithinMs) return [];
  return [
    {
      field: fieldOf(contract, kind, 'errorsLandWithinMs'),
      detail:
        'must be at most landsWithinMs: a call that got no answer may be one whose error was lost. Raise landsWithinMs ' +
        '(the settings are GATEWAY_ERRORS_LAND_WITHIN_MS and GATEWAY_LANDS_WITHIN_MS)',
    },
  ];
}

function heldProblems(contract: GatewayContract, kind: EffectKind): readonly ContractProblem[] {
  if (contractFor(contract, kind).lookup) return [];
  return [
    {
      field: fieldOf(contract, kind, 'lookup'),
      detail:
        'must be true if the adapter has captures: nothing else can tell what has become of money that is held. Add lookups, or leave captures out',
    },
  ];
}

function lagProblem(
  contract: GatewayContract,
  kind: EffectKind,
  { resolveForMs }: Pick<Policy, 'resolveForMs'>,
): ContractProblem | null {
  const { lookup, lookupLagMs } = contractFor(contract, kind);
  if (!lookup || lookupLagMs < resolveForMs) return null;
  return {
    field: fieldOf(contract, kind, 'lookupLagMs'),
    detail:
      'must be shorter than policy.resolveForMs (RESOLVE_FOR_MS): a person would be asked before a lookup could prove anything. Raise that, or declare lookup: false if the lookups are of no use',
  };
}

/** A restored database has forgotten calls. Only the gateway knows them, and only its keys keep one that still lands from moving money beside ours. */
function restoreProblems(
  contract: GatewayContract,
  kind: EffectKind,
  { restoredAtMs, leaseMs }: Pick<Policy, 'restoredAtMs' | 'leaseMs'>,
): readonly ContractProblem[] {
  if (restoredAtMs === null) return [];
  const own = contractFor(contract, kind);
  if (!own.lookup)
    return [
      {
        field: 'policy.restoredAtMs',
        detail:
          `needs a gateway with lookups (${fieldOf(contract, kind, 'lookup')}): only the gateway knows what a restored database has forgotten. Compare the old payments with the gateway by hand, then start ` +
          'without restoredAtMs',
      },
    ];
  if (own.keys === 'none' || own.keyWindowMs > own.landsWithinMs + leaseMs) return [];
  return [
    {
      field: fieldOf(contract, kind, 'keyWindowMs'),
      detail:
        "must be longer than landsWithinMs and leaseMs together if policy.restoredAtMs is set: else a call that the database has forgotten can land beside ours when its key has been forgotten, too. Declare keys: 'none' (the setting is GATEWAY_KEYS): then such a call is waited for",
    },
  ];
}

/** Where the word stands that holds for this kind. */
function fieldOf({ effects }: GatewayContract, kind: EffectKind, word: keyof EffectContract): string {
  return effects?.[kind]?.[word] === undefined ? `contract.${word}` : `contract.effects.${kind}.${word}`;
}

/** A common word can be wrong for several effects. */
function onceEach(problems: readonly ContractProblem[]): readonly ContractProblem[] {
  return [...new Map(problems.map((problem) => [problem.field, problem])).values()];
}
