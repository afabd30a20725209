/** Endpoints and deliveries as the API shows them. */
import {
  countAt,
  type Fields,
  flagAt,
  isFields,
  NotBelieved,
  textAt,
  textOrNullAt,
  timeAt,
  wordAt,
  wordsAt,
} from './fields.ts';

/** An address that gets the events of your account. */
export interface WebhookEndpoint {
  /** Its id, a UUID. */
  readonly endpointId: string;
  /** Where events are sent. */
  readonly url: string;
  /** Your own note. Null: none. */
  readonly description: string | null;
  /** The events that it gets. Null: all. A newer server may have other words. */
  readonly eventTypes: readonly string[] | null;
  /** `ENABLED`: it gets events. `DISABLED`: nothing is sent to it. */
  readonly status: 'ENABLED' | 'DISABLED';
  /** Why it is disabled: `by_request`, or `gone` if it answered 410. Null: it is enabled. A newer server may have other words. */
  readonly disabledReason: string | null;
  /** How many tries in a row have failed. */
  readonly failuresInRow: number;
  /** Until when it gets nothing because of them, in milliseconds since the Unix epoch. Null: it gets events now. */
  readonly pausedUntilMs: number | null;
  /** Until when a secret from before the last rotation signs, too, in milliseconds since the Unix epoch. Null: only one secret signs. */
  readonly previousSecretUntilMs: number | null;
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** When it was last changed, in milliseconds since the Unix epoch. */
  readonly updatedAtMs: number;
}

/** An endpoint with its new secret. Only the answer that made the secret has it: keep it. */
export interface WebhookEndpointWithSecret extends WebhookEndpoint {
  /** Signs the events: one of the `secrets` of `verifyWebhook`. It cannot be read again. */
  readonly secret: string;
}

/** One event for one endpoint. */
export interface WebhookDelivery {
  /** The event's id: the same in each try. */
  readonly eventId: string;
  /** What happened: a `WebhookEventType`, or `webhook.test`. A newer server may have other words. */
  readonly type: string;
  /** The payment that it is about. Null: it is a test. */
  readonly paymentId: string | null;
  /** `PENDING`: it is still tried. `DELIVERED`: your receiver answered 2xx. `DEAD`: it was tried for three days, or your receiver answered 410. Each can be sent again. */
  readonly status: 'PENDING' | 'DELIVERED' | 'DEAD';
  /** How often it was sent. */
  readonly attempts: number;
  /** When it happened, in milliseconds since the Unix epoch. */
  readonly happenedAtMs: number;
  /** When it is sent next, in milliseconds since the Unix epoch. Null: not any more. */
  readonly nextAttemptAtMs: number | null;
  /** When it was delivered or given up, in milliseconds since the Unix epoch. Null: neither yet. */
  readonly endedAtMs: number | null;
}

/** One try to deliver an event. One without `status` and `error` is under way, or its process has ended. */
export interface WebhookTry {
  /** Its number, from 1. */
  readonly n: number;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** How long it took, in milliseconds. Null: it has no result. */
  readonly tookMs: number | null;
  /** The HTTP status that your receiver answered with. Null: no answer came. */
  readonly status: number | null;
  /** The beginning of what your receiver answered. Null: no answer came. */
  readonly answer: string | null;
  /** Why no answer came. Null: one came, or there is no result. */
  readonly error: string | null;
}

/** A delivery with its last tries, at most 100, oldest first. */
export interface WebhookDeliveryWithTries extends WebhookDelivery {
  /** The tries. */
  readonly tries: readonly WebhookTry[];
}

/** What a resend of many has done. */
export interface WebhooksResent {
  /** How many events are sent again. */
  readonly resent: number;
  /** Whether there may be more of them. Ask again after these were sent. */
  readonly more: boolean;
}

const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'DEAD'] as const;

const timeOrNullAt = (fields: Fields, name: string): number | null =>
  fields[name] === null ? null : timeAt(fields, name);
const countOrNullAt = (fields: Fields, name: string): number | null =>
  fields[name] === null ? null : countAt(fields, name);

export function readEndpoint(fields: Fields): WebhookEndpoint {
  return {
    endpointId: textAt(fields, 'id'),
    url: textAt(fields, 'url'),
    description: textOrNullAt(fields, 'description'),
    eventTypes: fields.event_types === null ? null : wordsAt(fields, 'event_types'),
    status: wordAt(fields, 'status', ['ENABLED', 'DISABLED'] as const),
    disabledReason: textOrNullAt(fields, 'disabled_reason'),
    failuresInRow: countAt(fields, 'failures_in_row'),
    pausedUntilMs: timeOrNullAt(fields, 'paused_until'),
    previousSecretUntilMs: timeOrNullAt(fields, 'previous_secret_until'),
    createdAtMs: timeAt(fields, 'created_at'),
    updatedAtMs: timeAt(fields, 'updated_at'),
  };
}

export function readEndpointWithSecret(fields: Fields): WebhookEndpointWithSecret {
  return { ...readEndpoint(fields), secret: textAt(fields, 'secret') };
}

export function readDelivery(fields: Fields): WebhookDelivery {
  return {
    eventId: textAt(fields, 'event_id'),
    type: textAt(fields, 'type'),
    paymentId: textOrNullAt(fields, 'payment_id'),
    status: wordAt(fields, 'status', DELIVERY_STATUSES),
    attempts: countAt(fields, 'attempts'),
    happenedAtMs: timeAt(fields, 'happened_at'),
    nextAttemptAtMs: timeOrNullAt(fields, 'next_attempt_at'),
    endedAtMs: timeOrNullAt(fields, 'ended_at'),
  };
}

export function readDeliveryWithTries(fields: Fields): WebhookDeliveryWithTries {
  const { tries } = fields;
  if (!Array.isArray(tries) || !tries.every(isFields)) throw new NotBelieved('it has no list of tries');
  return { ...readDelivery(fields), tries: tries.map(readTry) };
}

function readTry(fields: Fields): WebhookTry {
  return {
    n: countAt(fields, 'n'),
    atMs: timeAt(fields, 'at'),
    tookMs: countOrNullAt(fields, 'took_ms'),
    status: countOrNullAt(fields, 'status'),
    answer: textOrNullAt(fields, 'answer'),
    error: textOrNullAt(fields, 'error'),
  };
}

export function readResent(fields: Fields): WebhooksResent {
  return { resent: countAt(fields, 'resent'), more: flagAt(fields, 'more') };
}
