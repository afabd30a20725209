/** The refund: gives money of a COMPLETED payment back. */
import { refundKey } from '../../domain/ids.ts';
import { isSettled } from '../../domain/operation.ts';
import { sumChange } from '../../domain/sums.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import { callGateway, lookUp } from '../exchange.ts';
import type { Held } from '../lease.ts';
import { referenceOf, stopForNames } from '../names.ts';
import { refundAnswerBody } from '../refunding/answer.ts';
import { refundRequest, refundsOf } from '../refunding/at-gateway.ts';
import { check, watch } from '../refunding/checking.ts';
import { elsewhereMinor } from '../refunding/elsewhere.ts';
import { toRefund } from '../refunding/show.ts';
import { paymentKey } from '../unit.ts';
import type { Room } from './room.ts';

type HeldRefund = Held & { readonly record: FollowUpRecord };

export const REFUND: Room = {
  isOffered: ({ gateway }) => gateway.refunds !== undefined,
  isNamedAsDerived(engine, record: FollowUpRecord) {
    const { name, keyHash } = record.followUp;
    const identity = keyHash === null ? { refundId: name } : { keyHash };
    if (record.gatewayKey === refundKey(referenceOf(engine, record.order), identity)) return true;
    stopForNames(engine, { payment_id: record.paymentId });
    return false;
  },
  call: (engine, held: HeldRefund) =>
    callGateway(engine, held, (options) =>
      refundsOf(engine).call(refundRequest(engine, held.record), options),
    ),
  lookup: (engine, held: HeldRefund) =>
    lookUp(engine, held, (options) => refundsOf(engine).lookup(refundRequest(engine, held.record), options)),
  // Its name comes from the caller. So there is no next one whose name could be known.
  lookAhead: () => Promise.resolve({ kind: 'clear' }),
  verify(engine, held: HeldRefund) {
    return isSettled(held.record.operation.status) ? watch(engine, held) : check(engine, held);
  },
  elsewhereMinor,
  answer: (record: FollowUpRecord, problem) => refundAnswerBody(toRefund(record), problem),
  async advance(store, write, { before, after, elsewhereMinor }) {
    const { followUp, order } = after as FollowUpRecord;
    const sums = {
      ...sumChange(before.operation.status, after.operation.status, order.amountMinor),
      absences: after.absences - before.absences,
    };
    return store.advanceFollowUp({ ...write, id: followUp.id, sums, elsewhereMinor });
  },
  addEvidence: (store, record: FollowUpRecord, outcome) =>
    store.addFollowUpEvidence({ payment: paymentKey(record), id: record.followUp.id, outcome }),
  events: async (store, { order, paymentId, followUp }: FollowUpRecord, after, limit) => {
    const name = { accountId: order.accountId, paymentId, kind: 'refund', name: followUp.name } as const;
    return (await store.followUpEvents({ ...name, after, limit })) ?? [];
  },
  ended: 'refund settled',
  alarms: {
    gateway_forbidden:
      'the gateway answered 401 or 403: it refuses our credentials, or this refund; the refund waits, and if a second order is refused, all calls are paused: fix the credentials (GATEWAY_TOKEN), or ask the gateway about this refund',
    needs_review:
      'the outcome of this refund cannot be proved: look it up at the gateway, then ask for look-now or resolve it; its amount stays reserved meanwhile',
    evidence_waits:
      'late evidence about this refund cannot be checked, because the gateway has given no answer for too long: look it up there',
  },
};
