/**
 * Signing secrets of endpoints, encrypted: who reads the database, or a backup of it, cannot sign events. AES-256-GCM; the endpoint's id is authenticated
 * with each, so that no secret can be moved to another endpoint.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { EndpointKey } from '../ports/outgoing.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface SecretBox {
  seal(endpoint: EndpointKey, secret: string): string;
  /** Throws if no key fits, or if it is another endpoint's. */
  open(endpoint: EndpointKey, sealed: string): string;
}

/** A key from its text: 32 bytes in base64. Null: it is none. */
export function encryptionKey(text: string): Buffer | null {
  const key = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/]{43}=$/.test(text) && key.length === KEY_BYTES ? key : null;
}

/** A new one, as text. */
export function newEncryptionKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

/** `keys`: the first one encrypts, each decrypts what it has encrypted. At least one. */
export function createSecretBox(keys: readonly Buffer[]): SecretBox {
  const byName = new Map(keys.map((key) => [nameOf(key), key]));
  const [first] = keys;
  if (first === undefined) throw new TypeError('There must be a key.');
  return {
    seal(endpoint, secret) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first, iv).setAAD(contextOf(endpoint));
      const parts = [iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return `v1.${nameOf(first)}.${Buffer.concat(parts).toString('base64')}`;
    },
    open(endpoint, sealed) {
      const [version, name = '', text = ''] = sealed.split('.');
      const key = byName.get(name);
      const bytes = Buffer.from(text, 'base64');
      if (version !== 'v1' || key === undefined || bytes.length < IV_BYTES + TAG_BYTES)
        throw new UnopenedError();
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(contextOf(endpoint)).setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const plain = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
        return Buffer.concat(plain).toString('utf8');
      } catch {
        throw new UnopenedError();
      }
    },
  };
}

export class UnopenedError extends Error {
  constructor() {
    super(
      'The signing secret cannot be decrypted. Nothing was sent. Add the key with which it was encrypted to WEBHOOK_ENCRYPTION_KEY, or rotate the secret.',
    );
  }
}

/** Tells which key it was, and nothing about it. */
function nameOf(key: Buffer): string {
  return createHash('sha256').update('payonce webhook key').update(key).digest('hex').slice(0, 8);
}

function contextOf({ accountId, endpointId }: EndpointKey): Buffer {
  return Buffer.from(`${accountId}\n${endpointId}`, 'utf8');
}
