/**
 * From named values to a capture or a void that is wanted, or to a list of everything that is wrong with them. HTTP and the library both read
 * theirs here, and differ only in the names of the fields. No later code checks the result again.
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
import { accountIdComplaint } from './order-rules.ts';

/** The field names of one entry point. A field without a name here cannot be sent there. */
export interface ExclusiveForm {
  /** Absent: it takes none, as every void. */
  readonly amount?: string;
  readonly metadata: string;
  readonly accountId?: string;
  /** Names that the entry point reads by itself. */
  readonly others: readonly string[];
  /** The complaint about an unknown name. It must not repeat a name that may be a card number. */
  readonly unknown: (name: string) => string;
}

/** All that a capture or a void has but its payment. */
export interface ExclusiveFields {
  readonly accountId: string;
  /** Minor units, at least 1. Null: all that was authorised. */
  readonly amountMinor: number | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export type ReadExclusive =
  | { readonly kind: 'exclusive'; readonly exclusive: ExclusiveFields }
  | RefusedFields;

/** Takes maps, in which `__proto__` is a name like any other. `account`: whose it is, unless a field says so. */
export function readExclusive(
  fields: ReadonlyMap<string, unknown>,
  form: ExclusiveForm,
  account: string = DEFAULT_ACCOUNT,
): ReadExclusive {
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(fields, [form.amount, form.metadata, form.accountId, ...form.others], form.unknown, findings);
  const amountMinor = form.amount === undefined ? null : readAmount(fields, form.amount, findings);
  const metadata = readMetadata(fields, form.metadata, findings);
  const accountId = readOptional(fields, form.accountId, accountIdComplaint, findings) ?? account;
  return refusal(findings) ?? { kind: 'exclusive', exclusive: { accountId, amountMinor, metadata } };
}

/** Only a missing amount means all of it. A null may be an amount that the caller lost, so it is refused. */
function readAmount(fields: ReadonlyMap<string, unknown>, name: string, findings: Findings): number | null {
  if (!fields.has(name)) return null;
  const amount = minorUnits(fields.get(name));
  if (typeof amount === 'number') return amount;
  complain(findings, [name], amount);
  return null;
}
