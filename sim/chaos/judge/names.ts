/** The names under which an order must reach the gateway, computed here independently, from the design (§2). */
import { createHash } from 'node:crypto';

/** RFC 9562 §5.5. */
function uuid5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16);
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x50;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The reference of an order of the account `default`. */
export function orderReference(installationId: string, orderId: string): string {
  return uuid5(uuid5(installationId, 'default'), orderId);
}

/** The gateway's key of an order's n-th charge. */
export function chargeKey(reference: string, n: number): string {
  return uuid5(reference, `charge:${n}`);
}

/** The gateway's key of a refund that the caller named. */
export function refundKey(reference: string, refundId: string): string {
  return uuid5(reference, `refund:id:${refundId}`);
}

/** The gateway's key of a refund that only the caller's idempotency key names. It is the refund's own name, too. */
export function keyedRefundKey(reference: string, key: string): string {
  const hash = createHash('sha256')
    .update(`POST /v1/payments/{payment_id}/refunds\n${key}`, 'utf8')
    .digest('hex');
  const stored = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(12, 16),
    hash.slice(16, 20),
    hash.slice(20, 32),
  ];
  return uuid5(reference, `refund:key:${stored.join('-')}`);
}

/** The gateway's key of the n-th capture or void of a payment. Both are counted together. */
export function endKey(reference: string, operation: 'capture' | 'void', n: number | string): string {
  return uuid5(reference, `${operation}:id:${n}`);
}

/** Which charge, of those up to `most`, the key belongs to. Null: none of them. */
export function chargeOf(key: string, reference: string, most: number): number | null {
  for (let n = 1; n <= most; n += 1) if (chargeKey(reference, n) === key) return n;
  return null;
}
