/** Bugs at gateways of two steps that the simulation and the exhaustive search must notice, wherever they show. */
import type { PlantedBug } from '../bug.ts';

const TRANSITION = 'src/domain/transition';
const CALL = 'src/engine/two-steps/call.ts';
const READ = 'src/engine/two-steps/read.ts';
const KEPT = "return { kind: 'handle', handle: await store.keepHandle(of, outcome.handle) };";

export const TWO_STEPS_PROOF: readonly PlantedBug[] = [
  {
    name: 'a confirm leaves while its handle is still being stored',
    story: 'The statement fails, the next worker makes another object, and the customer pays for both.',
    file: CALL,
    find: KEPT,
    put: "return { kind: 'handle', handle: (store.keepHandle(of, outcome.handle).catch(() => {}), outcome.handle) };",
    judge: 'simulation',
  },
  {
    name: 'the handle that comes later replaces the stored one',
    story: 'Two workers confirm two objects of one charge, and the customer pays twice.',
    file: CALL,
    find: KEPT,
    put: "return { kind: 'handle', handle: (await store.keepHandle(of, outcome.handle)) && outcome.handle };",
    judge: 'simulation',
  },
  {
    name: 'each confirm of a charge has a key of its own',
    story: 'The gateway cannot tell a repetition from a new request, and charges the customer once more.',
    file: CALL,
    find: 'const request = { ...chargeRequest(engine, held.record), handle: made.handle };',
    put: 'const request = { ...chargeRequest(engine, { ...held.record, gatewayKey: held.record.claimId }), handle: made.handle };',
    judge: 'simulation',
  },
  {
    name: 'a decline ends the charge while its object can still be paid',
    story:
      'The order is FAILED, the customer pays with another card, and then the first page still takes money.',
    file: `${TRANSITION}/call-ended.ts`,
    find: '        ? onDeclinedOpen(operation, outcome.code, context)\n',
    put: '        ? failed(operation, outcome.code, declined(operation))\n',
    judge: 'explorer',
  },
  {
    name: 'the seal is believed, and nobody reads what it did',
    story: 'The charge was paid a moment before the seal. The order is FAILED, and the customer pays again.',
    file: READ,
    find: "?? { kind: 'asked' as const };\n  });\n  return read(reading, handle);",
    put: "?? { kind: 'asked' as const };\n  });\n  return { kind: 'sealed', ref: handle };",
    judge: 'simulation',
  },
  {
    name: 'an object that has taken no money yet never will',
    story: 'The confirm lands a second after the read: the order is FAILED, and it is paid.',
    file: `${TRANSITION}/two-steps.ts`,
    find: "  return lookAgain(called(operation, context), 'lookup.open', operation.declineCode, null, context);",
    put: "  return failed(operation, operation.declineCode ?? 'gateway_error', FAILED);",
    judge: 'explorer',
  },
  {
    name: 'what the gateway lists is sealed without being stored',
    story: 'The next worker finds no handle, makes another object, and the customer is charged on that one.',
    file: READ,
    find: 'const handle = await engine.store.keepHandle(of, outcome.ref);',
    put: 'const handle = outcome.ref;',
    judge: 'simulation',
  },
  {
    name: 'after a restore, a gateway that cannot list counts as one that has nothing',
    story:
      'The database has forgotten a charge that is paid. The order is FAILED, and the customer pays again.',
    file: READ,
    find: "return outcome.kind === 'unavailable' && policy.restoredAtMs === null ? { kind: 'absent' } : outcome;",
    put: "return outcome.kind === 'unavailable' && policy.leaseMs > 0 ? { kind: 'absent' } : outcome;",
    judge: 'simulation',
  },
];
