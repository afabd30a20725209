/** Reads the contract that a caller's adapter declares. */
import type { EffectContract, GatewayContract } from '../domain/contract.ts';
import { EFFECTS, type EffectKind } from '../domain/effects.ts';
import { type Fields, fieldsOf, refuseUnknown } from './fields.ts';
import type { InputProblem } from './input-error.ts';

/** What is wrong with the value of a word, as the rest of a sentence. Null: nothing. */
type Complaint = (value: unknown) => string | null;
type Words = Readonly<Record<string, Complaint>>;

/** A century: longer than any gateway promises. */
const MAX_MS = 100 * 365 * 86_400_000;

const oneOf =
  (...words: readonly string[]): Complaint =>
  (value) =>
    typeof value === 'string' && words.includes(value)
      ? null
      : `must be ${words.map((word) => `'${word}'`).join(' or ')}`;

const flag: Complaint = (value) => (typeof value === 'boolean' ? null : 'must be true or false');

const whole =
  (min: number, max: number): Complaint =>
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? null
      : `must be a whole number from ${min} to ${max}`;

const duration: Complaint = (value) =>
  value === undefined ? 'is required, in milliseconds' : whole(0, MAX_MS)(value);

/** Every fact that decides about money is required: no default would be safe for all gateways. */
const REQUIRED: Words = {
  keys: oneOf('kept', 'none'),
  keyWindowMs: duration,
  cachesErrors: flag,
  lookup: flag,
  lookupLagMs: duration,
  landsWithinMs: duration,
} satisfies Partial<Record<keyof EffectContract, Complaint>>;

const OPTIONAL: Words = {
  declines: oneOf('final', 'forgotten'),
  errorsLandWithinMs: duration,
  pendingForMs: whole(1000, MAX_MS),
} satisfies Partial<Record<keyof EffectContract, Complaint>>;

const COMMON_REQUIRED = { steps: oneOf('one', 'two'), ...REQUIRED };
const COMMON_OPTIONAL: Words = {
  ...OPTIONAL,
  authorizedForMs: whole(1000, MAX_MS),
  maxKeyChars: whole(1, Number.MAX_SAFE_INTEGER),
} satisfies Partial<Record<keyof GatewayContract, Complaint>>;

const EFFECTS_WORD = 'effects';
const FIELD = 'gateway.contract';

/** Null: it cannot be used, and `errors` says why. */
export function readContract(contract: unknown, errors: InputProblem[]): GatewayContract | null {
  const required = Object.keys(COMMON_REQUIRED);
  const known = [...required, ...Object.keys(COMMON_OPTIONAL), EFFECTS_WORD];
  const fields = fieldsOf(contract, known);
  if (fields === null) {
    errors.push({ field: FIELD, detail: `must be an object with ${required.join(', ')}` });
    return null;
  }
  const before = errors.length;
  refuseUnknown(fields, known, errors, ['gateway', 'contract']);
  checkWords(fields, { required: COMMON_REQUIRED, optional: COMMON_OPTIONAL }, FIELD, errors);
  const effects = readEffects(fields.get(EFFECTS_WORD), errors);
  if (errors.length > before) return null;
  const words = Object.fromEntries([...fields].filter(([word]) => word !== EFFECTS_WORD));
  return { ...words, ...(effects === null ? {} : { effects }) } as unknown as GatewayContract;
}

/** Null: there are none, or they cannot be used. */
function readEffects(effects: unknown, errors: InputProblem[]): GatewayContract['effects'] | null {
  if (effects === undefined) return null;
  const kinds = Object.keys(EFFECTS) as EffectKind[];
  const given = fieldsOf(effects, kinds);
  const field = `${FIELD}.${EFFECTS_WORD}`;
  if (given === null) {
    errors.push({ field, detail: `must be an object with ${kinds.join(', ')}, or left out` });
    return null;
  }
  refuseUnknown(given, kinds, errors, ['gateway', 'contract', EFFECTS_WORD]);
  const read = kinds.filter((kind) => given.has(kind));
  return Object.fromEntries(read.map((kind) => [kind, readEffect(kind, given.get(kind), errors)]));
}

function readEffect(kind: EffectKind, effect: unknown, errors: InputProblem[]): Partial<EffectContract> {
  const words = { ...REQUIRED, ...OPTIONAL };
  const fields = fieldsOf(effect, Object.keys(words));
  const field = `${FIELD}.${EFFECTS_WORD}.${kind}`;
  if (fields === null) {
    errors.push({ field, detail: 'must be an object with what is different for it, or left out' });
    return {};
  }
  refuseUnknown(fields, Object.keys(words), errors, ['gateway', 'contract', EFFECTS_WORD, kind]);
  checkWords(fields, { optional: words }, field, errors);
  return Object.fromEntries(fields);
}

/** Complains about each word that is wrong. A missing one is wrong if it is in `required`. */
function checkWords(
  fields: Fields,
  { required = {}, optional = {} }: Readonly<Partial<Record<'required' | 'optional', Words>>>,
  prefix: string,
  errors: InputProblem[],
): void {
  const here = Object.entries(optional).filter(([word]) => fields.has(word));
  for (const [word, complaint] of [...Object.entries(required), ...here]) {
    const detail = complaint(fields.get(word));
    if (detail !== null) errors.push({ field: `${prefix}.${word}`, detail });
  }
}
