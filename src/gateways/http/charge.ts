/** Reads a charge from the bytes of an answer. What is not exactly a charge proves nothing about one. */
import { isUtf8 } from 'node:buffer';
import { hasManyDigits } from '../../domain/cards.ts';
import { isReportedStatus, type ReportedCharge } from '../../domain/outcomes.ts';
import type { Answer } from './exchange.ts';
import { isAmbiguous } from './members.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object in an answer. `undefined` for any other body: another media type, compressed although we asked for it not to be, not
 * UTF-8, not JSON, no object, or an object in which a name occurs twice or an amount is no whole number. A missing `Content-Type` is
 * accepted.
 */
export function jsonObject(answer: Answer): JsonObject | undefined {
  const { headers } = answer;
  if (!isJson(headers['content-type'])) return undefined;
  if (!isPlain(headers['content-encoding']) || !isWhole(headers['transfer-encoding'])) return undefined;
  if (answer.body.length === 0 || !isUtf8(answer.body)) return undefined;
  try {
    const text = answer.body.toString('utf8');
    const value: unknown = JSON.parse(text);
    if (BROKEN_AMOUNT.test(text)) return undefined;
    return isObject(value) && !isAmbiguous(answer.body, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(contentType: string | string[] | undefined): boolean {
  if (contentType === undefined) return true;
  return (
    typeof contentType === 'string' && /^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(contentType.trim())
  );
}

function isPlain(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || (typeof encoding === 'string' && /^\s*(identity)?\s*$/i.test(encoding));
}

/** undici has joined the chunks. Any other coding is still on the body. */
function isWhole(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || (typeof encoding === 'string' && /^\s*chunked\s*$/i.test(encoding));
}

/** Printable ASCII: an id is stored, logged and put into paths, and no gateway needs more. */
const CHARGE_ID = /^[\x21-\x7e]{1,255}$/;
/** A decline code is stored, and reaches the client and the log. Only a short word is passed on, and no number as long as a card's. */
const DECLINE_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
/** Minor units must be written as whole numbers: `JSON.parse` rounds 1000.0000000000000001 to 1000. */
const BROKEN_AMOUNT = /"amount"\s*:\s*-?\d+[.eE]/;

/**
 * Parses one charge of the protocol. `undefined` if a field is missing, of another type or out of range, or if the status is unknown.
 */
export function parseCharge(value: unknown): ReportedCharge | undefined {
  if (!isObject(value)) return undefined;
  const { id, status, amount, currency, reference, idempotency_key: key, code, livemode } = value;
  if (typeof id !== 'string' || !CHARGE_ID.test(id)) return undefined;
  if (!isReportedStatus(status)) return undefined;
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount)) return undefined;
  if (typeof currency !== 'string' || typeof reference !== 'string' || typeof key !== 'string')
    return undefined;
  if (livemode !== undefined && typeof livemode !== 'boolean') return undefined;
  const mode = livemode === undefined ? {} : { livemode };
  const charge: ReportedCharge = { id, status, amountMinor: amount, currency, reference, key, ...mode };
  const isCode = typeof code === 'string' && DECLINE_CODE.test(code) && !hasManyDigits(code);
  return isCode ? { ...charge, code } : charge;
}
