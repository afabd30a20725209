/** Reads the arguments of `capture` and `void`, or everything that is wrong with them, by the rules of the HTTP API and with its messages. */
import type { ExclusiveKind } from '../domain/effects.ts';
import { type ExclusiveForm, readExclusive } from '../domain/exclusive-fields.ts';
import type { RefusedFields } from '../domain/fields.ts';
import type { ExclusiveWanted } from '../engine/api.ts';
import { type Fields, unknownName } from './fields.ts';
import { type CallForm, type CallOptions, OPTIONS_PLACE, readCall } from './read-call.ts';
import { complaintsAboutPayment } from './read-filters.ts';

const VOID_NAMES = ['paymentId', 'metadata', 'accountId'];
const CAPTURE_NAMES = ['paymentId', 'amountMinor', 'metadata', 'accountId'];

interface ReadWanted {
  readonly kind: 'exclusive';
  readonly exclusive: ExclusiveWanted;
}

function formOf(kind: ExclusiveKind): CallForm<ReadWanted> {
  const names = kind === 'capture' ? CAPTURE_NAMES : VOID_NAMES;
  const fields: ExclusiveForm = {
    ...(kind === 'capture' ? { amount: 'amountMinor' } : {}),
    metadata: 'metadata',
    accountId: 'accountId',
    others: ['paymentId'],
    unknown: (name) => unknownName(name, names, OPTIONS_PLACE),
  };
  return {
    names,
    place: `the ${kind}, the first argument`,
    must: 'must be an object with paymentId',
    // It is stored with every key: never change it.
    keyScope: `library ${kind}s`,
    read: (input) => readWanted(input, fields),
  };
}

const FORMS = { capture: formOf('capture'), void: formOf('void') } as const;

export interface ReadCapture extends CallOptions {
  readonly wanted: ExclusiveWanted;
}

/** Throws `PayonceInputError` with everything that is wrong. */
export function readCapture(kind: ExclusiveKind, input: unknown, options: unknown): ReadCapture {
  const { wanted, ...call } = readCall(input, options, FORMS[kind]);
  return { wanted: wanted.exclusive, ...call };
}

function readWanted(fields: Fields, form: ExclusiveForm): ReadWanted | RefusedFields {
  const paymentId = fields.get('paymentId');
  const complaints = complaintsAboutPayment(paymentId);
  const read = readExclusive(fields, form);
  if (read.kind === 'refused') return { ...read, complaints: [...complaints, ...read.complaints] };
  if (complaints.length > 0) return { kind: 'refused', code: 'invalid_request', complaints };
  return { kind: 'exclusive', exclusive: { ...read.exclusive, paymentId: String(paymentId).toLowerCase() } };
}
