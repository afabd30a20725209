/**
 * From named values to an order, or to a list of everything that is wrong with them. HTTP and the library both read
 * their orders here, and differ only in the names of the fields. Parse, don't validate: the result has the type
 * `Order`, and no later code checks it again.
 */
import {
  complain,
  DEFAULT_ACCOUNT,
  type Findings,
  type RefusedFields,
  readMetadata,
  readOptional,
  readText,
  refusal,
  refuseUnknown,
  report,
} from './fields.ts';
import {
  accountIdComplaint,
  type Complaint,
  captureMethodComplaint,
  currencyComplaint,
  giveUpComplaint,
  methodComplaint,
  orderIdComplaint,
} from './order-rules.ts';
import type { Order } from './payment.ts';

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
  /** Without a name here, the entry point says itself whose an order is. */
  readonly accountId?: string;
  /** How long the order is tried, in seconds. */
  readonly giveUpAfterS?: string;
  /** Whether the money is taken at once, or authorised first. */
  readonly captureMethod?: string;
  /** The complaint about an unknown name. It must not repeat a name that may be a card number. */
  readonly unknown: (name: string) => string;
}

export type ReadOrder =
  /** `giveUpAfterS`: null if it was not sent. */
  { readonly kind: 'order'; readonly order: Order; readonly giveUpAfterS: number | null } | RefusedFields;

/** Takes maps, in which `__proto__` is a name like any other. `account`: whose it is, unless a field says so. */
export function readOrder(
  fields: ReadonlyMap<string, unknown>,
  form: OrderForm,
  account: string = DEFAULT_ACCOUNT,
): ReadOrder {
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(fields, namesOf(form), form.unknown, findings);
  const orderId = readText(fields, form.orderId, orderIdComplaint, findings) ?? '';
  const amountMinor = readAmount(fields, form, findings);
  const currency =
    'fixed' in form.currency
      ? form.currency.fixed
      : (readText(fields, form.currency.name, currencyComplaint, findings) ?? '');
  const method = readOptional(fields, form.method, methodComplaint, findings);
  const metadata = readMetadata(fields, form.metadata, findings);
  const accountId = readOptional(fields, form.accountId, accountIdComplaint, findings) ?? account;
  const giveUpAfterS = readGiveUp(fields, form.giveUpAfterS, findings);
  const captureMethod = readOptional(fields, form.captureMethod, captureMethodComplaint, findings);
  const refused = refusal(findings);
  if (refused !== null) return refused;
  const plain: Order =
    method === undefined
      ? { accountId, orderId, amountMinor, currency, metadata }
      : { accountId, orderId, amountMinor, currency, method, metadata };
  const order: Order = captureMethod === 'manual' ? { ...plain, captureMethod } : plain;
  return { kind: 'order', order, giveUpAfterS };
}

/** Every name of the form. */
function namesOf(form: OrderForm): readonly (string | undefined)[] {
  const currency = 'fixed' in form.currency ? undefined : form.currency.name;
  return [
    form.orderId,
    form.amount,
    currency,
    form.method,
    form.metadata,
    form.accountId,
    form.giveUpAfterS,
    form.captureMethod,
  ];
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
