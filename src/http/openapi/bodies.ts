/** The bodies of requests. The parsers of `src/domain` decide; a generated test holds the two together. */
import { CURRENCIES } from '../../domain/currencies.ts';
import { MAX_GIVE_UP_S, MAX_METADATA_KEYS } from '../../domain/order-rules.ts';
import { OUTGOING_TYPES } from '../../domain/outgoing/event-types.ts';
import { bodyOf, oneOf, type Schema, textOf, YES_OR_NO } from './schema.ts';

const AMOUNT: Schema = {
  type: 'integer',
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Minor units, such as cents. Written without fraction or exponent.',
};
const NAME: Schema = { ...textOf(1, 255), description: 'At most 255 bytes of UTF-8.' };
const TOKEN: Schema = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' };
const METADATA: Schema = {
  type: 'object',
  description: 'Your own notes: texts by name.',
  maxProperties: MAX_METADATA_KEYS,
  propertyNames: textOf(1, 40),
  additionalProperties: textOf(0, 500),
};
const ACTOR: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  pattern: '^\\P{Cc}+$',
  description: 'Who says so. One line.',
};
const EVENT_TYPES: Schema = {
  type: ['array', 'null'],
  minItems: 1,
  items: oneOf(OUTGOING_TYPES),
  description: 'Null: all.',
};
const URL_OF_ENDPOINT: Schema = {
  type: 'string',
  format: 'uri',
  maxLength: 2000,
  pattern: '^[hH][tT][tT][pP][sS]?:',
  description: 'Begins with https://, and has no user, no password and no fragment.',
};

const resolution = (done: string, amount: string): Schema => ({
  oneOf: [
    bodyOf(
      {
        outcome: { const: done },
        evidence: textOf(1, 500),
        actor: ACTOR,
        gateway_ref: TOKEN,
        [amount]: AMOUNT,
      },
      ['outcome', 'evidence', 'actor', 'gateway_ref', amount],
    ),
    bodyOf({ outcome: { const: 'failed' }, evidence: textOf(1, 500), actor: ACTOR }, [
      'outcome',
      'evidence',
      'actor',
    ]),
  ],
});

export const BODIES = {
  Order: bodyOf(
    {
      order_id: NAME,
      amount: AMOUNT,
      currency: { ...oneOf([...CURRENCIES.keys()]), description: 'ISO 4217.' },
      method: { ...TOKEN, description: "The gateway's token. Never a card number." },
      metadata: METADATA,
      give_up_after_s: {
        type: 'integer',
        minimum: 1,
        maximum: MAX_GIVE_UP_S,
        description: 'How long Payonce tries to charge the order, in seconds.',
      },
      // No `default`: generators of clients take a field that has one for required.
      capture_method: {
        ...oneOf(['automatic', 'manual']),
        description: '`manual`: the money is only authorised. Without it: `automatic`.',
      },
    },
    ['order_id', 'amount', 'currency'],
  ),
  RefundRequest: bodyOf({
    amount: { ...AMOUNT, description: 'Minor units. Without it: all that is left.' },
    refund_id: { ...NAME, not: { enum: ['.', '..'] } },
    reason: textOf(1, 500),
    metadata: METADATA,
  }),
  CaptureRequest: bodyOf({
    amount: { ...AMOUNT, description: 'Minor units. Without it: all that is authorized.' },
    metadata: METADATA,
  }),
  VoidRequest: bodyOf({ metadata: METADATA }),
  LookNowRequest: bodyOf({ actor: ACTOR }),
  PaymentResolution: resolution('completed', 'amount_captured'),
  RefundResolution: resolution('succeeded', 'amount_refunded'),
  CaptureResolution: resolution('succeeded', 'amount_captured'),
  VoidResolution: resolution('succeeded', 'amount_voided'),
  WebhookEndpointRequest: bodyOf(
    { url: URL_OF_ENDPOINT, description: textOf(0, 500), event_types: EVENT_TYPES },
    ['url'],
  ),
  WebhookEndpointChange: bodyOf({
    url: URL_OF_ENDPOINT,
    description: textOf(0, 500),
    event_types: EVENT_TYPES,
    enabled: YES_OR_NO,
  }),
  SecretRotation: bodyOf({
    overlap_s: {
      type: 'integer',
      minimum: 0,
      maximum: 604_800,
      description: 'How long the old secret signs, too, in seconds. Without it: 86400, a day.',
    },
  }),
  Nothing: bodyOf({}),
  ResendRequest: bodyOf(
    {
      since: {
        type: 'string',
        format: 'date-time',
        pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,6})?)?(Z|[+-]\\d\\d:\\d\\d)$',
      },
    },
    ['since'],
  ),
  DemoOrder: bodyOf(
    {
      order_id: NAME,
      amount: {
        type: 'number',
        exclusiveMinimum: 0,
        description: 'US dollars, with at most two decimals.',
      },
    },
    ['order_id', 'amount'],
  ),
} as const satisfies Record<string, Schema>;

export type BodyName = keyof typeof BODIES;
