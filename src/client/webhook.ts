/** Checks who sent an event, as the Standard Webhooks specification says (`v1`, HMAC-SHA256). */
import { PayonceInputError } from './errors.ts';
import { mustBeWhole } from './input.ts';

/** An event as it came in. */
export interface WebhookInput {
  /** The body exactly as it was received. A body that was parsed and written again has another signature. */
  readonly body: string | Uint8Array;
  /** The headers: the standard `Headers`, or an object with any spelling of their names, as Node has it. */
  readonly headers: WebhookHeaders;
  /** Your secrets, each `whsec_` and then 24 to 64 bytes in base64. Several, while you change them: one must fit. */
  readonly secrets: readonly string[];
  /** How far the time of the event may be from now, either way, in seconds: 1 to 86,400. Default 300. */
  readonly toleranceS?: number | undefined;
  /** The time now, in milliseconds since the Unix epoch. Default: the clock of this machine. */
  readonly nowMs?: number | undefined;
}

/** The standard `Headers`, or an object. */
export type WebhookHeaders =
  /** As the standard `Headers` are. */
  | {
      /** The header's value; null if there is none. */
      get(name: string): string | null;
    }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Whether the event is from whoever has the secret. */
export type WebhookCheck =
  /** It is, and it was sent just now. It may come again: `id` is then the same. */
  | {
      readonly outcome: 'genuine';
      /** The event's id: the same each time that it is sent. */
      readonly id: string;
      /** When it was sent, in milliseconds since the Unix epoch. */
      readonly sentAtMs: number;
      /** The body as text. */
      readonly body: string;
    }
  /** It is not proved. Answer 400, and do nothing. */
  | {
      readonly outcome: 'forged';
      /**
       * `unsigned`: a header is missing or has another form. `bad_signature`: no secret fits. `too_old`, `in_future`: it was signed, but not
       * just now; somebody may send an old event again, or a clock is wrong.
       */
      readonly reason: 'unsigned' | 'bad_signature' | 'too_old' | 'in_future';
    };

/** Who changes a secret signs with both. More than this is no such change. */
const MOST_SIGNATURES = 16;

/**
 * Checks an event before you believe it. It needs nothing but WebCrypto, so it works in Node and in workers. The comparison takes the
 * same time whatever was sent.
 *
 * Rejects with `PayonceInputError` if a secret has another form, there is none, the body was parsed, or `toleranceS` or `nowMs` is no such number.
 *
 * @example
 * const check = await verifyWebhook({ body: await request.text(), headers: request.headers, secrets: [secret] });
 * if (check.outcome === 'genuine') handle(JSON.parse(check.body));
 */
export async function verifyWebhook({
  body,
  headers,
  secrets,
  toleranceS = 300,
  nowMs = Date.now(),
}: WebhookInput): Promise<WebhookCheck> {
  mustBeWhole('toleranceS', toleranceS, 1, 86_400);
  // With anything else, no event would be too old.
  if (typeof nowMs !== 'number' || !Number.isFinite(nowMs))
    throw new PayonceInputError('nowMs must be a number: milliseconds since 1970, such as Date.now().');
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new PayonceInputError(
      'body must be the raw body: text or bytes. What was parsed cannot be checked. In Express, use express.raw({ type: "*/*" }) for this route.',
    );
  const keys = await Promise.all(keysOf(secrets));
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = signaturesIn(headerOf(headers, 'webhook-signature'));
  if (
    id === null ||
    id === '' ||
    timestamp === null ||
    !/^\d{1,12}$/.test(timestamp) ||
    signatures.length === 0
  )
    return { outcome: 'forged', reason: 'unsigned' };
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = join(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  if (!(await isSigned(keys, signatures, signed))) return { outcome: 'forged', reason: 'bad_signature' };
  const sentAtMs = Number(timestamp) * 1000;
  if (sentAtMs < nowMs - toleranceS * 1000) return { outcome: 'forged', reason: 'too_old' };
  if (sentAtMs > nowMs + toleranceS * 1000) return { outcome: 'forged', reason: 'in_future' };
  return {
    outcome: 'genuine',
    id,
    sentAtMs,
    body: typeof body === 'string' ? body : new TextDecoder().decode(body),
  };
}

type Bytes = Uint8Array<ArrayBuffer>;
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

function keysOf(secrets: readonly string[]): Promise<Key>[] {
  if (!Array.isArray(secrets) || secrets.length === 0)
    throw new PayonceInputError('secrets must be a list with at least one secret.');
  return secrets.map((secret) => {
    const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) ? bytesOf(secret.slice('whsec_'.length)) : null;
    if (bytes === null || bytes.length < 24 || bytes.length > 64)
      throw new PayonceInputError('A secret must be "whsec_" and then 24 to 64 bytes in base64.');
    return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  });
}

/** Any key may have made any of the signatures. All are compared, so that the time says nothing. */
async function isSigned(keys: readonly Key[], signatures: readonly Bytes[], signed: Bytes): Promise<boolean> {
  const checks = keys.flatMap((key) =>
    signatures.map((signature) => crypto.subtle.verify('HMAC', key, signature, signed)),
  );
  return (await Promise.all(checks)).includes(true);
}

/** Those of the version `v1`; others are of another kind. */
function signaturesIn(header: string | null): readonly Bytes[] {
  return (header ?? '')
    .split(' ', MOST_SIGNATURES)
    .filter((part) => part.startsWith('v1,'))
    .map((part) => bytesOf(part.slice('v1,'.length)))
    .filter((bytes) => bytes !== null);
}

function headerOf(headers: WebhookHeaders, name: string): string | null {
  if (typeof headers.get === 'function') return headers.get(name);
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value: unknown = entry?.[1];
  return typeof value === 'string' ? value : null;
}

/** Null: it is no base64. */
function bytesOf(base64: string): Bytes | null {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function join(first: Uint8Array, second: Uint8Array): Bytes {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
