/**
 * Checks what an adapter answered. An adapter may be plain JavaScript, written by somebody else. An approval
 * without an id, no answer at all, or an unknown word must not decide about money. What is not a valid answer
 * counts as `unknown`, or as no evidence. What is stored or shown of an answer is short and plain.
 */
import { hasManyDigits } from './cards.ts';
import type { Authorization, CallOutcome, LookupOutcome, NotSent } from './outcomes.ts';
import type { RefundedOutcome } from './refund-outcomes.ts';

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
      const { amountMinor } = value;
      return isRef(ref) && isSum(amountMinor) && amountMinor > 0
        ? { kind, ref, amountMinor }
        : NO_LOOKUP_OUTCOME;
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
    case 'reversed':
      return isList(refs) && refs.length > 0 && refs.every(isRef)
        ? { kind, refs: [...refs] }
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

/** What was refunded of a charge in all, with only the fields that belong to it. */
export function refundedOutcome(value: unknown): RefundedOutcome | NotSent {
  if (!isAnswer(value)) return NO_LOOKUP_OUTCOME;
  if (value.kind !== 'refunded') return nothingLearned(value);
  const { kind, amountMinor } = value;
  return isSum(amountMinor) ? { kind, amountMinor } : NO_LOOKUP_OUTCOME;
}

/** Minor units. */
function isSum(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Until when money is held. What is not a time counts as not said. */
function authorization({ authorizedUntilMs }: Answer): Authorization {
  return isSum(authorizedUntilMs) ? { authorizedUntilMs } : {};
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
