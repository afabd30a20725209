// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs at gateways of two steps: handles, seals, and what a decline, a replay or silence is taken for. */
import type { PlantedBug } from '../bug.ts';

const DECISIONS = 'src/domain/transition/two-steps.ts';
const ACTING = 'src/domain/transition/acting.ts';
const DECISIONS_TEST = 'src/domain/transition/two-steps.test.ts';
const READ = 'src/engine/two-steps/read.ts';
const CALL = 'src/engine/two-steps/call.ts';
const CHARGE_TEST = 'src/engine/two-steps/charge.test.ts';
const ACTION_TEST = 'src/engine/two-steps/action.test.ts';
const OTHERS_TEST = 'src/engine/two-steps/others.test.ts';

export const TWO_STEPS: readonly PlantedBug[] = [
  {
    name: 'a look at a failed charge cancels the next one',
    story:
      'In a restored database, a worker looks at a charge that failed. The customer tries again, and while the bank asks for a code, the worker cancels that payment.',
    file: 'src/engine/two-steps/read.ts',
    find: 'return now !== null && now.operation.n >= n;',
    put: 'return now === null;',
    judge: 'engine suite',
    tests: {
      file: 'src/engine/two-steps/others.test.ts',
      named: 'does not end the next charge, if that is opened while a failed one is looked at',
    },
  },
  {
    name: 'a charge is confirmed before its handle is stored',
    story:
      'The process dies after the confirm, the next one prepares another object, and the customer pays twice.',
    file: CALL,
    find: "return { kind: 'handle', handle: await store.keepHandle(of, outcome.handle) };",
    put: "return { kind: 'handle', handle: (void store.keepHandle(of, outcome.handle).catch(() => {}), outcome.handle) };",
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'its handle cannot be stored' },
  },
  {
    name: 'a worker confirms the handle that it made, and not the stored one',
    story:
      'Two workers prepare two objects of one charge, each confirms its own, and the customer pays twice.',
    file: CALL,
    find: "return { kind: 'handle', handle: await store.keepHandle(of, outcome.handle) };",
    put: "return { kind: 'handle', handle: (await store.keepHandle(of, outcome.handle)) && outcome.handle };",
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'store their handles at the same moment' },
  },
  {
    name: 'a handle is overwritten',
    story: 'The object that is paid is forgotten, a second one is confirmed, and the customer pays twice.',
    file: 'src/postgres/handles.ts',
    find: 'DO UPDATE SET handle = coalesce(h.handle, excluded.handle)',
    put: 'DO UPDATE SET handle = excluded.handle',
    judge: 'store suite',
    tests: { file: 'test/postgres/store.test.ts', named: 'then the first one that was given' },
  },
  {
    name: 'a read through the handle that shows no money proves absence',
    story: 'The confirm lands a second after the read, and the order is FAILED although it is paid.',
    file: DECISIONS,
    find: "  return lookAgain(called(operation, context), 'lookup.open', operation.declineCode, null, context);",
    put: "  return failed(operation, operation.declineCode ?? 'gateway_error', FAILED);",
    judge: 'engine suite',
    tests: { file: DECISIONS_TEST, named: 'looked up again' },
  },
  {
    name: 'a charge has failed before it is sealed',
    story:
      'The customer is told to pay again, and the first object is paid by whoever still holds its secret.',
    file: 'src/domain/transition/call-ended.ts',
    find: '        ? onDeclinedOpen(operation, outcome.code, context)\n',
    put: '        ? failed(operation, outcome.code, declined(operation))\n',
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'is sealed before the order fails' },
  },
  {
    name: 'a decline that is kept under the key is final',
    story: 'The read shows an old decline, the customer pays with another card, and the order is FAILED.',
    file: DECISIONS,
    find: '      return onOpen(operation, outcome.code ?? null, context);\n',
    put: '      if (outcome.code !== undefined) return failed(operation, outcome.code, declined(operation));\n      return onOpen(operation, outcome.code ?? null, context);\n',
    judge: 'engine suite',
    tests: { file: DECISIONS_TEST, named: 'its code first, and the next claim seals' },
  },
  {
    name: 'a decline is sealed before its code is stored',
    story:
      'The process dies after the seal, and the merchant sees a failure of the gateway in place of a declined card.',
    file: DECISIONS,
    find: 'return !isNewDecline(known, outcome.code ?? null) && !mayCallAgain(known, context);',
    put: 'return outcome.code !== undefined || !mayCallAgain(known, context);',
    judge: 'engine suite',
    tests: { file: DECISIONS_TEST, named: 'its code first, and the next claim seals' },
  },
  {
    name: 'the answer of a seal is believed without a read',
    story:
      'The gateway says that it has cancelled a charge that was paid a moment before, and the order is FAILED.',
    file: READ,
    find: "?? { kind: 'asked' as const };\n  });\n  return read(reading, handle);",
    put: "?? { kind: 'asked' as const };\n  });\n  return { kind: 'sealed', ref: handle };",
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'and before the seal: it is paid' },
  },
  {
    name: 'one key for all seals of a charge',
    story: 'The gateway keeps the error of the first seal for ever, and the order is never settled.',
    file: 'src/domain/ids.ts',
    find: 'return uuidV5(chargeKey, `seal:${seq}`);',
    put: 'return uuidV5(chargeKey, `seal:${Math.min(seq, 0)}`);',
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'under another key, after a seal that did not work' },
  },
  {
    name: 'nothing is woken after an outage',
    story: 'The gateway was away for a night, and the customers of the evening wait for another hour.',
    file: 'src/engine/one-gateway.ts',
    find: 'const endWaking = wakeAfterOutages(engine, driver);',
    put: 'const endWaking = (): void => {};',
    judge: 'engine suite',
    tests: { file: 'src/engine/after-outage.test.ts', named: 'within seconds' },
  },
  {
    name: 'what got an answer is woken after an outage, too',
    story:
      'After each short outage the gateway is asked again at once about everything that it has just called pending.',
    file: 'src/engine/unanswered.ts',
    find: 'if (!isOpen || !NO_ANSWER.has(type)) return;',
    put: 'if (!isOpen) return;',
    judge: 'simulation',
  },
  {
    name: 'a lookup that got no answer counts as one that said something',
    story:
      'The gateway is back after an hour, and the customer waits for another hour until the order is looked up.',
    file: 'src/domain/transition/look-again.ts',
    find: "const isAnswered = type !== 'lookup.unavailable';",
    put: 'const isAnswered = true;',
    judge: 'engine suite',
    tests: { file: DECISIONS_TEST, named: 'within an eighth of it' },
  },
  {
    name: 'one key for all tries to prepare',
    story: 'The gateway keeps the error of the first try for a day, and every retry of the order fails.',
    file: CALL,
    find: 'await store.raisePrepares(of, prepares + 1);',
    put: 'await store.raisePrepares(of, prepares);',
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'under the next key after an error' },
  },
  {
    name: 'a confirm has a new key',
    story:
      'The first confirm lands late, the second one charges the object again where it can, and nobody can tell them apart.',
    file: CALL,
    find: 'const request = { ...chargeRequest(engine, held.record), handle: made.handle };',
    put: 'const request = { ...chargeRequest(engine, { ...held.record, gatewayKey: held.record.claimId }), handle: made.handle };',
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'one for all its confirms' },
  },
  {
    name: 'a confirm is sent again without a read',
    story:
      'The customer has acted meanwhile. The gateway repeats its old answer, and they are asked to act again.',
    file: 'src/domain/transition/call-ended.ts',
    find: '    return mustReadFirst(operation, context)\n',
    put: '    return mustReadFirst(operation, context) && waitMs < 0\n',
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'is read, and not sent again' },
  },
  {
    name: 'after a crash a confirm is sent again without a read',
    story:
      'The first confirm was paid, and the second one gets an error that is taken for the end of the order.',
    file: 'src/domain/transition/claim.ts',
    find: "step: isInTwoSteps(operation, context) ? 'lookup' : operation.step };",
    put: 'step: isInTwoSteps(operation, context) ? operation.step : operation.step };',
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'after its confirm was executed' },
  },
  {
    name: 'what the customer must do is believed without a read',
    story: 'The gateway repeats an old answer. The customer has paid, and is sent to the bank once more.',
    file: 'src/domain/transition/call-ended.ts',
    find: "return ask(next, 'call.requires_action', null, context.policy.contract.lookupLagMs, context);",
    put: "return ask(next, 'call.requires_action', null, context.policy.actionWithinMs, context);",
    judge: 'engine suite',
    tests: { file: ACTION_TEST, named: 'what a read shows counts' },
  },
  {
    name: 'a customer who has acted is still told to act',
    story: 'The bank works on the payment, and the customer is sent to it a second time.',
    file: 'src/engine/two-steps/action.ts',
    find: "const action = outcome.kind === 'requires_action' ? outcome.action : null;",
    put: "const action = outcome.kind === 'requires_action' ? outcome.action : (stored?.action ?? null);",
    judge: 'engine suite',
    tests: { file: ACTION_TEST, named: 'the bank works on it' },
  },
  {
    name: 'a customer who does not act is waited for without end',
    story: 'The customer has closed the page, and the order is neither paid nor failed for days.',
    file: DECISIONS,
    find: 'return isActionOver(acting(known, outcome.ref, context), context);',
    put: 'return isActionOver(acting(known, outcome.ref, context), context) && context.nowMs < 0;',
    judge: 'engine suite',
    tests: { file: ACTION_TEST, named: 'after an hour it is sealed' },
  },
  {
    name: 'the customer’s time is dated by a clock that was set back since',
    story:
      'The database’s clock was three hours ahead and is corrected. Who leaves the bank’s page then is waited for three hours longer.',
    file: ACTING,
    find: 'return sinceMs > nowMs + trust.aheadMs ? trust.writtenFromMs : sinceMs;',
    put: 'return trust.aheadMs < 0 ? trust.writtenFromMs : sinceMs;',
    judge: 'engine suite',
    tests: { file: DECISIONS_TEST, named: 'clock was set back by hours' },
  },
  {
    name: 'the caller’s time for a customer is over only by the database’s clock',
    story:
      'The order may take a minute. The clock was set back, and the customer can still pay it hours later.',
    file: ACTING,
    find: 'return leftToTryMs(operation, context) === 0 || context.nowMs >= actionEndsAtMs(operation, context);',
    put: 'return context.nowMs >= actionEndsAtMs(operation, context);',
    judge: 'engine suite',
    tests: { file: DECISIONS_TEST, named: 'clock was set back by hours' },
  },
  {
    name: 'a handle that the gateway does not know is taken for absence',
    story:
      'A key of another account asks, the charge is not found there, and the order is FAILED although it is paid.',
    file: DECISIONS,
    find: "if (outcome.kind === 'absent' && handle !== null)",
    put: "if (outcome.kind === 'absent' && handle === '')",
    judge: 'engine suite',
    tests: { file: CHARGE_TEST, named: 'never absence' },
  },
  {
    name: 'a restored database believes that there is no handle',
    story:
      'The backup is older than the charge, the gateway cannot list, and a second object is prepared and paid.',
    file: READ,
    find: "return outcome.kind === 'unavailable' && policy.restoredAtMs === null ? { kind: 'absent' } : outcome;",
    put: "return outcome.kind === 'unavailable' && policy.leaseMs > 0 ? { kind: 'absent' } : outcome;",
    judge: 'engine suite',
    tests: { file: OTHERS_TEST, named: 'sends nothing while the gateway cannot list' },
  },
  {
    name: 'an earlier charge that can still be paid does not block the next one',
    story:
      'The seal of the first charge has failed, the second charge is paid, and then the first one is, too.',
    file: 'src/engine/verify.ts',
    find: "    case 'requires_action':\n      return unavailable('not_sealed', contested);",
    put: "    case 'requires_action':\n      return null;",
    judge: 'engine suite',
    tests: { file: OTHERS_TEST, named: 'as long as the seal does not work' },
  },
  {
    name: 'a customer who has just acted is sent away without a word of what to do',
    story: 'The shop gets a payment that goes on and nothing to show, and polls where it could have waited.',
    file: 'src/engine/charging/waiting.ts',
    find: "return answer.kind === 'unsettled' && answer.payment.nextAction === null ? 'again' : answer;",
    put: 'return answer;',
    judge: 'engine suite',
    tests: { file: 'src/engine/two-steps/action.test.ts', named: 'has acted just when' },
  },
  {
    name: 'what went on while nobody listened is not looked at',
    story: 'A payment is authorised, and its client hears of it only when its own deadline is over.',
    file: 'src/engine/charging/waiting.ts',
    find: "if (known !== undefined && known.seq > record.seq && isNews(known)) return 'again';",
    put: "if (known !== undefined && known.seq < record.seq && isNews(known)) return 'again';",
    judge: 'engine suite',
    tests: { file: 'src/engine/two-steps/manual.test.ts', named: 'is told at once' },
  },
];
