/**
 * Names that are derived, not drawn. A payment that was lost to a fail-over or a restore is accepted again
 * under the same order reference and the same gateway key, so the gateway itself stops the second charge.
 */
import { hash } from 'node:crypto';

/** UUIDv5 (RFC 9562 §5.5): the same name in the same namespace is the same id, everywhere and always. */
export function uuidV5(namespace: string, name: string): string {
  const namespaceBytes = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  const digest = hash('sha1', Buffer.concat([namespaceBytes, Buffer.from(name, 'utf8')]), 'hex');
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return dashed(`${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`);
}

/**
 * UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then randomness, so that rows made together lie together.
 * `randomHex`: 32 hexadecimal digits.
 */
export function uuidV7(wallMs: number, randomHex: string): string {
  const time = Math.max(0, Math.floor(wallMs)).toString(16).padStart(12, '0').slice(-12);
  const variant = ((Number.parseInt(randomHex.charAt(3), 16) & 0x3) | 0x8).toString(16);
  return dashed(`${time}7${randomHex.slice(0, 3)}${variant}${randomHex.slice(4, 19)}`);
}

/** What the gateway is told an order is called, unique over every installation that shares a gateway account. */
export function orderReference(installationId: string, accountId: string, orderId: string): string {
  return uuidV5(uuidV5(installationId, accountId), orderId);
}

/** The idempotency key at the gateway of an order's n-th charge; every call of that charge carries it. */
export function chargeKey(reference: string, chargeN: number): string {
  return uuidV5(reference, `charge:${chargeN}`);
}

/** A client's key as it is stored: 128 bits of SHA-256 over route and key, so that no key's text is kept. */
export function requestKeyHash(route: string, key: string): string {
  return dashed(hash('sha256', `${route}\n${key}`, 'hex').slice(0, 32));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a UUID in its canonical lower-case form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Thirty-two hexadecimal digits in the 8-4-4-4-12 form. */
export function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
