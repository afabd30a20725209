/** What a merchant says about an endpoint, and everything that is wrong with it. */
import { holdsCardNumber } from '../cards.ts';
import { moment } from '../date-time.ts';
import {
  type Findings,
  type RefusedFields,
  readOptional,
  refusal,
  refuseUnknown,
  report,
} from '../fields.ts';
import type { Complaint } from '../order-rules.ts';
import { isStorableText } from '../text.ts';
import { isOutgoingType, OUTGOING_TYPES, type OutgoingType } from './event-types.ts';

/** Absent: it was not named. */
export interface EndpointFields {
  readonly url?: string;
  readonly description?: string;
  /** Null: all. */
  readonly eventTypes?: readonly OutgoingType[] | null;
  readonly enabled?: boolean;
}

/** Enough for any address, and it fits into an index. */
const MAX_URL = 2000;
const MAX_DESCRIPTION = 500;

type Fields = ReadonlyMap<string, unknown>;
const unknown = (): string => 'is not a known field';

/** `{"url","description"?,"event_types"?}`; in a change, each may be left out, and `enabled` may be there. `anyScheme`: http too. */
export function readEndpoint(
  fields: Fields,
  { isNew, anyScheme }: { readonly isNew: boolean; readonly anyScheme: boolean },
): { readonly kind: 'endpoint'; readonly fields: EndpointFields } | RefusedFields {
  const findings: Findings = { complaints: [], cardNumber: false };
  const known = ['url', 'description', 'event_types', ...(isNew ? [] : ['enabled'])];
  refuseUnknown(fields, known, unknown, findings);
  const url = readOptional(fields, 'url', (text) => urlComplaint(text, anyScheme), findings);
  if (isNew && !fields.has('url')) report(findings, ['url'], 'is required');
  const description = readOptional(fields, 'description', descriptionComplaint, findings);
  const eventTypes = readTypes(fields, findings);
  const enabled = fields.get('enabled');
  if (!isNew && enabled !== undefined && typeof enabled !== 'boolean')
    report(findings, ['enabled'], 'must be true or false');
  const refused = refusal(findings);
  if (refused !== null) return refused;
  return {
    kind: 'endpoint',
    fields: {
      ...(url === undefined ? {} : { url: new URL(url).href }),
      ...(description === undefined ? {} : { description }),
      ...(eventTypes === undefined ? {} : { eventTypes }),
      ...(typeof enabled === 'boolean' ? { enabled } : {}),
    },
  };
}

function urlComplaint(text: string, anyScheme: boolean): Complaint | null {
  const invalid = (detail: string): Complaint => ({ kind: 'invalid', detail });
  if (holdsCardNumber(text)) return { kind: 'card_number', detail: 'looks like it holds a card number' };
  if (text.length > MAX_URL || !URL.canParse(text))
    return invalid(`must be a URL of at most ${MAX_URL} characters`);
  const { protocol, username, password, hash, href } = new URL(text);
  if (href.length > MAX_URL) return invalid(`must be a URL of at most ${MAX_URL} characters`);
  if (protocol !== 'https:' && !(anyScheme && protocol === 'http:'))
    return invalid(
      'must begin with https:// (http:// only for development, if the server was started with WEBHOOK_ALLOW_PRIVATE=yes)',
    );
  if (username !== '' || password !== '')
    return invalid('must hold no user and no password: each event is signed');
  return hash === '' ? null : invalid('must have no fragment');
}

function descriptionComplaint(text: string): Complaint | null {
  if (holdsCardNumber(text)) return { kind: 'card_number', detail: 'looks like it holds a card number' };
  if (text.length <= MAX_DESCRIPTION && isStorableText(text)) return null;
  return { kind: 'invalid', detail: `must be text of at most ${MAX_DESCRIPTION} characters` };
}

function readTypes(fields: Fields, findings: Findings): readonly OutgoingType[] | null | undefined {
  const value = fields.get('event_types');
  if (value === undefined || value === null) return value;
  if (Array.isArray(value) && value.length > 0) {
    const types = value.filter(
      (each): each is OutgoingType => typeof each === 'string' && isOutgoingType(each),
    );
    if (types.length === value.length) return [...new Set(types)];
  }
  report(
    findings,
    ['event_types'],
    `must be null (all events), or a list of some of ${OUTGOING_TYPES.join(', ')}`,
  );
  return undefined;
}

/** The longest time for which two secrets sign: a week. */
const MAX_OVERLAP_S = 7 * 24 * 3600;
const DEFAULT_OVERLAP_S = 24 * 3600;

/** `{"overlap_s"?}`: how long the old secret still signs, too. */
export function readRotation(
  fields: Fields,
): { readonly kind: 'rotation'; readonly overlapMs: number } | RefusedFields {
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(fields, ['overlap_s'], unknown, findings);
  const value = fields.has('overlap_s') ? fields.get('overlap_s') : DEFAULT_OVERLAP_S;
  const isValid =
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_OVERLAP_S;
  if (!isValid)
    report(findings, ['overlap_s'], `must be a whole number of seconds from 0 to ${MAX_OVERLAP_S}`);
  return refusal(findings) ?? { kind: 'rotation', overlapMs: Number(value) * 1000 };
}

/** `{"since"}`: a moment with its offset. */
export function readSince(
  fields: Fields,
): { readonly kind: 'since'; readonly sinceMs: number } | RefusedFields {
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(fields, ['since'], unknown, findings);
  const value = fields.get('since');
  const sinceMs = typeof value === 'string' ? moment(value) : undefined;
  if (sinceMs === undefined)
    report(findings, ['since'], 'is required: a date and time with its offset, such as 2026-01-31T12:00:00Z');
  return refusal(findings) ?? { kind: 'since', sinceMs: Number(sinceMs) };
}

/** A body without fields. */
export function readNothing(fields: Fields): { readonly kind: 'nothing' } | RefusedFields {
  const findings: Findings = { complaints: [], cardNumber: false };
  refuseUnknown(fields, [], unknown, findings);
  return refusal(findings) ?? { kind: 'nothing' };
}
