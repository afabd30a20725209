/**
 * Checks what an adapter answered. An adapter may be plain JavaScript, written by somebody else. An approval
 * without an id, no answer at all, or an unknown word must not decide about money. What is not a valid answer
 * counts as `unknown`, or as no evidence. What is stored or shown of an answer is short and plain.
 */
import { hasManyDigits } from './cards.ts';
import type { GatewayNote, WebhookReading } from './gateway-note.ts';
import { orderIdComplaint } from './order-rules.ts';
import type {
  Authorization,
  CallOutcome,
  Captured,
  LookupOutcome,
  NextAction,
  NotSent,
  PrepareOutcome,
} from './outcomes.ts';
import type { RefundedOutcome } from './refund-outcomes.ts';
import { isStorableText } from './text.ts';

type Answer = Readonly<Record<string, unknown>>;

const NO_CALL_OUTCOME: CallOutcome = { kind: 'unknown', answered: false, reason: 'adapter_answer_invalid' };
const NO_LOOKUP_OUTCOME = { kind: 'unavailable', reason: 'adapter_answer_invalid' } as const;

/** The outcome of a call, for a charge or a refund, with only the fields that belong to it. */
export function callOutcome(value: unknown): CallOutcome | NotSent {
  if (!isAnswer(value)) return NO_CALL_OUTCOME;
  const { kind, ref } = value;
  switch (kind) {
    case 'approved':
      return isRef(ref) ? { kind, ref, ...authorization(value) } : NO_CALL_OUTCOME;
    case 'pending':
      return isRef(ref) ? { kind, ref } : NO_CALL_OUTCOME;
    case 'declined': {
      const code = wordOr(value.code, 'declined');
      if (ref === undefined || ref === null) return { kind, code };
      return isRef(ref) ? { kind, code, ref } : NO_CALL_OUTCOME;
    }
    case 'requires_action':
      return isRef(ref) && isAction(value.action)
        ? { kind, ref, action: { ...value.action } }
        : NO_CALL_OUTCOME;
    case 'mismatch':
      return isRef(ref) ? { kind, ref, reason: wordOr(value.reason, 'mismatch') } : NO_CALL_OUTCOME;
    case 'refused':
      return { kind, reason: wordOr(value.reason, 'refused'), ...waitOf(value) };
    case 'not_sent':
      return { kind, reason: wordOr(value.reason, kind) };
    case 'unknown':
      return {
        kind,
        answered: value.answered === true,
        reason: wordOr(value.reason, 'unknown'),
        ...waitOf(value),
        ...(value.lookFirst === true ? { lookFirst: true as const } : {}),
      };
    case 'busy':
      return { kind, ...waitOf(value) };
    case 'forbidden':
      return { kind, reason: wordOr(value.reason, 'forbidden') };
    default:
      return NO_CALL_OUTCOME;
  }
}

/** The outcome of a lookup, of a charge or a refund, with only the fields that belong to it. */
export function lookupOutcome(value: unknown): LookupOutcome | NotSent {
  if (!isAnswer(value)) return NO_LOOKUP_OUTCOME;
  const { kind, ref, refs } = value;
  switch (kind) {
    case 'succeeded':
      return isRef(ref) ? { kind, ref, ...authorization(value) } : NO_LOOKUP_OUTCOME;
    case 'captured': {
      const captured = capturedOf(value);
      return captured === null ? NO_LOOKUP_OUTCOME : { kind, ...captured };
    }
    case 'pending':
      return isRef(ref) ? { kind, ref } : NO_LOOKUP_OUTCOME;
    case 'declined':
      return isRef(ref) ? { kind, code: wordOr(value.code, 'declined'), ref } : NO_LOOKUP_OUTCOME;
    case 'mismatch':
      return isRef(ref) ? { kind, ref, reason: wordOr(value.reason, 'mismatch') } : NO_LOOKUP_OUTCOME;
    case 'duplicated':
      return isList(refs) && refs.length > 1 && refs.every(isRef)
        ? { kind, refs: [...refs] }
        : NO_LOOKUP_OUTCOME;
    case 'reversed': {
      if (!isList(refs) || refs.length === 0 || !refs.every(isRef)) return NO_LOOKUP_OUTCOME;
      const captured = capturedOf(value.captured);
      return { kind, refs: [...refs], ...(captured && { captured }) };
    }
    case 'open': {
      if (!isRef(ref)) return NO_LOOKUP_OUTCOME;
      const { code } = value;
      return {
        kind,
        ref,
        ...(code === undefined || code === null ? {} : { code: wordOr(code, 'declined') }),
      };
    }
    case 'requires_action':
      return isRef(ref) && isAction(value.action)
        ? { kind, ref, action: { ...value.action } }
        : NO_LOOKUP_OUTCOME;
    case 'sealed':
      return isRef(ref)
        ? { kind, ref, ...(value.held === true ? { held: true as const } : {}) }
        : NO_LOOKUP_OUTCOME;
    case 'absent':
      return value.code === undefined ? { kind } : { kind, code: wordOr(value.code, 'not_possible') };
    case 'unavailable':
      return {
        ...unavailable(value),
        ...(isRef(value.declinedRef) ? { declinedRef: value.declinedRef } : {}),
      };
    default:
      return nothingLearned(value);
  }
}

const NO_PREPARE_OUTCOME = { kind: 'failed', reason: 'adapter_answer_invalid' } as const;

