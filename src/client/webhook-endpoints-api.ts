/** What a client can do with the addresses that get events. */
import type { CallOptions } from './charge-types.ts';
import type { Listing, ListOptions } from './list-types.ts';
import type {
  WebhookDelivery,
  WebhookDeliveryWithTries,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
  WebhooksResent,
} from './webhook-endpoint.ts';
import type { WebhookEventType } from './webhook-event-types.ts';

/** A new endpoint. An unknown field is refused. */
export interface WebhookEndpointInput {
  /** Where events are sent: a public address that begins with `https://`, at most 2,000 characters. */
  readonly url: string;
  /** Your own note: at most 500 characters. Default: none. */
  readonly description?: string | undefined;
  /** The events that it gets. Null: all. Default: all. */
  readonly eventTypes?: readonly WebhookEventType[] | null | undefined;
}

/** What changes. What is left out stays. An unknown field is refused. */
export interface WebhookEndpointChange extends Partial<WebhookEndpointInput> {
  /** Whether it gets events. One that is enabled again gets what happens from then on. Default: as it is. */
  readonly enabled?: boolean | undefined;
}

/** How long the old secret still signs. */
export interface RotateSecretOptions extends CallOptions {
  /** Whole seconds: 0 to 604,800, a week. Your receiver needs both secrets meanwhile. Default 86,400, a day. */
  readonly overlapS?: number | undefined;
}

/** Which deliveries to list. */
export interface DeliveriesFilter extends ListOptions {
  /** Only those with this status. Default: all. */
  readonly status?: WebhookDelivery['status'] | undefined;
}

/**
 * The endpoints of your account. Every method needs an API key with the scope `webhooks`.
 *
 * What changes something rejects with `PayonceChangeError` if it was refused, or if it is not known whether it was done. Wrong arguments
 * reject with `PayonceInputError`, and those that list throw it; then nothing was sent.
 */
export interface WebhookEndpoints {
  /**
   * Makes an endpoint. Keep its `secret`. If the answer was lost, the endpoint may be there without anybody who knows its secret: list, and
   * rotate the secret.
   *
   * @example
   * const { secret } = await payonce.webhookEndpoints.create({ url: 'https://shop.example/payonce' });
   */
  create(input: WebhookEndpointInput, options?: CallOptions): Promise<WebhookEndpointWithSecret>;

  /** All endpoints, newest first, read page by page. A step rejects with `PayonceReadError` if a page cannot be read. */
  list(options?: ListOptions): Listing<WebhookEndpoint>;

  /** The endpoint as it is now; null if there is none. Rejects with `PayonceReadError` if it cannot be read. */
  find(endpointId: string, options?: CallOptions): Promise<WebhookEndpoint | null>;

  /** Changes the endpoint. It is repeated until it is known to be done. */
  update(endpointId: string, change: WebhookEndpointChange, options?: CallOptions): Promise<WebhookEndpoint>;

  /** Deletes the endpoint with its secret. Resolves once there is none with this id, also if there was none before. */
  remove(endpointId: string, options?: CallOptions): Promise<void>;

  /**
   * Makes a new secret. The earlier ones sign, too, each until its own time is over; with `overlapS: 0` they all end at once. It is not
   * repeated after a lost answer. Rotate again to have a secret: what the receiver has stays good until its time is over.
   */
  rotateSecret(endpointId: string, options?: RotateSecretOptions): Promise<WebhookEndpointWithSecret>;

  /** Sends a `webhook.test` to the endpoint. Resolves when it is stored: `findDelivery` shows how it ends. */
  sendTest(endpointId: string, options?: CallOptions): Promise<WebhookDelivery>;

  /** The events for the endpoint, newest first. As `list`. */
  deliveries(endpointId: string, filter?: DeliveriesFilter): Listing<WebhookDelivery>;

  /** One event for the endpoint, with its tries; null if there is none. As `find`. */
  findDelivery(
    endpointId: string,
    eventId: string,
    options?: CallOptions,
  ): Promise<WebhookDeliveryWithTries | null>;

  /** Sends one event again, whatever became of it. */
  resend(endpointId: string, eventId: string, options?: CallOptions): Promise<WebhookDelivery>;

  /**
   * Sends all events again that happened since then and have ended, 10,000 at most.
   *
   * @param sinceMs milliseconds since the Unix epoch.
   */
  resendSince(endpointId: string, sinceMs: number, options?: CallOptions): Promise<WebhooksResent>;
}
