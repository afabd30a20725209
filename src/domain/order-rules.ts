/**
 * What an order's fields may contain, over HTTP and in the library. Nothing is trimmed, folded or normalised: two
 * ids that only look alike are two orders.
 */
import { holdsCardNumber } from './cards.ts';
import { exponentOf } from './currencies.ts';
import { isStorableText } from './text.ts';

/** What is wrong with a value: the rest of a sentence that begins with the field's name. It repeats no value. */
export interface Complaint {
  readonly kind: 'invalid' | 'card_number';
  readonly detail: string;
}

/** In UTF-8, so that the index entry has a known size. */
const MAX_ID_BYTES = 255;
/** Gateway tokens are shorter, unless they are whole documents. */
const MAX_METHOD_LENGTH = 255;
/** The three limits that merchants know from Stripe's metadata. */
export const MAX_METADATA_KEYS = 50;
const MAX_METADATA_KEY_LENGTH = 40;
const MAX_METADATA_VALUE_LENGTH = 500;

/** Now and then a merchant's own number looks like a card number, so the message also says how to send it. */
export const CARD_NUMBER: Complaint = {
  kind: 'card_number',
  detail:
    'holds what looks like a card number. Send the token of your payment provider instead; if it is a number of your own, ' +
    'write a letter right before it, such as A4000',
};

/** 1 to 255 bytes of well-formed Unicode without NUL, and no card number. */
export function orderIdComplaint(orderId: string): Complaint | null {
  return idComplaint(orderId) ?? (holdsCardNumber(orderId) ? CARD_NUMBER : null);
}

/** The same for the tenant's id. */
export function accountIdComplaint(accountId: string): Complaint | null {
  return orderIdComplaint(accountId);
}

function idComplaint(id: string): Complaint | null {
  if (id === '') return invalid('must not be empty');
  if (id.length > MAX_ID_BYTES || Buffer.byteLength(id) > MAX_ID_BYTES) {
    return invalid(`must not be longer than ${MAX_ID_BYTES} bytes of UTF-8`);
  }
  return isStorableText(id) ? null : invalid('must be well-formed Unicode without NUL');
}

/** An ISO 4217 code in upper case, of a currency that can be charged. */
export function currencyComplaint(currency: string): Complaint | null {
  if (exponentOf(currency) !== undefined) return null;
  return invalid('must be the ISO 4217 code of a currency, in upper case, such as "USD"');
}

/** A whole number of minor units from 1 to 2^53 - 1. */
export function amountComplaint(amountMinor: number): Complaint | null {
  if (Number.isSafeInteger(amountMinor) && amountMinor >= 1) return null;
  return invalid(`must be from 1 to ${Number.MAX_SAFE_INTEGER} minor units`);
}

/** A token: 1 to 255 visible ASCII characters without spaces, and no card number. */
export function methodComplaint(method: string): Complaint | null {
  if (method.length > MAX_METHOD_LENGTH || !/^[\x21-\x7e]+$/.test(method)) {
    return holdsCardNumber(method)
      ? CARD_NUMBER
      : invalid(`must be 1 to ${MAX_METHOD_LENGTH} visible ASCII characters without spaces`);
  }
  return holdsCardNumber(method) ? CARD_NUMBER : null;
}

/** The longest time that an order may be tried: a weekend and a Monday, the same time as a charge in doubt is looked up. */
export const MAX_GIVE_UP_S = 259_200;

/** Whole seconds. */
export function giveUpComplaint(seconds: unknown): Complaint | null {
  if (Number.isSafeInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= MAX_GIVE_UP_S) return null;
  return invalid(
    `must be a whole number of seconds from 1 to ${MAX_GIVE_UP_S}, written without fraction or exponent`,
  );
}

/** The name of a note: 1 to 40 characters. */
export function metadataKeyComplaint(key: string): Complaint | null {
  if (key === '') return invalid('has an empty name');
  return noteComplaint(key, MAX_METADATA_KEY_LENGTH, 'has a name');
}

/** The text of a note: up to 500 characters, possibly none. */
export function metadataValueComplaint(value: string): Complaint | null {
  return noteComplaint(value, MAX_METADATA_VALUE_LENGTH, 'is');
}

function noteComplaint(text: string, limit: number, beginning: string): Complaint | null {
  if (isLonger(text, limit)) return invalid(`${beginning} longer than ${limit} characters`);
  if (!isStorableText(text)) return invalid('must be well-formed Unicode without NUL');
  return holdsCardNumber(text) ? CARD_NUMBER : null;
}

/** Characters are code points, so an emoji counts as one. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  return text.length > 2 * limit || [...text].length > limit;
}

function invalid(detail: string): Complaint {
  return { kind: 'invalid', detail };
}

/** `automatic` or `manual`. */
export function captureMethodComplaint(method: string): Complaint | null {
  if (method === 'automatic' || method === 'manual') return null;
  return { kind: 'invalid', detail: 'must be "automatic" or "manual"' };
}