/** How what a charge is confirmed on was made, with only the fields that belong to it. */
export function prepareOutcome(value: unknown): PrepareOutcome | NotSent {
  if (!isAnswer(value)) return NO_PREPARE_OUTCOME;
  const { kind, handle } = value;
  switch (kind) {
    case 'prepared':
      return isRef(handle) ? { kind, handle } : NO_PREPARE_OUTCOME;
    case 'declined':
      return { kind, code: wordOr(value.code, 'declined') };
    case 'failed':
      return { kind, reason: wordOr(value.reason, kind), ...waitOf(value) };
    case 'failed_for_good':
    case 'forbidden':
    case 'not_sent':
      return { kind, reason: wordOr(value.reason, kind) };
    default:
      return NO_PREPARE_OUTCOME;
  }
}

/** What a seal answers. Only that nothing was sent is news: what it did is read. */
export function sealAnswer(value: unknown): NotSent | undefined {
  if (!isAnswer(value) || value.kind !== 'not_sent') return undefined;
  return { kind: value.kind, reason: wordOr(value.reason, value.kind) };
}

/** What was refunded of a charge in all, with only the fields that belong to it. */
export function refundedOutcome(value: unknown): RefundedOutcome | NotSent {
  if (!isAnswer(value)) return NO_LOOKUP_OUTCOME;
  if (value.kind !== 'refunded') return nothingLearned(value);
  const { kind, amountMinor } = value;
  return isSum(amountMinor) ? { kind, amountMinor } : NO_LOOKUP_OUTCOME;
}

/** Null: it is none. */
function capturedOf(value: unknown): Captured | null {
  if (!isAnswer(value)) return null;
  const { ref, amountMinor } = value;
  return isRef(ref) && isSum(amountMinor) && amountMinor > 0 ? { ref, amountMinor } : null;
}

/** Minor units. */
function isSum(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Until when money is held. What is not a time counts as not said. */
function authorization({ authorizedUntilMs }: Answer): Authorization {
  return isSum(authorizedUntilMs) ? { authorizedUntilMs } : {};
}

const FORGERIES: ReadonlySet<unknown> = new Set(['unsigned', 'bad_signature', 'too_old', 'in_future']);
const FATES: ReadonlySet<unknown> = new Set(['live', 'pending', 'declined', 'reversed']);
const UNREADABLE: WebhookReading = { kind: 'forged', reason: 'unreadable' };

/** What an event is, with only the fields that belong to it. */
export function webhookReading(value: unknown): WebhookReading {
  if (!isAnswer(value)) return UNREADABLE;
  switch (value.kind) {
    case 'forged':
      return FORGERIES.has(value.reason)
        ? ({ kind: 'forged', reason: value.reason } as WebhookReading)
        : UNREADABLE;
    case 'foreign':
      return { kind: 'foreign' };
    case 'note':
      return isNote(value.note) ? { kind: 'note', note: noteOf(value.note) } : UNREADABLE;
    default:
      return UNREADABLE;
  }
}

function isNote(value: unknown): value is GatewayNote {
  if (!isAnswer(value)) return false;
  const { accountId, orderId, reference, kind, key, ref, says } = value;
  const names = [orderId, ...(accountId === null ? [] : [accountId])];
  return (
    names.every((name) => typeof name === 'string' && orderIdComplaint(name) === null) &&
    typeof reference === 'string' &&
    (kind === 'charge' || kind === 'refund') &&
    (key === null || typeof key === 'string') &&
    (ref === null || isRef(ref)) &&
    FATES.has(says)
  );
}

function noteOf({ accountId, orderId, reference, kind, key, ref, says }: GatewayNote): GatewayNote {
  return { accountId, orderId, reference, kind, key, ref, says };
}

/** A lookup that says nothing about what it asked for. Any other word is no evidence either. */
function nothingLearned(value: Answer): Extract<RefundedOutcome, { readonly reason: string }> | NotSent {
  const { kind } = value;
  switch (kind) {
    case 'unavailable':
      return unavailable(value);
    case 'forbidden':
      return { kind, reason: wordOr(value.reason, 'forbidden') };
    case 'not_sent':
      return { kind, reason: wordOr(value.reason, kind) };
    default:
      return NO_LOOKUP_OUTCOME;
  }
}

function unavailable(value: Answer): {
  readonly kind: 'unavailable';
  readonly reason: string;
  readonly retryAfterMs?: number;
} {
  return { kind: 'unavailable', reason: wordOr(value.reason, 'unavailable'), ...waitOf(value) };
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** 1 to 255 visible ASCII characters: an id is stored, logged and put into paths. */
function isRef(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value);
}

/** At most 16 texts by name, of at most 2,048 characters each, that can be stored: it is stored, and shown to clients. */
function isAction(value: unknown): value is NextAction {
  if (!isAnswer(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 16 &&
    entries.every(([name, text]) => isTextWithin(name, 64) && isTextWithin(text, 2048))
  );
}

function isTextWithin(value: unknown, maxChars: number): value is string {
  return typeof value === 'string' && value.length <= maxChars && isStorableText(value);
}

/** A code or reason is stored, and reaches the client and the log: a short word, and no number as long as a card's. */
function wordOr(value: unknown, otherwise: string): string {
  const isWord = typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value);
  return isWord && !hasManyDigits(value) ? value : otherwise;
}

function waitOf({ retryAfterMs }: Answer): { readonly retryAfterMs?: number } {
  return typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) && retryAfterMs >= 0
    ? { retryAfterMs }
    : {};
}
