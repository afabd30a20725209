/** Events of the gateway, signed as the Standard Webhooks specification says. It checks who sent an event and when, and says what it is about. */
import type { GatewayNote, WebhookReading } from '../../domain/gateway-note.ts';
import { accountIdComplaint, orderIdComplaint } from '../../domain/order-rules.ts';
import type { EffectTerms, ReportedEffect } from '../../domain/outcomes.ts';
import { webhookKey, webhookSignature } from '../../domain/standard-webhooks.ts';
import type { Gateway, WebhookDelivery } from '../../ports/gateway.ts';
import { CHARGES, type Effect, REFUNDS } from './effects.ts';
import { isObject, objectIn } from './json.ts';
import { type Forgery, forgeryOf, isTimestamp, MAX_SIGNATURES } from './signature.ts';

const FOREIGN = { kind: 'foreign' } as const;

/**
 * Reads events that are signed with any of the secrets.
 *
 * @throws TypeError if a secret has another form than `whsec_<base64>`.
 */
export function createWebhookReader(
  secrets: readonly string[],
  livemode: boolean,
): NonNullable<Gateway['webhooks']> {
  const keys = secrets.map(webhookKey);
  return (delivery, wallMs) => {
    const reason = forgery(keys, delivery, wallMs);
    return reason === null ? read(Buffer.from(delivery.body), livemode) : { kind: 'forged', reason };
  };
}

/** Null: the gateway signed it, and just now. */
function forgery(
  keys: readonly Buffer[],
  { body, headers }: WebhookDelivery,
  wallMs: number,
): Forgery | null {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const sent = headers['webhook-signature'];
  if (id === undefined || timestamp === undefined || sent === undefined) return 'unsigned';
  if (!isTimestamp(timestamp)) return 'unsigned';
  const expected = keys.map((key) => webhookSignature(key, { id, timestamp, body }));
  return forgeryOf({ expected, signatures: signaturesIn(sent), timestamp }, wallMs);
}

/** `v1,<base64>` several times, with blanks between. Other versions are left out. */
function signaturesIn(header: string): readonly Buffer[] {
  return header
    .split(' ', MAX_SIGNATURES)
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice('v1,'.length), 'base64'));
}

function read(body: Buffer, livemode: boolean): WebhookReading {
  const { type, data } = objectIn(body) ?? {};
  if (typeof type !== 'string' || !isObject(data)) return FOREIGN;
  if (type.startsWith('charge.')) return reading(CHARGES, data, livemode);
  return type.startsWith('refund.') ? reading(REFUNDS, data, livemode) : FOREIGN;
}

function reading<Request extends EffectTerms, Reported extends ReportedEffect>(
  { kind, parse }: Effect<Request, Reported>,
  data: Readonly<Record<string, unknown>>,
  livemode: boolean,
): WebhookReading {
  const reported = parse(data);
  const { order_id: orderId, account_id: accountId = null } = data;
  if (reported === undefined || typeof orderId !== 'string' || orderIdComplaint(orderId) !== null)
    return FOREIGN;
  if (accountId !== null && (typeof accountId !== 'string' || accountIdComplaint(accountId) !== null))
    return FOREIGN;
  const { id: ref, key, reference, status } = reported;
  const says = kind.fates.get(status);
  if (says === undefined || (reported.livemode ?? livemode) !== livemode) return FOREIGN;
  const note: GatewayNote = { accountId, orderId, reference, kind: kind.name, key, ref, says };
  return { kind: 'note', note };
}
