/** `GET /v1/payments/:id/capture`, `…/void` and their `/events`: how the last capture, and the last void, of a payment is read. */
import type { ExclusiveKind } from '../domain/effects.ts';
import type { CaptureOrVoidNow } from '../engine/api.ts';
import { exclusiveNowFields } from './exclusive-now.ts';
import type { Reading } from './follow-up-reads-v1.ts';
import { paymentIdOf } from './read-v1.ts';

function readingOf(kind: ExclusiveKind): Reading<CaptureOrVoidNow, null> {
  return {
    eventsCursor: 'operation_events',
    nameOf(request) {
      const paymentId = paymentIdOf(request);
      return paymentId === null ? null : { paymentId, name: null };
    },
    find: (payonce, accountId, { paymentId }) => payonce.findExclusive(accountId, paymentId, kind),
    events: (payonce, accountId, { paymentId }, filter) =>
      payonce.exclusiveEvents(accountId, paymentId, kind, filter),
    fields: exclusiveNowFields,
    missing: {
      code: 'operation_not_found',
      detail: 'This payment has no such capture or void. GET /v1/payments/<id> shows its status.',
    },
  };
}

export const EXCLUSIVE_READINGS = { capture: readingOf('capture'), void: readingOf('void') } as const;
