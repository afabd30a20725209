/** The room of a kind of follow-up: what is the same for all of them, around what is of this kind alone. */
import { followUpKey } from '../../domain/ids.ts';
import { isSettled } from '../../domain/operation.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Room } from '../effects/room.ts';
import { referenceOf, stopForNames } from '../names.ts';
import { paymentKey } from '../unit.ts';
import { check, watch } from './checking.ts';
import type { HeldFollowUp } from './released.ts';
import type { RoomTraits } from './traits.ts';

export function followUpRoom(traits: RoomTraits): Room {
  const { kind, sumChange, markChange, isOffered, call, lookup, elsewhereMinor, answer, alarms } = traits;
  return {
    isOffered,
    isNamedAsDerived(engine, record: FollowUpRecord) {
      const { name, keyHash } = record.followUp;
      const identity = keyHash === null ? { name } : { keyHash };
      if (record.gatewayKey === followUpKey(referenceOf(engine, record.order), kind, identity)) return true;
      stopForNames(engine, { payment_id: record.paymentId });
      return false;
    },
    call,
    lookup,
    // Its name comes from the caller. So there is no next one whose name could be known.
    lookAhead: () => Promise.resolve({ kind: 'clear' }),
    verify(engine, held: HeldFollowUp) {
      return isSettled(held.record.operation.status) ? watch(engine, held) : check(engine, held, traits);
    },
    elsewhereMinor,
    answer,
    async advance(store, write, change) {
      const { before, after } = change;
      const { followUp, order } = after as FollowUpRecord;
      const sums = {
        ...sumChange(before.operation.status, after.operation.status, order.amountMinor),
        absences: after.absences - before.absences,
      };
      const mark = markChange?.(before.operation.status, after.operation.status);
      return store.advanceFollowUp({
        ...write,
        id: followUp.id,
        sums,
        elsewhereMinor: change.elsewhereMinor,
        ...(mark === undefined ? {} : { mark }),
      });
    },
    addEvidence: (store, record: FollowUpRecord, outcome) =>
      store.addFollowUpEvidence({ payment: paymentKey(record), id: record.followUp.id, outcome }),
    events: async (store, { order, paymentId, followUp }: FollowUpRecord, after, limit) => {
      const name = { accountId: order.accountId, paymentId, kind, name: followUp.name };
      return (await store.followUpEvents({ ...name, after, limit })) ?? [];
    },
    ended: `${kind} settled`,
    alarms,
  };
}
