/** The bodies of `/v1/webhook-endpoints`: an object, or nothing, which is an object without fields. */
import type { FastifyRequest } from 'fastify';
import type { RefusedFields } from '../domain/fields.ts';
import { pointerOf } from './field-errors.ts';
import type { JsonObject } from './json.ts';
import type { Problem } from './problem.ts';
import { readBodyIfAny } from './route-context.ts';

/** Reads the body with `read`, or says what is wrong with it. */
export function readFields<Read extends { readonly kind: string }>(
  request: FastifyRequest,
  read: (fields: JsonObject) => Read | RefusedFields,
):
  | { readonly kind: 'fields'; readonly value: Read }
  | { readonly kind: 'problem'; readonly problem: Problem } {
  const body = readBodyIfAny(request);
  if (body.kind === 'problem') return body;
  if (!(body.value instanceof Map)) {
    return {
      kind: 'problem',
      problem: badFields({
        kind: 'refused',
        code: 'invalid_request',
        complaints: [{ path: [], detail: 'must be a JSON object' }],
      }),
    };
  }
  const value = read(body.value as JsonObject);
  if (isRefused(value)) return { kind: 'problem', problem: badFields(value) };
  return { kind: 'fields', value };
}

function isRefused(value: { readonly kind: string }): value is RefusedFields {
  return value.kind === 'refused';
}

function badFields({ code, complaints }: RefusedFields): Problem {
  return {
    code,
    detail: 'Nothing was stored or sent. Correct what errors lists, and send it again.',
    errors: complaints.map(({ path, detail }) => ({ pointer: pointerOf(path), detail })),
  };
}
