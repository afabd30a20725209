// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in what operators say: wishes about payments and refunds in REVIEW, and lookups at once. */
import type { PlantedBug } from '../bug.ts';

const WISH = 'src/domain/wish.ts';
const WISHED = 'src/domain/transition/wished.ts';
const WISH_TEST = 'src/domain/wish.test.ts';
const REFUNDS_TEST = 'src/engine/operator/refunds.test.ts';
const CAPTURE_TEST = 'src/engine/capturing/capture.test.ts';
const RESOLVE_TEST = 'src/engine/operator/resolve.test.ts';

export const OPERATOR: readonly PlantedBug[] = [
  {
    name: 'an operator’s word is carried out without a look',
    story:
      'Somebody looks at the wrong charge and says “failed”, and the customer who has paid is told to pay again.',
    file: 'src/engine/operator/wished.ts',
    find: 'const own = canLook ? await',
    put: 'const own = canLook && otherMinor === 0 ? await',
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'refuted by the charge itself' },
  },
  {
    name: 'an operator’s no counts at once where the gateway has no lookups',
    story:
      'A person says that nothing was charged, a second after the call. The order is charged again, and then the first charge lands.',
    file: WISHED,
    find: "return proof.kind === 'from' ? proof.atMs : null;",
    put: "return proof.kind === 'from' && policy.contract.lookup ? proof.atMs : null;",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'waits there too' },
  },
  {
    name: 'an operator’s word counts when nobody could ask the gateway',
    story: 'A busy server has no free slot for the lookup, and a live charge is declared failed.',
    file: WISHED,
    find: "return own === null || own.kind !== 'unavailable' || !isNotAsked(own.reason);",
    put: "return own === null || own.kind !== 'unavailable' || own.reason !== '';",
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'waits while nobody can ask' },
  },
  {
    name: 'an operator’s word counts when an adapter could not send the lookup',
    story: 'A server has no free file for the lookup, and a live charge is declared failed.',
    file: 'src/engine/exchange.ts',
    find: "return { kind: 'unavailable', reason: notSent(reason) };",
    put: "return { kind: 'unavailable', reason: notSent(reason).slice(notSent('').length) };",
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
    name: 'a capture is settled although its charge shows another one',
    story:
      'The gateway took less than was asked for, somebody says “succeeded”, and the payment counts what was never taken.',
    file: WISHED,
    find: " || (own?.kind === 'absent' && own.code !== undefined);",
    put: ';',
    judge: 'engine suite',
    tests: { file: CAPTURE_TEST, named: 'if the charge shows another one' },
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
    name: 'a word that the gateway has refuted counts when it is said again',
    story:
      'The gateway has shown two live charges and is down now, somebody says “failed” once more, and the customer is told to pay again.',
    file: WISHED,
    find: 'const needsAnswer = refutedBefore || otherMinor !== null',
    put: 'const needsAnswer = otherMinor !== null',
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'does not count when it is said again' },
  },
  {
    name: 'the silence about the other charges of an order counts as an answer',
    story:
      'Another charge of the order is live, nobody can look it up now, and the order is declared failed.',
    file: WISHED,
    find: " || others.kind === 'silence';",
    put: ';',
    judge: 'engine suite',
    tests: { file: RESOLVE_TEST, named: 'while nobody can look that one up' },
  },
  {
    name: 'what was refuted about an earlier charge counts for this one',
    story: 'A word about the order’s second charge waits for ever, because one about the first was wrong.',
    file: 'src/postgres/wishes.ts',
    find: '    AND b.n = w.n AND b.ending',
    put: '    AND b.ending',
    judge: 'store suite',
    tests: { file: 'test/postgres/store.test.ts', named: 'knows whether an earlier one' },
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
    find: "if (wish.outcome === 'completed' && wish.amountMinor !== amountMinor &&",
    put: "if (wish.outcome === 'completed' && wish.amountMinor < 1 &&",
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
    find: 'const done = { ...completed(operation, { ref: wish.gatewayRef }, context), event };',
    put: 'const done = completed(operation, { ref: wish.gatewayRef }, context);',
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
    find: 'const canLook = policyOf(engine, record).contract.lookup;',
    put: 'const canLook = policyOf(engine, record).contract.lookup && stored.seq < 0;',
    judge: 'simulation',
  },
  {
    name: 'nothing that does not end a review is against “failed”',
    story:
      'The gateway shows a charge that is still under way, somebody says “failed”, and then it succeeds.',
    file: WISHED,
    find: 'if (isAgainst(wish, looks, isNoFinal)) return refuted(looked, wish);',
    put: "if (isAgainst(wish, looks, isNoFinal) && wish.outcome === 'completed') return refuted(looked, wish);",
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
  {
    name: 'a refund of another amount counts while the gateway is silent',
    story: 'Somebody mistypes the amount, and the payment says that the customer got ten times the money.',
    file: WISHED,
    find: 'const needsAnswer = refutedBefore || otherMinor !== null || isAgainstShown',
    put: 'const needsAnswer = refutedBefore || isAgainstShown',
    judge: 'engine suite',
    tests: { file: REFUNDS_TEST, named: 'while the gateway does not answer' },
  },
  {
    name: 'a refund of another amount counts although the gateway does not show it',
    story:
      'The refund was taken back at the gateway, somebody says “succeeded”, and the customer gets nothing.',
    file: WISHED,
    find: "if (otherMinor !== null && own !== null) return own.kind !== 'unavailable' && own.kind !== 'forbidden';",
    put: '',
    judge: 'engine suite',
    tests: { file: REFUNDS_TEST, named: 'stays in REVIEW if the gateway shows' },
  },
  {
    name: 'a refund of another amount counts as the amount that was asked for',
    story: 'The gateway gave back 450 for 400, and the payment promises the 50 once more.',
    file: 'src/engine/follow-ups/room.ts',
    find: 'settledMinor ?? order.amountMinor),',
    put: 'order.amountMinor),',
    judge: 'engine suite',
    tests: { file: REFUNDS_TEST, named: 'succeeds with that amount' },
  },
  {
    name: 'a refund of another amount is watched with the amount that was asked for',
    story: 'An hour after a person has settled it, it is in REVIEW again, and so on every day.',
    file: 'src/engine/refunding/at-gateway.ts',
    find: 'amountMinor: settledMinor ?? order.amountMinor }',
    put: 'amountMinor: settledMinor === 0 ? settledMinor : order.amountMinor }',
    judge: 'engine suite',
    tests: { file: REFUNDS_TEST, named: 'is watched with that amount' },
  },
  {
    name: 'a refund may end with another amount although the gateway has shown none',
    story:
      'Somebody reads the wrong line of the dashboard, and the refund ends with the amount of another one.',
    file: 'src/engine/operator/resolve.ts',
    find: "EFFECTS[kind].maySettleOther && failureCode === 'amount_mismatch'",
    put: 'EFFECTS[kind].maySettleOther',
    judge: 'engine suite',
    tests: { file: REFUNDS_TEST, named: 'about another amount' },
  },
  {
    name: 'a word counts in silence against money that a lookup had shown',
    story:
      'Payonce has found a charge of this order that is live. A person says that nothing was charged while the gateway is down, and the order is charged again.',
    file: 'src/domain/transition/wished.ts',
    find: "return outcome === 'failed' && failureCode === 'late_success';",
    put: "return outcome === 'failed' && failureCode === 'late_success' && false;",
    judge: 'engine suite',
    tests: { file: 'src/engine/operator/resolve.test.ts', named: 'does not count in silence' },
  },
  {
    name: 'a word that a refund failed never ends if the gateway shows its failure in another currency',
    story:
      'The gateway makes a refund in the wrong currency, and then it fails. The person says so, and nothing happens for ever.',
    file: 'src/domain/transition/wished.ts',
    find: "own?.kind === 'unavailable' ? !isNo(own) : own",
    put: "own?.kind === 'unavailable' ? true : own",
    judge: 'engine suite',
    tests: {
      file: 'src/engine/operator/resolve.test.ts',
      named: 'counts beside a no that the gateway shows',
    },
  },
  {
    name: 'an open word has the gateway asked at the same short interval for ever',
    story:
      'A person’s word waits for a gateway that gives no answer for days, and each ten seconds leave two events.',
    file: 'src/domain/transition/wished.ts',
    find: 'next: { ...next, lookups: next.lookups + 1 }',
    put: 'next',
    judge: 'engine suite',
    tests: { file: 'src/engine/operator/resolve.test.ts', named: 'is looked at less and less often' },
  },
];
