/** Whose payments a request is about. */
import type { FastifyRequest } from 'fastify';
import { DEFAULT_ACCOUNT } from '../domain/fields.ts';

/** Every request belongs to this account until there are API keys. */
export function accountOf(_request: FastifyRequest): string {
  return DEFAULT_ACCOUNT;
}
