/**
 * Decisions about a charge at a gateway of two steps. What it is called on moves no money by itself, and can be paid until it is sealed. So
 * neither a decline nor time proves that nothing is charged: only the seal does.
 */
import { isSettled, type Operation } from '../operation.ts';
import type { LookupOutcome } from '../outcomes.ts';
import { acting, actionEndsAtMs, isActionOver } from './acting.ts';
import { AUTHORIZATION_EXPIRED } from './authorized.ts';
import { uncounted } from './call-ended.ts';
import { type Context, type Decision, declined, failed, isInTwoSteps, type Settled } from './decision.ts';
import { mayCall } from './limits.ts';
import { lookAgain } from './look-again.ts';

type TwoStepsOutcome = Extract<LookupOutcome, { kind: 'open' | 'requires_action' | 'sealed' }>;

/** What a lookup can say of an operation that one call makes. */
export type OneStepOutcome = Exclude<LookupOutcome, TwoStepsOutcome>;

/** Of an operation that one call makes, the words of two steps say nothing. */
export function inOneStep(outcome: LookupOutcome): OneStepOutcome {
  switch (outcome.kind) {
    case 'open':
    case 'requires_action':
    case 'sealed':
      return { kind: 'unavailable', reason: 'not_in_two_steps' };
    default:
      return outcome;
  }
}

/**
 * What a lookup really shows in two steps. `handle`: the stored one, null if there is none. A decline is about the last call only. And what is
 * durable here exists: a gateway that does not know it was asked with another account, or in the other mode.
 */
export function inTwoSteps(outcome: LookupOutcome, handle: string | null): LookupOutcome {
  if (outcome.kind === 'declined') return { kind: 'open', ref: outcome.ref, code: outcome.code };
  if (outcome.kind === 'absent' && handle !== null) return { kind: 'unavailable', reason: 'handle_unknown' };
  return outcome;
}

/** Decides what a lookup shows. Null: the operation is not made in two steps, or the lookup says what it would say of one step. */
export function onReadInTwoSteps(
  operation: Operation,
  outcome: LookupOutcome,
  context: Context,
): Decision | null {
  if (!isInTwoSteps(operation, context)) return null;
  switch (outcome.kind) {
    case 'open':
    case 'declined':
      return onOpen(operation, outcome.code ?? null, context);
    case 'requires_action':
      return onRequiresAction(operation, outcome.ref, context);
    case 'sealed':
      return onSealed(operation, outcome, context);
    case 'absent':
      return permitsCall(operation, context) ? callAgain(operation, 'no_handle') : null;
    default:
      return null;
  }
}

/**
 * Whether the worker now seals what it has read, and reads once more, in the same claim. `operation`: as the worker holds it. If the read shows a
 * decline that is not stored yet, its code is made durable first.
 */
export function mustSeal(operation: Operation, outcome: LookupOutcome, context: Context): boolean {
  // A seal would let go of the money that is held.
  if (operation.status === 'AUTHORIZED') return false;
  // A call that is looked up first is counted already.
  const known = operation.step === 'call' ? uncounted(operation) : operation;
  switch (outcome.kind) {
    case 'open':
      return !isNewDecline(known, outcome.code ?? null) && !mayCallAgain(known, context);
    case 'requires_action':
      return isActionOver(acting(known, outcome.ref, context), context);
    default:
      return false;
  }
}

/** Whether the customer may have something to do for it now. Only the gateway's last word says what. */
export function mayWaitForCustomer(operation: Operation): boolean {
  return !isSettled(operation.status) && operation.gatewayRef !== null && operation.step === 'lookup';
}

/** Whether the same call, under the same key, is still allowed. */
function mayCallAgain(operation: Operation, context: Context): boolean {
  return operation.status !== 'REVIEW' && operation.declineCode === null && mayCall(operation, 0, context);
}

/**
 * Nothing is stored that could have been confirmed. So the same call is as good as the first one: whoever comes second confirms what the first
 * one has stored. But what the gateway has named once was stored once.
 */
function permitsCall(operation: Operation, context: Context): boolean {
  return operation.gatewayRef === null && mayCallAgain(operation, context);
}

function isNewDecline({ declineCode }: Operation, code: string | null): boolean {
  return code !== null && declineCode === null;
}

/** No money has moved, and it still may. That proves nothing. */
function onOpen(operation: Operation, code: string | null, context: Context): Decision {
  if (isNewDecline(operation, code)) {
    const next = { ...called(operation, context), declineCode: code, step: 'lookup' } as const;
    return { next, event: { type: 'lookup.open', detail: code }, waitMs: 0 };
  }
  if (mayCallAgain(operation, context)) return callAgain(operation, null);
  return lookAgain(called(operation, context), 'lookup.open', operation.declineCode, null, context);
}

function callAgain(operation: Operation, detail: string | null): Decision {
  return { next: { ...operation, step: 'call' }, event: { type: 'lookup.open', detail }, waitMs: 0 };
}

/** It is at the gateway, so it may have been called, whatever our own records say. */
function called(operation: Operation, { nowMs }: Context): Operation {
  return operation.doubt.kind === 'none'
    ? { ...operation, doubt: { kind: 'answered', untilMs: nowMs } }
    : operation;
}

/** Looked up less and less often, and once more when the time for it is over. */
function onRequiresAction(operation: Operation, ref: string, context: Context): Decision {
  const next = acting(operation, ref, context);
  const endsAtMs = isActionOver(next, context) ? null : actionEndsAtMs(next, context);
  return lookAgain(next, 'lookup.requires_action', null, endsAtMs, context);
}

/** Nothing was received, and nothing can land any more. That is proof, and no absence: it need not be looked up again. */
function onSealed(
  operation: Operation,
  { ref, held }: Extract<LookupOutcome, { kind: 'sealed' }>,
  context: Context,
): Decision {
  const ended = { ...operation, doubt: { kind: 'none' }, gatewayRef: ref } as const;
  // It was authorised when nobody looked. So the customer did their part, whatever an earlier answer said.
  if (held === true) return failed(ended, AUTHORIZATION_EXPIRED, FAILED);
  const code = operation.declineCode ?? (isActionOver(operation, context) ? ACTION_EXPIRED : null);
  return code === null ? failed(ended, 'gateway_error', FAILED) : failed(ended, code, declined(operation));
}

/** The failure code if the customer did not do in time what was asked of them. */
export const ACTION_EXPIRED = 'action_expired';

const FAILED: Settled = { problem: 'gateway_failed', byAbsence: false };
