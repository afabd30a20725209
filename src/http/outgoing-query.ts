/** The queries of lists of endpoints and deliveries. */
import type { FastifyRequest } from 'fastify';
import type { DeliveryFilter } from '../ports/outgoing.ts';
import type { FieldError } from './field-errors.ts';
import { readIdCursor, readSeqCursor } from './pages.ts';
import { readLimit, readQuery } from './query.ts';

interface Read<Page> {
  readonly page: Page;
  /** Empty: nothing is wrong. */
  readonly errors: readonly FieldError[];
}

export function readEndpointPage({
  raw,
}: FastifyRequest): Read<{ readonly limit: number; readonly before: string | null }> {
  const errors: FieldError[] = [];
  const values = readQuery(raw.url ?? '', ['limit', 'cursor'], errors);
  const before = readIdCursor('webhook_endpoints', values, errors) ?? null;
  return { page: { limit: readLimit(values, errors), before }, errors };
}

const STATUSES = ['PENDING', 'DELIVERED', 'DEAD'] as const;

export function readDeliveryPage({ raw }: FastifyRequest): Read<DeliveryFilter> {
  const errors: FieldError[] = [];
  const values = readQuery(raw.url ?? '', ['status', 'limit', 'cursor'], errors);
  const text = values.get('status');
  const status = STATUSES.find((each) => each === text) ?? null;
  if (text !== undefined && status === null)
    errors.push({ parameter: 'status', detail: `must be one of ${STATUSES.join(', ')}` });
  const before = readSeqCursor('webhook_deliveries', values, errors, Number.MAX_SAFE_INTEGER);
  return {
    page: { status, limit: readLimit(values, errors), before: before === 0 ? null : String(before) },
    errors,
  };
}
