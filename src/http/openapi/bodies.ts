/** What requests send. The parsers are our own, because numbers must stay exact and no name may come twice: a test compares them with this. */
import { OUTGOING_TYPES } from '../../domain/outgoing/event-types.ts';
import { BOOLEAN, MINOR, object, oneOf, orNull, type Schema, TEXT, TIME } from './schema.ts';

const METADATA: Schema = { type: 'object', additionalProperties: TEXT, maxProperties: 50 };
const AMOUNT: Schema = { ...MINOR, minimum: 1 };
const NAME: Schema = { type: 'string', minLength: 1, description: 'At most 255 bytes.' };

const WORD = {
  evidence: { type: 'string', minLength: 1, maxLength: 500 },
  actor: { type: 'string', minLength: 1, maxLength: 100 },
  gateway_ref: TEXT,
} as const;

export const BODIES: Readonly<Record<string, Schema>> = {
  NewPayment: object(
    {
      order_id: NAME,
      amount: AMOUNT,
      currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217.' },
      method: { type: 'string', description: 'The gateway’s token.' },
      metadata: METADATA,
      give_up_after_s: { type: 'integer', minimum: 1, maximum: 259_200 },
      capture_method: oneOf('automatic', 'manual'),
    },
    ['method', 'metadata', 'give_up_after_s', 'capture_method'],
  ),
  NewRefund: object(
    {
      amount: AMOUNT,
      refund_id: NAME,
      reason: { type: 'string', minLength: 1, maxLength: 500 },
      metadata: METADATA,
    },
    ['amount', 'refund_id', 'reason', 'metadata'],
  ),
  NewCapture: object({ amount: AMOUNT, metadata: METADATA }, ['amount', 'metadata']),
  NewVoid: object({ metadata: METADATA }, ['metadata']),
  LookNow: object({ actor: WORD.actor }, ['actor']),
  PaymentWord: object({ outcome: oneOf('completed', 'failed'), ...WORD, amount_captured: MINOR }, [
    'gateway_ref',
    'amount_captured',
  ]),
  RefundWord: object({ outcome: oneOf('succeeded', 'failed'), ...WORD, amount_refunded: MINOR }, [
    'gateway_ref',
    'amount_refunded',
  ]),
  CaptureWord: object({ outcome: oneOf('succeeded', 'failed'), ...WORD, amount_captured: MINOR }, [
    'gateway_ref',
    'amount_captured',
  ]),
  VoidWord: object({ outcome: oneOf('succeeded', 'failed'), ...WORD, amount_voided: MINOR }, [
    'gateway_ref',
    'amount_voided',
  ]),
  NewWebhookEndpoint: object(
    { url: TEXT, description: TEXT, event_types: orNull({ type: 'array', items: oneOf(...OUTGOING_TYPES) }) },
    ['description', 'event_types'],
  ),
  WebhookEndpointChange: object(
    {
      url: TEXT,
      description: TEXT,
      event_types: orNull({ type: 'array', items: oneOf(...OUTGOING_TYPES) }),
      enabled: BOOLEAN,
    },
    ['url', 'description', 'event_types', 'enabled'],
  ),
  NewSecret: object({ overlap_s: { type: 'integer', minimum: 0, maximum: 604_800 } }, ['overlap_s']),
  ResendSince: object({ since: TIME }),
};
