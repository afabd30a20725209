/** The charge: the first effect of every payment. Its working state is the payment's row. */
import { onVerified, shownBy } from '../../domain/transition/index.ts';
import { lookAhead } from '../ahead.ts';
import { answerBody, toPayment } from '../answer.ts';
import { callGateway, chargeRequest } from '../exchange.ts';
import { lookUpOwn } from '../look-up-charge.ts';
import { isNamedAsDerived } from '../names.ts';
import { callInTwoSteps } from '../two-steps/call.ts';
import { paymentKey } from '../unit.ts';
import { verifyOthers } from '../verify.ts';
import type { Room } from './room.ts';

export const CHARGE: Room = {
  isOffered: () => true,
  isNamedAsDerived,
  call(engine, held) {
    const { gateway } = engine;
    if (gateway.twoSteps !== undefined) return callInTwoSteps(engine, held, gateway.twoSteps);
    return callGateway(engine, held, (options) => gateway.call(chargeRequest(engine, held.record), options));
  },
  lookup: lookUpOwn,
  lookAhead,
  async verify(engine, held, progress) {
    const outcome = await verifyOthers(engine, held, progress);
    // An answer deals with the evidence that was there when the lookups began. Later evidence is not checked yet.
    const evidenceSeen = outcome.kind === 'unavailable' ? 0 : held.record.evidence;
    const others = shownBy(outcome);
    return (context) => ({
      decision: onVerified(held.record.operation, outcome, context),
      evidenceSeen,
      others,
      elsewhere: null,
    });
  },
  elsewhere: () => Promise.resolve(null),
  answer: (record, problem, livemode) => answerBody(toPayment(record, livemode), problem),
  advance: (store, write) => store.advance(write),
  changed: (record, { settled }) => ({
    ...record,
    absences: record.absences + (settled?.byAbsence === true ? 1 : 0),
  }),
  addEvidence: (store, record, outcome) =>
    store.addEvidence({ payment: paymentKey(record), chargeN: record.operation.n, outcome }),
  events: async (store, { order, paymentId }, after, limit) =>
    (await store.events({ accountId: order.accountId, paymentId, after, limit })) ?? [],
  ended: 'payment settled',
  alarms: {},
};
