/** Events of Stripe. It checks who sent an event and when, and says which charge or refund of ours it is about. It decides nothing. */
import { createHmac } from 'node:crypto';
import type { EffectKind } from '../../domain/effects.ts';
import type { GatewayNote, WebhookReading } from '../../domain/gateway-note.ts';
import { accountIdComplaint, orderIdComplaint } from '../../domain/order-rules.ts';
import type { Fate } from '../../domain/outcomes.ts';
import { REFUND } from '../../domain/refund-outcomes.ts';
import type { Gateway, WebhookDelivery } from '../../ports/gateway.ts';
import { isObject, type JsonObject, objectIn } from '../http/json.ts';
import { type Forgery, forgeryOf, isTimestamp, MAX_SIGNATURES } from '../http/signature.ts';
import { isStripeId } from './objects.ts';
import { INTENT_STATUSES, REFUND_STATUSES } from './table.ts';

/** Whose events count. */
export interface Own {
  /** `acct_…` */
  readonly account: string;
  readonly livemode: boolean;
}

const FOREIGN = { kind: 'foreign' } as const;

/**
 * Reads events that are signed with any of the secrets.
 *
 * Throws TypeError if a secret does not begin with `whsec_`.
 */
export function createWebhookReader(secrets: readonly string[], own: Own): NonNullable<Gateway['webhooks']> {
  if (!secrets.every((secret) => /^whsec_[\x21-\x7e]+$/.test(secret)))
    throw new TypeError('A webhook secret of Stripe must begin with whsec_.');
  return (delivery, wallMs) => {
    const reason = forgery(secrets, delivery, wallMs);
    return reason === null ? read(objectIn(Buffer.from(delivery.body)), own) : { kind: 'forged', reason };
  };
}

/** Null: Stripe signed it, and just now. The whole text of a secret is the key, `whsec_` included. */
function forgery(
  secrets: readonly string[],
  { body, headers }: WebhookDelivery,
  wallMs: number,
): Forgery | null {
  const { timestamps, signatures } = partsOf(headers['stripe-signature'] ?? '');
  const [timestamp, ...more] = timestamps;
  // With two times, nobody knows which of them was signed.
  if (timestamp === undefined || more.length > 0 || !isTimestamp(timestamp)) return 'unsigned';
  if (signatures.length === 0) return 'unsigned';
  const expected = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest(),
  );
  return forgeryOf({ expected, signatures, timestamp }, wallMs);
}

/** `t=<seconds>,v1=<hex>`, with a `v1` for each secret of the endpoint. Other versions are left out. */
function partsOf(header: string): {
  readonly timestamps: readonly string[];
  readonly signatures: readonly Buffer[];
} {
  const parts = header.split(',', 1 + MAX_SIGNATURES).map((part) => part.trim());
  const valuesOf = (name: string) =>
    parts.filter((part) => part.startsWith(name)).map((part) => part.slice(name.length));
  return {
    timestamps: valuesOf('t='),
    signatures: valuesOf('v1=').map((hex) => Buffer.from(hex, 'hex')),
  };
}

/** An event without its object (`v2.core.event`) does not say whose order it is about, so it is foreign, too. */
function read(event: JsonObject | undefined, own: Own): WebhookReading {
  if (event?.object !== 'event' || event.livemode !== own.livemode || isElsewhere(event, own)) return FOREIGN;
  const object = isObject(event.data) ? event.data.object : undefined;
  return isObject(object) ? readObject(object) : FOREIGN;
}

/** Of a connected account, or of another one in the same organisation. */
function isElsewhere({ account, context }: JsonObject, own: Own): boolean {
  return [account, context].some((named) => typeof named === 'string' && named !== own.account);
}

function readObject(object: JsonObject): WebhookReading {
  switch (object.object) {
    case 'payment_intent':
      return noteOf('charge', object, { ref: object.id, says: intentSays(object) });
    case 'charge':
      return noteOf('charge', object, { ref: object.payment_intent, says: chargeSays(object) });
    case 'refund': {
      const says = REFUND.fates.get(REFUND_STATUSES.get(object.status));
      return noteOf('refund', object, { ref: object.id, says });
    }
    default:
      return FOREIGN;
  }
}

/** Undefined: nothing has happened to it yet. */
function intentSays({ status, last_payment_error: failure }: JsonObject): Fate | undefined {
  switch (INTENT_STATUSES.get(status)) {
    case 'paid':
    case 'held':
      return 'live';
    case 'pending':
    case 'action':
      return 'pending';
    case 'open':
      return isObject(failure) ? 'declined' : undefined;
    case 'sealed':
      return 'declined';
    case undefined:
      return undefined;
  }
}

/** One try to pay an intent. */
function chargeSays({ status, refunded }: JsonObject): Fate | undefined {
  if (status === 'succeeded') return refunded === true ? 'reversed' : 'live';
  if (status === 'pending') return 'pending';
  return status === 'failed' ? 'declined' : undefined;
}

/** Only what was made by Payonce says so in its metadata. The engine compares the reference, so another installation's is told apart. */
function noteOf(
  kind: EffectKind,
  { metadata }: JsonObject,
  { ref, says }: { readonly ref: unknown; readonly says: Fate | undefined },
): WebhookReading {
  if (!isObject(metadata) || says === undefined || !isStripeId(ref) || metadata.operation !== kind)
    return FOREIGN;
  const { account: accountId, order_id: orderId, reference, key } = metadata;
  if (typeof accountId !== 'string' || accountIdComplaint(accountId) !== null) return FOREIGN;
  if (typeof orderId !== 'string' || orderIdComplaint(orderId) !== null) return FOREIGN;
  if (typeof reference !== 'string' || typeof key !== 'string') return FOREIGN;
  const note: GatewayNote = { accountId, orderId, reference, kind, key, ref, says };
  return { kind: 'note', note };
}
