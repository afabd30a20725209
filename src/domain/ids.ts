/**
 * Names that are derived, not random. If a fail-over or a restore loses a payment, its order is accepted again
 * under the same order reference and the same gateway key. So the gateway itself stops the second charge.
 */
import { hash } from 'node:crypto';
import type { FollowUpKind } from './effects.ts';

/** UUIDv5 (RFC 9562 §5.5): the same name in the same namespace is the same id, everywhere and always. */
export function uuidV5(namespace: string, name: string): string {
  return uuidOf(5, hash('sha1', hashInput(namespace, name), 'hex'));
}

/** Sets version and variant (RFC 9562 §4) in the first 32 hexadecimal digits. */
function uuidOf(version: number, hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const third = `${version}${hex.slice(13, 16)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${third}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Reused, because every payment derives several names. A name that does not fit gets a larger buffer. */
let scratch = Buffer.alloc(1024);

/** The namespace's 16 bytes, then the name in UTF-8. Valid until the next call. */
function hashInput(namespace: string, name: string): Buffer {
  const most = 16 + 3 * name.length; // no UTF-16 unit takes more than three bytes
  if (most > scratch.length) scratch = Buffer.alloc(2 * most);
  let at = 0;
  for (let i = 0; i < namespace.length; i += 2) {
    if (namespace.charCodeAt(i) === 0x2d) i += 1; // -
    scratch[at] = (hexDigit(namespace.charCodeAt(i)) << 4) | hexDigit(namespace.charCodeAt(i + 1));
    at += 1;
  }
  at += scratch.write(name, at, 'utf8');
  return scratch.subarray(0, at);
}

/** The value of an ASCII hexadecimal digit, of either case. */
function hexDigit(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

/**
 * UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits, so that rows made at the same time are stored
 * together. `randomHex`: 32 hexadecimal digits.
 */
export function uuidV7(wallMs: number, randomHex: string): string {
  const time = Math.max(0, Math.floor(wallMs)).toString(16).padStart(12, '0').slice(-12);
  return uuidOf(7, `${time}.${randomHex}`);
}

/** When a UUIDv7 was made, in milliseconds since the epoch, by the wall clock of the machine that made it. */
export function timeOfUuidV7(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** An order's name at the gateway, unique among all installations that share a gateway account. */
export function orderReference(installationId: string, accountId: string, orderId: string): string {
  return uuidV5(accountNamespace(installationId, accountId), orderId);
}

/** The last account namespace: most services have one account, and all its orders share the namespace. */
let lastAccount = { installationId: '', accountId: '', namespace: '' };

function accountNamespace(installationId: string, accountId: string): string {
  if (lastAccount.accountId !== accountId || lastAccount.installationId !== installationId) {
    lastAccount = { installationId, accountId, namespace: uuidV5(installationId, accountId) };
  }
  return lastAccount.namespace;
}

/** The gateway's idempotency key of an order's n-th charge. Every call of that charge carries it. */
export function chargeKey(reference: string, chargeN: number): string {
  return uuidV5(reference, `charge:${chargeN}`);
}

/**
 * The gateway's idempotency key for making what a charge is confirmed on. `prepares`: how many errors the gateway keeps under the earlier ones.
 */
export function prepareKey(chargeKey: string, prepares: number): string {
  return uuidV5(chargeKey, `prepare:${prepares}`);
}

/** The gateway's idempotency key for sealing a charge. `seq`: that of the claim under which it is sealed, so that no error is kept for ever. */
export function sealKey(chargeKey: string, seq: number): string {
  return uuidV5(chargeKey, `seal:${seq}`);
}

/**
 * What tells one follow-up of a payment from others of its kind: the caller's name for it, such as a `refund_id`, or the stored form of its
 * key.
 */
export type FollowUpIdentity = { readonly name: string } | { readonly keyHash: string };

/**
 * The gateway's idempotency key of a follow-up. It comes from what the caller sends again, and never from a counter: if the
 * database has forgotten a follow-up, the caller's next try gets the same key.
 */
export function followUpKey(reference: string, kind: FollowUpKind, identity: FollowUpIdentity): string {
  const name = 'name' in identity ? `id:${identity.name}` : `key:${identity.keyHash}`;
  return uuidV5(reference, `${kind}:${name}`);
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
