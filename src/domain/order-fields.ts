/**
 * From named values to an order, or to a list of everything that is wrong with them. HTTP and the library both read
 * their orders here, and differ only in the names of the fields. Parse, don't validate: the result has the type
 * `Order`, and no later code checks it again.
 */
import { holdsCardNumber } from './cards.ts';
import {
  accountIdComplaint,
  amountComplaint,
  type Complaint,
  currencyComplaint,
  giveUpComplaint,
  MAX_METADATA_KEYS,
  metadataKeyComplaint,
  metadataValueComplaint,
  methodComplaint,
  orderIdComplaint,
} from './order-rules.ts';
import type { Order } from './payment.ts';

/** The account of every order that names none. */
export const DEFAULT_ACCOUNT = 'default';

const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({});

/** The field names of one entry point, such as a route. A field without a name here cannot be sent there. */
export interface OrderForm {
  readonly orderId: string;
  readonly amount: string;
  /** From the value that was sent to minor units, or what is wrong with it. */
  readonly amountOf: (value: unknown) => number | Complaint;
  /** The field's name, or the one currency of this entry point. */
  readonly currency: { readonly name: string } | { readonly fixed: string };
  readonly method?: string;
  readonly metadata?: string;
  readonly accountId?: string;
  /** How long the order is tried, in seconds. */
  readonly giveUpAfterS?: string;
  /** The complaint about an unknown name. It must not repeat a name that may be a card number. */
  readonly unknown: (name: string) => string;
}

/**
 * `path`: the names that lead to the value, none for the whole order. `detail`: the rest of the sentence after
 * them. It repeats no value.
 */
export interface FieldComplaint {
  readonly path: readonly string[];
  readonly detail: string;
}

export type ReadOrder =
  /** `giveUpAfterS`: null if it was not sent. */
  | { readonly kind: 'order'; readonly order: Order; readonly giveUpAfterS: number | null }
  | {
      readonly kind: 'refused';
      readonly code: 'invalid_request' | 'card_number_refused';
      readonly complaints: readonly FieldComplaint[];
    };

/** What has been found wrong so far. */
interface Findings {
  readonly complaints: FieldComplaint[];
  cardNumber: boolean;
}

/** Takes maps, in which `__proto__` is a name like any other. */
export function readOrder(fields: ReadonlyMap<string, unknown>, form: OrderForm): ReadOrder {
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(fields, form, findings);
  const orderId = readText(fields, form.orderId, orderIdComplaint, findings) ?? '';
  const amountMinor = readAmount(fields, form, findings);
  const currency =
    'fixed' in form.currency
      ? form.currency.fixed
      : (readText(fields, form.currency.name, currencyComplaint, findings) ?? '');
  const method = readOptional(fields, form.method, methodComplaint, findings);
  const metadata = readMetadata(fields, form.metadata, findings);
  const accountId = readOptional(fields, form.accountId, accountIdComplaint, findings) ?? DEFAULT_ACCOUNT;
  const giveUpAfterS = readGiveUp(fields, form.giveUpAfterS, findings);
  const { complaints, cardNumber } = findings;
  if (complaints.length > 0) {
    return { kind: 'refused', code: cardNumber ? 'card_number_refused' : 'invalid_request', complaints };
  }
  const order: Order =
    method === undefined
      ? { accountId, orderId, amountMinor, currency, metadata }
      : { accountId, orderId, amountMinor, currency, method, metadata };
  return { kind: 'order', order, giveUpAfterS };
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

function report(findings: Findings, path: readonly string[], detail: string): void {
  findings.complaints.push({ path, detail });
}

function complain(findings: Findings, path: readonly string[], complaint: Complaint | null): void {
  if (complaint === null) return;
  if (complaint.kind === 'card_number') findings.cardNumber = true;
  report(findings, path, complaint.detail);
}

/** A misspelt optional field must not count as absent. */
function refuseUnknown(fields: ReadonlyMap<string, unknown>, form: OrderForm, findings: Findings): void {
  const known = namesOf(form);
  for (const name of fields.keys()) {
    if (!known.includes(name)) report(findings, [name], form.unknown(name));
  }
}

/** Every name of the form. */
function namesOf(form: OrderForm): readonly (string | undefined)[] {
  const currency = 'fixed' in form.currency ? undefined : form.currency.name;
  return [form.orderId, form.amount, currency, form.method, form.metadata, form.accountId, form.giveUpAfterS];
}

function readText(
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

function readOptional(
  fields: ReadonlyMap<string, unknown>,
  name: string | undefined,
  complaintOf: (text: string) => Complaint | null,
  findings: Findings,
): string | undefined {
  if (name === undefined || !fields.has(name)) return undefined;
  return readText(fields, name, complaintOf, findings);
}

function readAmount(fields: ReadonlyMap<string, unknown>, form: OrderForm, findings: Findings): number {
  const value = fields.get(form.amount);
  if (value === undefined) {
    report(findings, [form.amount], 'is required');
    return 0;
  }
  const amount = form.amountOf(value);
  if (typeof amount === 'number') return amount;
  complain(findings, [form.amount], amount);
  return 0;
}

function readGiveUp(
  fields: ReadonlyMap<string, unknown>,
  name: string | undefined,
  findings: Findings,
): number | null {
  if (name === undefined || !fields.has(name)) return null;
  const value = fields.get(name);
  const complaint = giveUpComplaint(value);
  complain(findings, [name], complaint);
  return complaint === null ? Number(value) : null;
}

function readMetadata(
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
