/**
 * From named values to what an operator states, or to a list of everything that is wrong with them. HTTP and the library both read it here,
 * and differ only in the names. No later code checks the result again.
 */
import {
  complain,
  DEFAULT_ACCOUNT,
  type Findings,
  minorUnits,
  type RefusedFields,
  readOptional,
  readText,
  refusal,
  refuseUnknown,
  report,
} from './fields.ts';
import {
  accountIdComplaint,
  type Complaint,
  metadataValueComplaint,
  methodComplaint,
} from './order-rules.ts';
import type { Wish } from './wish.ts';

/** The names of one entry point. */
export interface ResolutionForm {
  readonly outcome: string;
  readonly evidence: string;
  readonly gatewayRef: string;
  readonly amount: string;
  readonly actor: string;
  readonly accountId?: string;
  /** Names that the entry point reads by itself. */
  readonly others: readonly string[];
  /** The word for `completed`. */
  readonly completed: string;
  /** The complaint about an unknown name. It must not repeat a name that may be a card number. */
  readonly unknown: (name: string) => string;
}

export interface ResolutionFields {
  readonly accountId: string;
  readonly wish: Wish;
  readonly evidence: string;
}

export type ReadResolution =
  | { readonly kind: 'resolution'; readonly resolution: ResolutionFields }
  | RefusedFields;

type Fields = ReadonlyMap<string, unknown>;

/** `owner`: the account whose it is, unless a field says so. */
export function readResolution(
  fields: Fields,
  form: ResolutionForm,
  owner: string = DEFAULT_ACCOUNT,
): ReadResolution {
  const findings: Findings = { complaints: [], cardNumber: false };
  const { outcome, evidence, gatewayRef, amount, actor, accountId, others } = form;
  refuseUnknown(
    fields,
    [outcome, evidence, gatewayRef, amount, actor, accountId, ...others],
    form.unknown,
    findings,
  );
  const reasons = readText(fields, evidence, evidenceComplaint, findings) ?? '';
  const who = readText(fields, actor, actorComplaint, findings) ?? '';
  const account = readOptional(fields, accountId, accountIdComplaint, findings) ?? owner;
  const wish = readWish(fields, form, who, findings);
  const refused = refusal(findings);
  if (refused !== null) return refused;
  // Without a complaint there is a wish.
  return { kind: 'resolution', resolution: { accountId: account, wish: wish as Wish, evidence: reasons } };
}

/** Null: it is wrong, and a complaint says so. */
function readWish(fields: Fields, form: ResolutionForm, actor: string, findings: Findings): Wish | null {
  const outcome = fields.get(form.outcome);
  switch (outcome) {
    case form.completed: {
      const gatewayRef = readText(fields, form.gatewayRef, methodComplaint, findings);
      const amount = fields.has(form.amount) ? minorUnits(fields.get(form.amount)) : REQUIRED;
      if (typeof amount !== 'number') complain(findings, [form.amount], amount);
      if (gatewayRef === undefined || typeof amount !== 'number') return null;
      return { outcome: 'completed', gatewayRef, amountMinor: amount, actor };
    }
    case 'failed':
      for (const name of [form.gatewayRef, form.amount])
        if (fields.has(name)) report(findings, [name], `belongs only to the outcome "${form.completed}"`);
      return { outcome, actor };
    default:
      report(findings, [form.outcome], `must be "${form.completed}" or "failed"`);
      return null;
  }
}

const REQUIRED: Complaint = { kind: 'invalid', detail: 'is required' };
const EMPTY: Complaint = { kind: 'invalid', detail: 'must not be empty' };

/** 1 to 500 characters, and no card number. */
function evidenceComplaint(evidence: string): Complaint | null {
  return evidence === '' ? EMPTY : metadataValueComplaint(evidence);
}

/** The audit trail shows it in one line. */
const MAX_ACTOR_LENGTH = 100;

/** 1 to 100 characters without control characters, and no card number. */
export function actorComplaint(actor: string): Complaint | null {
  if (actor === '') return EMPTY;
  if (actor.length > MAX_ACTOR_LENGTH || /\p{Control}/u.test(actor))
    return { kind: 'invalid', detail: `must be 1 to ${MAX_ACTOR_LENGTH} characters of one line` };
  return metadataValueComplaint(actor);
}
