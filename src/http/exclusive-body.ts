/** From a JSON value to a capture or a void, or to everything that is wrong with it. */
import type { ExclusiveKind } from '../domain/effects.ts';
import {
  type ExclusiveFields,
  type ExclusiveForm,
  type ReadExclusive,
  readExclusive,
} from '../domain/exclusive-fields.ts';
import { type FieldError, pointerOf } from './field-errors.ts';
import type { JsonValue } from './json.ts';

export type ParsedExclusive =
  | { readonly kind: 'exclusive'; readonly exclusive: ExclusiveFields }
  | {
      readonly kind: 'refused';
      readonly code: Extract<ReadExclusive, { kind: 'refused' }>['code'];
      readonly errors: readonly FieldError[];
    };

const VOID: ExclusiveForm = { metadata: 'metadata', others: [], unknown: () => 'is not a known field' };
const FORMS = { capture: { ...VOID, amount: 'amount' }, void: VOID } as const;

/** `{"amount"?:<minor units>,"metadata"?}`; a void takes no amount. */
export function parseExclusive(kind: ExclusiveKind, body: JsonValue, account: string): ParsedExclusive {
  if (!(body instanceof Map)) {
    const errors = [{ pointer: '', detail: 'must be a JSON object' }];
    return { kind: 'refused', code: 'invalid_request', errors };
  }
  const read = readExclusive(body, FORMS[kind], account);
  if (read.kind === 'exclusive') return read;
  const errors = read.complaints.map(({ path, detail }) => ({ pointer: pointerOf(path), detail }));
  return { kind: 'refused', code: read.code, errors };
}
