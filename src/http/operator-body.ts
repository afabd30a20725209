/** From a JSON value to what an operator says, or to everything that is wrong with it. */
import { EFFECTS, type FollowUpKind } from '../domain/effects.ts';
import { type Findings, type RefusedFields, readOptional, refusal, refuseUnknown } from '../domain/fields.ts';
import {
  actorComplaint,
  type ResolutionFields,
  type ResolutionForm,
  readResolution,
} from '../domain/resolution-fields.ts';
import { type FieldError, pointerOf } from './field-errors.ts';
import type { JsonValue } from './json.ts';

interface RefusedBody {
  readonly kind: 'refused';
  readonly code: RefusedFields['code'];
  readonly errors: readonly FieldError[];
}

const unknown = (): string => 'is not a known field';

const PAYMENT: ResolutionForm = {
  outcome: 'outcome',
  evidence: 'evidence',
  gatewayRef: 'gateway_ref',
  amount: 'amount_captured',
  actor: 'actor',
  others: [],
  completed: EFFECTS.charge.done,
  unknown,
};

const FORMS: Readonly<Record<'payment' | FollowUpKind, ResolutionForm>> = {
  payment: PAYMENT,
  refund: { ...PAYMENT, amount: 'amount_refunded', completed: EFFECTS.refund.done },
  capture: { ...PAYMENT, completed: EFFECTS.capture.done },
  void: { ...PAYMENT, amount: 'amount_voided', completed: EFFECTS.void.done },
};

/** `{"outcome","evidence","actor","gateway_ref"?,"amount_captured"?}`; for a refund `amount_refunded`, for a void `amount_voided`. */
export function parseResolution(
  body: JsonValue,
  what: 'payment' | FollowUpKind,
  account: string,
): { readonly kind: 'resolution'; readonly resolution: ResolutionFields } | RefusedBody {
  if (!(body instanceof Map)) return NO_OBJECT;
  const read = readResolution(body, FORMS[what], account);
  return read.kind === 'resolution' ? read : refusedBody(read);
}

/** `{"actor"?}` */
export function parseLook(
  body: JsonValue,
): { readonly kind: 'look'; readonly actor: string | null } | RefusedBody {
  if (!(body instanceof Map)) return NO_OBJECT;
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(body, ['actor'], unknown, findings);
  const actor = readOptional(body, 'actor', actorComplaint, findings) ?? null;
  const refused = refusal(findings);
  return refused === null ? { kind: 'look', actor } : refusedBody(refused);
}

const NO_OBJECT: RefusedBody = {
  kind: 'refused',
  code: 'invalid_request',
  errors: [{ pointer: '', detail: 'must be a JSON object' }],
};

function refusedBody({ code, complaints }: RefusedFields): RefusedBody {
  const errors = complaints.map(({ path, detail }) => ({ pointer: pointerOf(path), detail }));
  return { kind: 'refused', code, errors };
}
