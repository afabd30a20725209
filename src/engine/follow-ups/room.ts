/** The room of a kind of follow-up: what is the same for all of them, around what is of this kind alone. */
import { followUpKey } from '../../domain/ids.ts';
import { isSettled } from '../../domain/operation.ts';
import type { Decision } from '../../domain/transition/index.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Room } from '../effects/room.ts';
import { callGateway, lookUp } from '../exchange.ts';
import { referenceOf, stopForNames } from '../names.ts';
import { paymentKey } from '../unit.ts';
import { check, watch } from './checking.ts';
import type { HeldFollowUp, RoomTraits } from './traits.ts';

export function followUpRoom(traits: RoomTraits): Room {
  const { kind, sumChange, markChange, isOffered, call, lookup, askElsewhere, answer, alarms } = traits;
  return {
    isOffered,
    isNamedAsDerived(engine, record: FollowUpRecord) {
      const { name, keyHash } = record.followUp;
      const identity = keyHash === null ? { name } : { keyHash };
      if (record.gatewayKey === followUpKey(referenceOf(engine, record.order), kind, identity)) return true;
      stopForNames(engine, { payment_id: record.paymentId });
      return false;
    },
    call: (engine, held: HeldFollowUp) => callGateway(engine, held, call(engine, held.record)),
    lookup: (engine, held: HeldFollowUp) => lookUp(engine, held, lookup(engine, held.record)),
    // Its name comes from the caller. So there is no next one whose name could be known.
    lookAhead: () => Promise.resolve({ kind: 'clear' }),
    verify(engine, held: HeldFollowUp) {
      return isSettled(held.record.operation.status)
        ? watch(engine, held, traits)
        : check(engine, held, traits);
    },
    async elsewhere(engine, held: HeldFollowUp) {
      const said = await askElsewhere(engine, held, false);
      return said.kind === 'said' ? said.elsewhere : null;
    },
    answer,
    async advance(store, write, change) {
      const { before, after, elsewhere } = change;
      const { followUp, order, settledMinor } = after as FollowUpRecord;
      const [was, is] = [before.operation.status, after.operation.status];
      const sums = {
        ...sumChange(was, is, order.amountMinor, settledMinor ?? order.amountMinor),
        absences: after.absences - before.absences,
      };
      const mark = markChange?.(was, is);
      return store.advanceFollowUp({
        ...write,
        id: followUp.id,
        settledMinor,
        sums,
        elsewhere,
        ...(mark === undefined ? {} : { mark }),
      });
    },
    changed(record: FollowUpRecord, { next, settled }) {
      const settledMinor = settled?.movedMinor ?? record.settledMinor;
      return { ...record, absences: absencesAfter(record, next.status, settled), settledMinor };
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

function absencesAfter(
  { absences }: FollowUpRecord,
  status: FollowUpRecord['operation']['status'],
  settled: Decision['settled'],
): number {
  // The gateway has been seen to make it. So its next failure is the gateway's word, unless that is an absence, too.
  if (status !== 'FAILED') return 0;
  return settled === undefined ? absences : Number(settled.byAbsence);
}
