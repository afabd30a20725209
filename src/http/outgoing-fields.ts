/** Endpoints, deliveries and tries, as the API shows them. */
import type { Attempt, Delivery, Endpoint } from '../ports/outgoing.ts';

const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function endpointFields(endpoint: Endpoint): Record<string, unknown> {
  return {
    id: endpoint.endpointId,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.eventTypes,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    failures_in_row: endpoint.failures,
    paused_until: isoOf(endpoint.blockedUntilMs),
    previous_secret_until: isoOf(endpoint.previousUntilMs),
    created_at: isoOf(endpoint.createdAtMs),
    updated_at: isoOf(endpoint.updatedAtMs),
  };
}

/** The only two answers that show a secret: it cannot be read again. */
export function secretFields(answer: {
  readonly endpoint: Endpoint;
  readonly secret: string;
}): Record<string, unknown> {
  return { ...endpointFields(answer.endpoint), secret: answer.secret };
}

export function deliveryFields(delivery: Delivery): Record<string, unknown> {
  return {
    event_id: delivery.eventId,
    type: delivery.type,
    payment_id: delivery.paymentId,
    status: delivery.status,
    attempts: delivery.attempts,
    happened_at: isoOf(delivery.happenedAtMs),
    next_attempt_at: isoOf(delivery.dueAtMs),
    ended_at: isoOf(delivery.endedAtMs),
  };
}

export function attemptFields(attempt: Attempt): Record<string, unknown> {
  return {
    n: attempt.n,
    at: isoOf(attempt.atMs),
    took_ms: attempt.tookMs,
    status: attempt.status,
    answer: attempt.answer,
    error: attempt.error,
  };
}
