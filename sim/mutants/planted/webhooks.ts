/** Bugs in events of the gateway: who sent them, and what follows from them. */
import type { PlantedBug } from '../bug.ts';

const ENGINE = 'src/engine/webhooks';
const NOTE = `${ENGINE}/note.ts`;
const WEBHOOKS = `${ENGINE}/webhooks.ts`;
const ADAPTER = 'src/gateways/http/webhooks.ts';
const SIGNATURE = 'src/gateways/http/signature.ts';
const ENGINE_TEST = `${ENGINE}/webhooks.test.ts`;
const ADAPTER_TEST = 'src/gateways/http/webhooks.test.ts';

export const WEBHOOKS_IN: readonly PlantedBug[] = [
  {
    name: 'an event counts as evidence',
    story:
      'An event about an old state says “paid”, and the order counts as charged although no lookup shows a charge.',
    file: NOTE,
    find: "case 'wake': {",
    put: "case 'wake': { await noting.engine.store.addEvidence({ payment: paymentKey(found), chargeN: found.operation.n, outcome: { kind: 'approved', ref: note.ref ?? 'ch' } });",
    judge: 'simulation',
  },
  {
    name: 'an event brings a call forward',
    story:
      'Four events use up all calls of an order within a second, while the gateway is down for a minute.',
    file: 'src/postgres/wake.ts',
    find: " AND step <> 'call'",
    put: '',
    judge: 'store suite',
    tests: { file: 'test/postgres/store.test.ts', named: 'never brings a call forward' },
  },
  {
    name: 'an event of any age is taken',
    story: 'Somebody who once recorded an event sends it again and again, and each is taken for a new one.',
    file: SIGNATURE,
    find: "if (aheadMs < -TOLERANCE_MS) return 'too_old';",
    put: "if (aheadMs < -1e6 * TOLERANCE_MS) return 'too_old';",
    judge: 'gateway suite',
    tests: { file: ADAPTER_TEST, named: 'from .* s away' },
  },
  {
    name: 'an event from the future is taken',
    story: 'A recorded event that was signed by a wrong clock can be sent again for years.',
    file: SIGNATURE,
    find: "return aheadMs > TOLERANCE_MS ? 'in_future' : null;",
    put: "return aheadMs > 1e6 * TOLERANCE_MS ? 'in_future' : null;",
    judge: 'gateway suite',
    tests: { file: ADAPTER_TEST, named: 'from .* s away' },
  },
  {
    name: 'the second secret is ignored',
    story: 'During a rotation every event is refused, and pending payments wait for their next poll.',
    file: ADAPTER,
    find: 'const keys = secrets.map(webhookKey);',
    put: 'const keys = secrets.slice(0, 1).map(webhookKey);',
    judge: 'gateway suite',
    tests: { file: ADAPTER_TEST, named: 'any of the secrets' },
  },
  {
    name: 'the beginning of a signature is enough',
    story: 'Anybody can send events, by guessing a byte or none.',
    file: SIGNATURE,
    find: 'one.length === own.length && timingSafeEqual(one, own)',
    put: 'timingSafeEqual(one, own.subarray(0, one.length))',
    judge: 'gateway suite',
    tests: { file: ADAPTER_TEST, named: 'is forged' },
  },
  {
    name: 'an event is taken before the note is durable',
    story:
      'The database is down for a moment, the gateway never sends the event again, and a pending payment waits for an hour.',
    file: WEBHOOKS,
    find: 'const noted = await noteOnce(note);',
    put: "const noted = await Promise.race([noteOnce(note), Promise.resolve('noted' as const)]);",
    judge: 'simulation',
  },
  {
    name: 'an event of another installation is looked into',
    story:
      'Two shops share a gateway account, and the events of the one wake payments of the other that have the same order id.',
    file: WEBHOOKS,
    find: 'if (orderReference(installationId, note.accountId, note.orderId) === note.reference)',
    put: "if (orderReference(installationId, note.accountId, note.orderId) !== '')",
    judge: 'simulation',
  },
  {
    name: 'an event during a lookup is taken for known',
    story: 'The lookup was answered before the charge was decided, and nobody asks again for hours.',
    file: 'src/domain/gateway-note.ts',
    find: "if (row.held) return 'wait';",
    put: "if (row.held) return 'known';",
    judge: 'simulation',
  },
  {
    name: 'that money moved is forgotten while a call waits',
    story: 'The call is never made because its time is over, and a charged order is reported as failed.',
    file: 'src/domain/gateway-note.ts',
    find: "return mayHoldMoney(note) ? 'wait' : 'known';",
    put: "return mayHoldMoney(note) ? 'known' : 'known';",
    judge: 'simulation',
  },
  {
    name: 'every event buys a lookup',
    story: 'A gateway that repeats its events gets a lookup for each, and refuses all others as too many.',
    file: `${ENGINE}/pace.ts`,
    find: 'FIRST_GAP_MS * 2 ** Math.min(times(unit), 30)',
    put: 'FIRST_GAP_MS * 2 ** Math.min(times(unit), 0)',
    judge: 'simulation',
  },
  {
    name: 'a declined charge is never looked up again',
    story: 'A charge that was declined is paid after all, and nobody looks although the gateway says so.',
    file: 'src/engine/verify.ts',
    find: 'const own = sawOwn ? null : await findAfterNo(engine, held);',
    put: 'const own = sawOwn || begunN >= 0 ? null : await findAfterNo(engine, held);',
    judge: 'engine suite',
    tests: { file: ENGINE_TEST, named: 'leads to a review and an alarm' },
  },
  {
    name: 'a process does not notice that something it waits for is due sooner',
    story:
      'One process takes the event, another one has the payment in memory, and it is looked up as late as without the event.',
    file: 'src/engine/active.ts',
    find: 'return !stored.held && due !== null && expected !== null && due < expected - EARLIER_BY_MS;',
    put: 'return stored.held && due !== null && expected !== null && due < expected - EARLIER_BY_MS;',
    judge: 'engine suite',
    tests: { file: ENGINE_TEST, named: 'is carried out by the sweep' },
  },
  {
    name: 'an event settles a payment',
    story: 'An event about an old state says “paid”, the order is shipped, and nothing was charged.',
    file: NOTE,
    find: "case 'wake': {",
    put: "case 'wake': { if (note.says === 'live') await noting.engine.store.advance({ payment: paymentKey(found), expected: { seq: found.seq, fence: found.fence, claimId: found.claimId, mustBeDue: false }, operation: { ...found.operation, status: 'COMPLETED', step: 'none', gatewayRef: note.ref ?? 'ch' }, event: { type: 'payment.completed', detail: null }, lease: { kind: 'release', waitMs: null }, settlement: { problem: null, body: '{}', byAbsence: false }, evidenceSeen: 0, updatedAtMs: found.updatedAtMs });",
    judge: 'simulation',
  },
  {
    name: 'an event sends at once',
    story:
      'Four events use up all calls of an order within a second, while the gateway is down for a minute.',
    file: NOTE,
    find: "case 'wait':",
    put: "case 'wait': if (!found.held) { await noting.engine.store.advance({ payment: paymentKey(found), expected: { seq: found.seq, fence: found.fence, claimId: found.claimId, mustBeDue: false }, operation: found.operation, event: { type: 'call.refused', detail: null }, lease: { kind: 'release', waitMs: 0 }, settlement: null, evidenceSeen: 0, updatedAtMs: found.updatedAtMs }); nudge(noting.driver, found, 0); }",
    judge: 'simulation',
  },
  {
    name: 'an event does not wait after the last look',
    story:
      'A gateway that sends ten events about a charge in a second is asked about it ten times in that second.',
    file: NOTE,
    find: 'Math.min(gapMs, Math.max(0, record.updatedAtMs + gapMs - nowMs))',
    put: 'Math.min(gapMs, Math.max(0, record.updatedAtMs - nowMs))',
    judge: 'simulation',
  },
  {
    name: 'an event that a refund has failed is taken for known',
    story:
      'The bank sends a refund back and the gateway says so, but nobody looks: the customer waits for money that never comes.',
    file: 'src/domain/gateway-note.ts',
    find: "return note.says !== 'pending' && EFFECTS[kind].mayFailForMs > 0;",
    put: "return note.says === 'pending' && EFFECTS[kind].mayFailForMs > 0;",
    judge: 'simulation',
  },
  {
    name: 'an event waits as long as a worker holds its row',
    story:
      'A gateway that takes a minute for each call gets no answer to its events, and turns the endpoint off.',
    file: NOTE,
    find: "if (clock.monotonicMs() >= untilMs) return 'later';",
    put: "if (clock.monotonicMs() >= untilMs + 60_000) return 'later';",
    judge: 'simulation',
  },
  {
    name: 'an event is put off although its row is due soon enough',
    story:
      'The database takes some milliseconds, and a process refuses events because another one has woken the row first.',
    file: NOTE,
    find: "if (found.seq === lostAtSeq && found.dueAtMs !== null) return 'known';",
    put: '',
    judge: 'engine suite',
    tests: { file: ENGINE_TEST, named: 'finds the row due as soon as it asks for' },
  },
  {
    name: 'an event is put off because another process was the first in the last moment',
    story:
      'A worker is slow, two processes wake its row as soon as it is free, and one of them refuses all events about it.',
    file: NOTE,
    find: 'lostAtSeq = found.seq;\n        continue;',
    put: 'lostAtSeq = found.seq;\n        break;',
    judge: 'engine suite',
    tests: { file: ENGINE_TEST, named: 'in the last moment' },
  },
  {
    name: 'an event about an order that is not here is put off',
    story: 'The gateway sends it again for days, and then turns the endpoint off.',
    file: WEBHOOKS,
    find: "return noted === 'later' ? webhookProblem('webhook_not_noted') : TAKEN;",
    put: "return noted === 'later' || noted === 'unknown' ? webhookProblem('webhook_not_noted') : TAKEN;",
    judge: 'simulation',
  },
  {
    name: 'an event is weighed by the wall clock',
    story:
      'A clock is set forward, everything seems to be due already, and the events of that moment are taken and forgotten.',
    file: NOTE,
    find: 'engine.databaseClock.atLeastMs()',
    put: 'engine.databaseClock.nowMs()',
    judge: 'engine suite',
    tests: { file: ENGINE_TEST, named: 'the wall clock was just set forward' },
  },
  {
    name: 'an event about a failed refund is forgotten if the gateway gives no answer',
    story:
      'The gateway says that a refund was made after all, one lookup times out, and for an hour or for ever nobody asks again.',
    file: 'src/domain/transition/watched.ts',
    find: "const contested = news !== null || operation.status === 'FAILED';",
    put: 'const contested = news !== null;',
    judge: 'engine suite',
    tests: { file: 'src/domain/transition/watched.test.ts', named: 'looked up again soon' },
  },
];
