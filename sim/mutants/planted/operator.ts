// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in what operators say: wishes about payments and refunds in REVIEW, and lookups at once. */
import type { PlantedBug } from '../bug.ts';

const WISH = 'src/domain/wish.ts';
const WISHED = 'src/domain/transition/wished.ts';
const WISH_TEST = 'src/domain/wish.test.ts';
const RESOLVE_TEST = 'src/engine/operator/resolve.test.ts';

export const OPERATOR: readonly PlantedBug[] = [
  {
    name: 'an operator’s word is carried out without a look',
    story:
      'Somebody looks at the wrong charge and says “failed”, and the customer who has paid is told to pay again.',
    file: 'src/engine/operator/wished.ts',
    find: 'const own = canLook ? await lookUp(engine, held, room.lookup(engine, record)) : null;',
    put: 'const own = canLook && seq < 0 ? await lookUp(engine, held, room.lookup(engine, record)) : null;',
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'refuted by the charge itself' },
  },
  {
    name: 'an operator’s word counts when nobody could ask the gateway',
    story: 'A busy server has no free slot for the lookup, and a live charge is declared failed.',
    file: WISHED,
    find: "return own === null || own.kind !== 'unavailable' || !NOT_ASKED.has(own.reason);",
    put: "return own === null || own.kind !== 'unavailable' || own.reason !== '';",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'waits while nobody can ask' },
  },
  {
    name: 'an operator’s word stands against live money',
    story:
      'The gateway holds two charges of an order, somebody says “failed”, and the next card is charged too.',
    file: WISHED,
    find: "own?.kind === 'pending' || others.kind === 'money';",
    put: "(own?.kind === 'pending' && others.kind === 'money');",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'is refuted' },
  },
  {
    name: 'a payment is completed by a charge on other terms',
    story: 'The gateway charged a tenth of the price, somebody says “completed”, and the order is shipped.',
    file: WISHED,
    find: "if (own?.kind === 'mismatch') return true;",
    put: "if (own?.kind === 'mismatch') return outcome === 'failed';",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'that it was paid is refuted by a charge' },
  },
  {
    name: 'what an operator declared failed does not count as absence',
    story: 'The charge lands after all, nobody asks for it before the next one, and the customer pays twice.',
    file: WISHED,
    find: "const settled = { problem: 'gateway_failed', byAbsence: true } as const;",
    put: "const settled = { problem: 'gateway_failed', byAbsence: false } as const;",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'counts as absence' },
  },
  {
    name: 'a charge is declared failed while it may still land',
    story: 'Somebody says “failed” a minute after the time-out, and the request is charged a minute later.',
    file: WISHED,
    find: "return proof.kind === 'from' ? proof.atMs : null;",
    put: "return proof.kind === 'from' && proof.atMs < 0 ? proof.atMs : null;",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'waits until nothing can land' },
  },
  {
    name: 'a second live charge is accepted in silence',
    story:
      'An order is charged twice, an operator completes it with one of the charges, and nobody refunds the other.',
    file: WISHED,
    find: "return own?.kind === 'duplicated' || (others.kind === 'money' && others.ref !== gatewayRef);",
    put: "return own?.kind === 'duplicated' && others.kind === 'money' && others.ref !== gatewayRef;",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'alarm' },
  },
  {
    name: 'a word that contradicts an open one is taken',
    story: 'Two people look at one payment, and the second one overrules the first without knowing it.',
    file: WISH,
    find: "  if (before !== null && before.end === null)\n    return { kind: isSame(wish, before.wish) ? 'join' : 'conflict' };",
    put: "  if (before !== null && before.end === null && isSame(wish, before.wish)) return { kind: 'join' };",
    judge: 'engine suite',
    tests: { file: WISH_TEST, named: 'conflicts with an open one' },
  },
  {
    name: 'the amount that an operator has found is not compared',
    story:
      'Somebody finds the charge of another order of the same customer, and this order is shipped unpaid.',
    file: WISH,
    find: "if (wish.outcome === 'completed' && wish.amountMinor !== amountMinor) return { kind: 'amount_differs' };",
    put: "if (wish.outcome === 'completed' && wish.amountMinor < 1) return { kind: 'amount_differs' };",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'about another amount' },
  },
  {
    name: 'an operator’s word takes the claim of a worker away',
    story: 'A worker is asking the gateway, and what it learns about money can no longer be written.',
    file: WISH,
    find: "return { kind: held ? 'busy' : 'make' };",
    put: "return { kind: held && n < 0 ? 'busy' : 'make' };",
    judge: 'engine suite',
    tests: { file: WISH_TEST, named: 'waits while a worker asks' },
  },
  {
    name: 'the audit trail does not say who has decided',
    story: 'An order was shipped unpaid, and nobody can find out who declared it paid.',
    file: WISHED,
    find: 'const decision = { ...completed(operation, { ref: wish.gatewayRef }, context), event };',
    put: 'const decision = completed(operation, { ref: wish.gatewayRef }, context);',
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'counts after one more look' },
  },
  {
    name: 'an operator’s lookup brings a call forward',
    story: 'Somebody presses “look now” again and again in an outage, and uses up the retries of the order.',
    file: 'src/domain/actions.ts',
    find: "return canLook && (status === 'REVIEW' || step === 'lookup' || step === 'verify');",
    put: "return canLook && (status === 'REVIEW' || step !== 'none');",
    judge: 'engine suite',
    tests: { file: 'src/engine/operator/look-now.test.ts', named: 'never sends a call before its time' },
  },
  {
    name: 'a wish that was decided is decided again',
    story: 'A payment comes back to REVIEW by late money, and last week’s “failed” ends it at once.',
    file: 'src/engine/operator/wished.ts',
    find: 'return wish === null || wish.end !== null || wish.n !== operation.n ? null : wish;',
    put: 'return wish === null || wish.n !== operation.n ? null : wish;',
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'ends with the review' },
  },
  {
    name: 'the operation itself is not looked up before an operator’s word counts',
    story:
      'Somebody looks at the wrong order and says “failed”, and nobody asks the gateway about the right one.',
    file: 'src/engine/operator/wished.ts',
    find: 'const canLook = engine.policy.contract.lookup;',
    put: 'const canLook = engine.policy.contract.lookup && seq < 0;',
    judge: 'simulation',
  },
  {
    name: 'nothing that does not end a review is against “failed”',
    story:
      'The gateway shows a charge that is still under way, somebody says “failed”, and then it succeeds.',
    file: WISHED,
    find: 'if (isAgainst(wish, looks)) return refuted(looked, wish);',
    put: "if (isAgainst(wish, looks) && wish.outcome === 'completed') return refuted(looked, wish);",
    judge: 'explorer',
  },
  {
    name: 'whatever an operator asks to look at is due at once',
    story:
      'Support presses “look now” on every open order in an outage, and all of them call the gateway at once.',
    file: 'src/engine/operator/look-now.ts',
    find: 'if (!mayLookNow(record.operation, contract.lookup)) return',
    put: 'if (record.seq < 0 && !mayLookNow(record.operation, contract.lookup)) return',
    judge: 'simulation',
  },
];
