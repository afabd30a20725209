/** The events that Payonce sends. `docs/webhooks-out.md` says what each means. */

export const WEBHOOK_EVENT_TYPES = [
  'payment.succeeded',
  'payment.authorized',
  'payment.captured',
  'payment.voided',
  'payment.failed',
  'payment.review',
  'refund.succeeded',
  'refund.failed',
  'refund.review',
  'capture.failed',
  'capture.review',
  'void.failed',
  'void.review',
] as const;

/** What an event says has happened. */
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];
