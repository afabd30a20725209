/**
 * From named values to a refund that is wanted, or to a list of everything that is wrong with them. HTTP and the library both read their
 * refunds here, and differ only in the names of the fields. No later code checks the result again.
 */
import {
  complain,
  DEFAULT_ACCOUNT,
  type Findings,
  minorUnits,
  type RefusedFields,
  readMetadata,
  readOptional,
  refusal,
  refuseUnknown,
} from './fields.ts';
import {
  accountIdComplaint,
  type Complaint,
  metadataValueComplaint,
  orderIdComplaint,
} from './order-rules.ts';

/** The field names of one entry point. A field without a name here cannot be sent there. */
export interface RefundForm {
  readonly amount: string;
  readonly refundId: string;
  readonly reason: string;
  readonly metadata: string;
  readonly accountId?: string;
  /** Names that the entry point reads by itself. */
  readonly others: readonly string[];
  /** The complaint about an unknown name. It must not repeat a name that may be a card number. */
  readonly unknown: (name: string) => string;
}

/** All that a refund has but its payment. */
export interface RefundFields {
  readonly accountId: string;
  /** Minor units, at least 1. Null: all that is left. */
  readonly amountMinor: number | null;
  /** Null: the caller named none. */
  readonly refundId: string | null;
  /** Null: the caller gave none. */
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export type ReadRefund = { readonly kind: 'refund'; readonly refund: RefundFields } | RefusedFields;

/** Takes maps, in which `__proto__` is a name like any other. `account`: whose it is, unless a field says so. */
export function readRefund(
  fields: ReadonlyMap<string, unknown>,
  form: RefundForm,
  account: string = DEFAULT_ACCOUNT,
): ReadRefund {
  const findings: Findings = { complaints: [], cardNumber: false };
  const known = [form.amount, form.refundId, form.reason, form.metadata, form.accountId, ...form.others];
  refuseUnknown(fields, known, form.unknown, findings);
  const amountMinor = readAmount(fields, form.amount, findings);
  const refundId = readOptional(fields, form.refundId, refundIdComplaint, findings) ?? null;
  const reason = readOptional(fields, form.reason, reasonComplaint, findings) ?? null;
  const metadata = readMetadata(fields, form.metadata, findings);
  const accountId = readOptional(fields, form.accountId, accountIdComplaint, findings) ?? account;
  const refund = { accountId, amountMinor, refundId, reason, metadata };
  return refusal(findings) ?? { kind: 'refund', refund };
}

/** Only a missing amount means all that is left. A null may be an amount that the caller lost, so it is refused. */
function readAmount(fields: ReadonlyMap<string, unknown>, name: string, findings: Findings): number | null {
  if (!fields.has(name)) return null;
  const amount = minorUnits(fields.get(name));
  if (typeof amount === 'number') return amount;
  complain(findings, [name], amount);
  return null;
}

/** The rules of an order's id, and one more: a client turns `.` and `..` in an address into another address, also when they are encoded. */
export function refundIdComplaint(refundId: string): Complaint | null {
  if (refundId !== '.' && refundId !== '..') return orderIdComplaint(refundId);
  return { kind: 'invalid', detail: 'must not be "." or "..", which no address can end with' };
}

/** 1 to 500 characters, and no card number. */
function reasonComplaint(reason: string): Complaint | null {
  return reason === '' ? { kind: 'invalid', detail: 'must not be empty' } : metadataValueComplaint(reason);
}
