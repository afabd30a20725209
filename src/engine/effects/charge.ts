/** The charge: the first effect of every payment. Its working state is the payment's row. */
import { onVerified, shownBy } from '../../domain/transition/index.ts';
import { lookAhead } from '../ahead.ts';
import { answerBody, toPayment } from '../answer.ts';
import { unlessOurs } from '../capturing/own-look.ts';
import { askCharge, chargeRequest } from '../exchange.ts';
import { isNamedAsDerived } from '../names.ts';
import { paymentKey } from '../unit.ts';
import { verifyOthers } from '../verify.ts';
import type { Room } from './room.ts';

export const CHARGE: Room = {
  isOffered: () => true,
  isNamedAsDerived,
  call: (engine, record) => (options) => engine.gateway.call(chargeRequest(engine, record), options),
  lookup: (engine, record) => async (options) =>
    unlessOurs(engine, record, await askCharge(engine, record)(options)),
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
    });
  },
  elsewhereMinor: () => Promise.resolve(null),
  answer: (record, problem, livemode) => answerBody(toPayment(record, livemode), problem),
  advance: (store, write) => store.advance(write),
  addEvidence: (store, record, outcome) =>
    store.addEvidence({ payment: paymentKey(record), chargeN: record.operation.n, outcome }),
  events: async (store, { order, paymentId }, after, limit) =>
    (await store.events({ accountId: order.accountId, paymentId, after, limit })) ?? [],
  ended: 'payment settled',
  alarms: {},
};
