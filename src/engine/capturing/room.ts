/** The room of captures, and that of voids. They differ in what the gateway is asked for. */
import type { ExclusiveKind } from '../../domain/effects.ts';
import { markChange } from '../../domain/exclusive-acceptance.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Room } from '../effects/room.ts';
import { followUpRoom } from '../follow-ups/room.ts';
import type { HeldFollowUp } from '../follow-ups/traits.ts';
import { unlessAnothers } from './anothers.ts';
import { exclusiveAnswerBody } from './answer.ts';
import { captureRequest, effectOf, lookUpExclusive } from './at-gateway.ts';
import { toCaptureOrVoid } from './show.ts';

export function exclusiveRoom(kind: ExclusiveKind): Room {
  const room = followUpRoom({
    kind,
    // One that has failed may have been made after all. Then nothing is left for this one, whichever of the two it is.
    releasedKinds: ['capture', 'void'],
    isOffered: ({ gateway }) => gateway.captures !== undefined,
    call: (engine, record: FollowUpRecord) => (options) =>
      effectOf(engine, kind).call(captureRequest(engine, record), options),
    lookup: lookUpExclusive,
    // An authorisation is captured once. Nobody else can have taken a part of it.
    askElsewhere: () => Promise.resolve({ kind: 'not_said' }),
    answer: (record: FollowUpRecord, problem) => exclusiveAnswerBody(toCaptureOrVoid(record), problem),
    // It moves nothing that is shared. Its end is the payment's.
    sumChange: () => ({ refundingMinor: 0, refundedMinor: 0 }),
    markChange,
    // An authorisation is captured or voided once. So if an earlier one was made, nothing is left.
    leftMinor: (_sums, { order }) => order.amountMinor,
    alarms: {
      gateway_forbidden: `the gateway answered 401 or 403: it refuses our credentials, or this ${kind}; the ${kind} waits, and if a second order is refused, all calls are paused: fix the credentials, or ask the gateway about this ${kind}`,
      needs_review: `the outcome of this ${kind} cannot be proved: look its charge up at the gateway, then ask for look-now or resolve it; nothing else is captured or voided meanwhile`,
      evidence_waits: `late evidence about this ${kind} cannot be checked, because the gateway has given no answer for too long: look it up there`,
    },
  });
  return {
    ...room,
    lookup: async (engine, held: HeldFollowUp) =>
      unlessAnothers(engine, held.record, await room.lookup(engine, held)),
  };
}
