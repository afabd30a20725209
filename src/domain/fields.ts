/**
 * Reads the named values of a request, and collects everything that is wrong with them. HTTP and the library read orders and refunds with
 * it, from maps, in which `__proto__` is a name like any other.
 */
import { holdsCardNumber } from './cards.ts';
import {
  amountComplaint,
  type Complaint,
  MAX_METADATA_KEYS,
  metadataKeyComplaint,
  metadataValueComplaint,
} from './order-rules.ts';

/** The account of every request that names none. */
export const DEFAULT_ACCOUNT = 'default';

const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({});

/**
 * `path`: the names that lead to the value, none for the whole request. `detail`: the rest of the sentence after
 * them. It repeats no value.
 */
export interface FieldComplaint {
  readonly path: readonly string[];
  readonly detail: string;
}

/** Everything that is wrong with a request. */
export interface RefusedFields {
  readonly kind: 'refused';
  readonly code: 'invalid_request' | 'card_number_refused';
  readonly complaints: readonly FieldComplaint[];
}

/** What has been found wrong so far. */
export interface Findings {
  readonly complaints: FieldComplaint[];
  cardNumber: boolean;
}

/** Null: nothing was found wrong. */
export function refusal({ complaints, cardNumber }: Findings): RefusedFields | null {
  if (complaints.length === 0) return null;
  return { kind: 'refused', code: cardNumber ? 'card_number_refused' : 'invalid_request', complaints };
}

const WHOLE_NUMBER: Complaint = {
  kind: 'invalid',
  detail:
    'must be a whole number of minor units (cents of USD), written without fraction or exponent, at most 2^53 - 1',
};

/** An amount that is sent in minor units, as a number. */
export function minorUnits(value: unknown): number | Complaint {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return WHOLE_NUMBER;
  return amountComplaint(value) ?? value;
}

const MAX_REPEATED_NAME = 64;

/** The name if it may be repeated in an answer, else null: it may be a card number in the wrong place. */
export function harmlessName(name: string): string | null {
  return name.length <= MAX_REPEATED_NAME && !holdsCardNumber(name) ? name : null;
}

export function report(findings: Findings, path: readonly string[], detail: string): void {
  findings.complaints.push({ path, detail });
}

export function complain(findings: Findings, path: readonly string[], complaint: Complaint | null): void {
  if (complaint === null) return;
  if (complaint.kind === 'card_number') findings.cardNumber = true;
  report(findings, path, complaint.detail);
}

/** A misspelt optional field must not count as absent. `unknown`: the complaint about such a name; it must not repeat a card number. */
export function refuseUnknown(
  fields: ReadonlyMap<string, unknown>,
  known: readonly (string | undefined)[],
  unknown: (name: string) => string,
  findings: Findings,
): void {
  for (const name of fields.keys()) {
    if (!known.includes(name)) report(findings, [name], unknown(name));
  }
}

export function readText(
  fields: ReadonlyMap<string, unknown>,
  name: string,
  complaintOf: (text: string) => Complaint | null,
  findings: Findings,
): string | undefined {
  const value = fields.get(name);
  if (value === undefined) {
    report(findings, [name], 'is required');
  } else if (typeof value !== 'string') {
    report(findings, [name], 'must be a string');
  } else {
    complain(findings, [name], complaintOf(value));
    return value;
  }
  return undefined;
}

export function readOptional(
  fields: ReadonlyMap<string, unknown>,
  name: string | undefined,
  complaintOf: (text: string) => Complaint | null,
  findings: Findings,
): string | undefined {
  if (name === undefined || !fields.has(name)) return undefined;
  return readText(fields, name, complaintOf, findings);
}

export function readMetadata(
  fields: ReadonlyMap<string, unknown>,
  name: string | undefined,
  findings: Findings,
): Readonly<Record<string, string>> {
  const value = name === undefined ? undefined : fields.get(name);
  if (name === undefined || value === undefined) return NO_METADATA;
  if (!(value instanceof Map)) {
    report(findings, [name], 'must be an object of strings');
    return NO_METADATA;
  }
  if (value.size > MAX_METADATA_KEYS) {
    report(findings, [name], `must not have more than ${MAX_METADATA_KEYS} entries`);
    return NO_METADATA;
  }
  for (const [key, text] of value as ReadonlyMap<string, unknown>) {
    const path = [name, key];
    complain(findings, path, metadataKeyComplaint(key));
    if (typeof text !== 'string') report(findings, path, 'must be a string');
    else complain(findings, path, metadataValueComplaint(text));
  }
  // Defines own properties, so a note called __proto__ is just a note.
  return Object.fromEntries(value) as Record<string, string>;
}
