/** The problems of each kind of route, and the schema of them all. */
import { PROBLEMS, type ProblemCode } from '../../domain/problems.ts';
import { OPERATION, PAYMENT, REFUND } from './answers.ts';
import type { Operation } from './operation.ts';
import { answerOf, oneOf, type Schema, TEXT, WHOLE } from './schema.ts';

/** Of any request. */
const OF_TRANSPORT: readonly ProblemCode[] = [
  'invalid_request',
  'request_timeout',
  'expectation_failed',
  'headers_too_large',
  'internal_error',
];
const OF_API: readonly ProblemCode[] = [
  'unauthorized',
  'api_key_wrong_mode',
  'scope_missing',
  'origin_refused',
  'rate_limited',
  'api_key_not_checked',
  'store_unavailable',
  'store_refused',
  'shutting_down',
];
const OF_BODIES: readonly ProblemCode[] = [
  'invalid_json',
  'card_number_refused',
  'payload_too_large',
  'unsupported_media_type',
];
const OF_WRITES: readonly ProblemCode[] = ['store_outcome_unknown', 'installation_changed'];
const OF_KEYS: readonly ProblemCode[] = ['idempotency_key_invalid', 'idempotency_key_reused'];

/** Written before the server knows the address, so in no route's own form. */
export const BEFORE_ANY_ROUTE: readonly ProblemCode[] = [
  'invalid_request',
  'request_timeout',
  'headers_too_large',
];

export interface Kind {
  readonly method: string;
  readonly guarded: boolean;
  readonly keyed: boolean;
}

/** Every code that the route can answer with, in the order of the catalogue. */
export function codesOf(
  { problems = [] }: Operation,
  { method, guarded, keyed }: Kind,
): readonly ProblemCode[] {
  const isWrite = method !== 'GET';
  const codes = new Set<ProblemCode>([
    ...OF_TRANSPORT,
    ...(guarded ? OF_API : []),
    ...(guarded && isWrite ? [...OF_BODIES, ...OF_WRITES] : []),
    ...(keyed ? OF_KEYS : []),
    ...problems,
  ]);
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code));
}

const { status: _payment, ...payment } = PAYMENT;
const { status: paymentStatus } = PAYMENT;
const { status: refundStatus, ...refund } = REFUND;
const { status: _operation, ...operation } = OPERATION;

const ERROR: Schema = {
  type: 'object',
  required: ['detail'],
  properties: {
    pointer: { ...TEXT, description: 'Into the body (RFC 6901).' },
    parameter: { ...TEXT, description: 'Of the query.' },
    detail: TEXT,
  },
};

const ALWAYS = {
  type: {
    type: 'string',
    format: 'uri-reference',
    description: 'The page of the problem: `/problems/<code>`.',
  },
  title: TEXT,
  status: { type: 'integer' },
  code: oneOf(Object.keys(PROBLEMS)),
  detail: TEXT,
} as const;
const SOMETIMES = {
  ...operation,
  ...refund,
  ...payment,
  payment_status: paymentStatus,
  refund_status: refundStatus,
  operation_status: refundStatus,
  errors: { type: 'array', items: ERROR },
  retry_after_ms: WHOLE,
  instance: { type: 'string', format: 'uri' },
} as const;

export const PROBLEM_SCHEMAS = {
  Problem: answerOf({ ...ALWAYS, ...SOMETIMES }, Object.keys(SOMETIMES)),
  DemoProblem: answerOf({ error: TEXT, code: oneOf(Object.keys(PROBLEMS)), payment_id: TEXT }, [
    'code',
    'payment_id',
  ]),
} as const satisfies Record<string, Schema>;
