/** Requests for captures and voids: what is told apart from requests for refunds. */
import type { CaptureOrVoid } from '../../domain/capture-or-void.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import { admitExclusive } from '../../domain/exclusive-acceptance.ts';
import { exclusiveFingerprint } from '../../domain/fingerprint.ts';
import { isSettled } from '../../domain/operation.ts';
import type { ExclusiveAnswer, ExclusiveOptions, ExclusiveWanted, OwnExclusiveProblem } from '../api.ts';
import { createFollowingUp } from '../follow-ups/answering.ts';
import type { FollowingUp } from '../follow-ups/request.ts';
import type { RequestTraits } from '../follow-ups/traits.ts';
import { exclusiveAnswerBody } from './answer.ts';
import { EXCLUSIVE_DETAILS, NOT_POSSIBLE, refusalOf } from './problem.ts';
import { showCaptureOrVoid } from './show.ts';

function traitsOf(kind: ExclusiveKind): RequestTraits<CaptureOrVoid, OwnExclusiveProblem> {
  return {
    kind,
    fingerprint: ({ paymentId, amountMinor }) => exclusiveFingerprint({ kind, paymentId, amountMinor }),
    admit(payment, askedMinor) {
      const admission = admitExclusive(payment, askedMinor);
      return admission.kind === 'open' ? admission : { kind: 'refused', code: refusalOf(kind, admission) };
    },
    show: showCaptureOrVoid,
    answerBody: exclusiveAnswerBody,
    // One that has failed keeps nothing out.
    conflictWith: ({ operation }) =>
      isSettled(operation.status) ? NOT_POSSIBLE[kind] : 'operation_in_progress',
    // A database that has forgotten the last one gives the same name again.
    nameAfter: (count) => String(count + 1),
    details: EXCLUSIVE_DETAILS,
    nameTaken: null,
  };
}

export const EXCLUSIVE_REQUESTS = { capture: traitsOf('capture'), void: traitsOf('void') } as const;

/** What answers requests for captures, or for voids, at one gateway. */
export function createExclusive(
  kind: ExclusiveKind,
  parts: Omit<FollowingUp<CaptureOrVoid, OwnExclusiveProblem>, 'traits'>,
): (wanted: ExclusiveWanted, options: ExclusiveOptions) => Promise<ExclusiveAnswer> {
  const answer = createFollowingUp({ ...parts, traits: EXCLUSIVE_REQUESTS[kind] });
  return (wanted, options) => answer({ ...wanted, name: null, reason: null }, options);
}
