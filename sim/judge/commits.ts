/** What must hold for every committed change: allowed moves, events, the fence, and the truth about money. */
import type { GatewayContract } from '../../src/domain/contract.ts';
import { timeOfUuidV7 } from '../../src/domain/ids.ts';
import type { PaymentStatus } from '../../src/domain/payment.ts';
import { type ChargeBooks, isHeldOrTaken } from '../gateway/model.ts';
import type { Mishap } from '../plan/faults.ts';
import { boundsOf, type Plan, patienceOf } from '../plan/plan.ts';
import type { Change, OperationRow, Row } from '../store/database.ts';
import { type Book, isInReach, orderName, STATEMENT_MS } from './book.ts';
import { judgeCause } from './causes.ts';
import { knownMoney } from './late-money.ts';
import { judgeProof } from './proofs.ts';
import { wasDeclined } from './two-steps.ts';
import { wrongBody } from './views.ts';
import { judgeWait } from './waits.ts';
import { judgeWish } from './wishes.ts';

/** The most by which a process's wall clock and the database's may differ. */
const CLOCKS_MS = 3 * 3_600_000;

/** Taken from the design, not from the engine. */
const MOVES: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  AUTHORIZED: ['COMPLETED', 'VOIDED'],
  // A capture that counted as failed was made after all.
  VOIDED: ['COMPLETED'],
  PROCESSING: ['AUTHORIZED', 'COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'],
  UNRESOLVED: ['AUTHORIZED', 'COMPLETED', 'FAILED', 'REVIEW'],
  REVIEW: ['AUTHORIZED', 'COMPLETED', 'FAILED'],
  // A late success sends a failed payment to a person.
  FAILED: ['PROCESSING', 'REVIEW'],
  COMPLETED: [],
};

export interface CommitJudgeParts {
  readonly book: Book;
  readonly plan: Plan;
  readonly gateway: ChargeBooks;
  /** As in `MoneyJudgeParts`. */
  readonly handleOf: (row: Row, n: number) => string | null;
  readonly violated: (invariant: string, message: string) => void;
  readonly mark: (name: string) => void;
  /** The gateway keys of the payment's captures and voids. */
  readonly endsOf: (paymentId: string) => readonly string[];
}

export function judgeCommit(parts: CommitJudgeParts, change: Change, nowMs: number): void {
  const { book, mark } = parts;
  const { before, after } = change;
  const order = orderName(change.accountId, change.orderId);
  note(parts, change, nowMs);
  judgePromise(parts, change);
  const opens = change.kind === 'accept' || change.kind === 'openNextCharge';
  if (opens && book.idLost)
    parts.violated('installation', `${order}: stored under another installation’s id`);
  judgeEvents(parts, change);
  judgeFence(parts, change);
  judgeWish(parts, change);
  judgeCause(parts, change);
  judgeProof(parts, change, nowMs);
  judgeWait(parts, change);
  judgeFrozen(parts, change);
  if (before !== null && before.operation.status !== after.operation.status) {
    const move = `${before.operation.status} → ${after.operation.status}`;
    mark(`move:${move}`);
    if (!MOVES[before.operation.status].includes(after.operation.status)) {
      parts.violated('4 moves', `${order}: ${move} is not a listed move`);
    }
    if (after.operation.status === 'PROCESSING' && after.operation.n !== before.operation.n + 1) {
      parts.violated('4 moves', `${order}: PROCESSING again without a next charge`);
    }
    // A database that lost commits proves only by what it has kept, which may be too little. A comparison with the gateway finds the rest.
    if (!book.amnesia || book.restored?.asked === true) judgeMoney(parts, change, nowMs);
  }
  if (change.kind === 'openNextCharge' && !book.amnesia) judgeNextCharge(parts, change);
  if (after.operation.giveUpAfterS === null && after.operation.attempts > boundsOf(parts.plan).mostAttempts) {
    parts.violated('attempts', `${order}: ${after.operation.attempts} calls counted`);
  }
}

function note(
  { book, plan }: CommitJudgeParts,
  { kind, after, rowAfter, accountId, orderId }: Change,
  nowMs: number,
): void {
  const order = orderName(accountId, orderId);
  const operation = rowAfter.operations.at(-1);
  if (operation !== undefined && (kind === 'accept' || kind === 'openNextCharge')) {
    const { amountMinor, currency } = after.order;
    book.intended.set(operation.gatewayKey, {
      order,
      n: operation.n,
      amountMinor,
      currency,
      openedMs: nowMs,
      patienceS: patienceOf(plan, orderId) ?? null,
    });
    book.committedRequests.add(after.order.metadata.request ?? '');
  }
  const states = book.states.get(order) ?? [];
  states.push({
    atMs: nowMs,
    seq: after.seq,
    status: after.operation.status,
    chargeN: after.operation.n,
    // A charge that failed first and was made late still counts as paid.
    problem: MADE.has(after.operation.status) ? null : (operation?.problem ?? null),
    amountMinor: after.order.amountMinor,
    currency: after.order.currency,
    evidence: after.evidence,
    row: after,
  });
  book.states.set(order, states);
}

/** If a client got the answer that nothing was stored, its intent must not be stored later. */
function judgePromise({ book, violated }: CommitJudgeParts, { kind, after }: Change): void {
  if (kind !== 'accept' && kind !== 'openNextCharge') return;
  if (!book.amnesia && book.refusedRequests.has(after.order.metadata.request ?? '')) {
    violated('8 nothing sent', `${after.order.orderId}: stored after its client was told that it was not`);
  }
}

export function judgeEvents({ violated, mark }: CommitJudgeParts, change: Change): void {
  const { before, after, rowAfter, event, orderId } = change;
  const grown = after.seq - (before?.seq ?? 0);
  const isEnd = change.kind === 'advanceFollowUp' && event !== null;
  const wrote =
    change.kind === 'accept' || change.kind === 'openNextCharge' || change.kind === 'advance' || isEnd;
  if (grown !== (wrote ? 1 : 0)) violated('4 events', `${orderId}: seq grew by ${grown} in ${change.kind}`);
  if (!wrote) return;
  if (event === null || event.seq !== after.seq || rowAfter.events.length !== after.seq) {
    violated('4 events', `${orderId}: a change without its event, or a gap at ${after.seq}`);
    return;
  }
  if (before !== null && after.updatedAtMs < before.updatedAtMs)
    violated('9 time', `${orderId}: last changed before its last change`);
  if (event.status !== after.operation.status)
    violated('4 events', `${orderId}: the event tells another status`);
  mark(`event:${event.type}`);
}

/** A final answer shows what was committed with it, and never changes. */
function judgeFrozen(
  { violated, book }: CommitJudgeParts,
  { rowBefore, rowAfter, orderId, kind }: Change,
): void {
  const operation = rowAfter.operations.at(-1);
  if (kind !== 'advance' || operation?.settledAtMs == null) return;
  const before = rowBefore?.operations.at(-1);
  if (before?.n === operation.n && before.settledAtMs !== null) {
    if (before.answer !== operation.answer)
      violated('7 same answer', `${orderId}: its frozen answer changed`);
    return;
  }
  const wrong = wrongBody(operation, rowAfter.payment, book);
  if (wrong !== null) violated('truth of answers', `${orderId}: the frozen answer: ${wrong}`);
}

export function judgeFence({ violated }: CommitJudgeParts, { before, after, kind, orderId }: Change): void {
  if (before === null || kind === 'addEvidence') return;
  if (after.fence < before.fence) violated('5 fence', `${orderId}: the fence went back`);
  const taken = after.claimId !== before.claimId;
  if (taken && after.fence !== before.fence + 1)
    violated('5 fence', `${orderId}: a claim without its own fence`);
  if (after.held && !taken && kind === 'advance') violated('5 fence', `${orderId}: held without a new claim`);
}

function judgeMoney(parts: CommitJudgeParts, change: Change, nowMs: number): void {
  const { after, rowAfter, orderId } = change;
  const operation = rowAfter.operations.at(-1) as OperationRow;
  const { status } = after.operation;
  if (status === 'AUTHORIZED' || status === 'COMPLETED') {
    // What was refunded or let go of since counts, too: it was live when the lookup saw it.
    const was = status === 'AUTHORIZED' ? HELD_ONCE : TAKEN_ONCE;
    const live = parts.gateway.ledger.filter(
      ({ key, status }) => key === operation.gatewayKey && was.has(status),
    );
    const right = live.some(
      (charge) => charge.amountMinor === operation.amountMinor && charge.currency === operation.currency,
    );
    // See `wishes.ts`.
    const isWord = isByWord(parts, change);
    // An operator may have taken a charge with other terms, or a late one, for the order's. What was captured of it is still taken.
    const isAccepted =
      parts.gateway.ledger.some(
        ({ key, id, status }) =>
          (key === operation.gatewayKey || id === after.operation.gatewayRef) && was.has(status),
      ) &&
      rowAfter.events.some(
        ({ type, chargeN }) => type === 'operator.settled' && chargeN === after.operation.n,
      );
    if (!right && !isWord && !isAccepted)
      parts.violated('6 truth', `${orderId}: ${status}, but the gateway has not charged it`);
    const { capturedMinor } = change.args as { readonly capturedMinor?: number };
    if (capturedMinor !== undefined && !live.some(({ hold }) => hold?.capturedMinor === capturedMinor))
      parts.violated(
        '6 truth',
        `${orderId}: ${capturedMinor} are said to be captured, and the gateway has not`,
      );
    // A charge that failed first and was made late keeps the answer that was given then.
    const { late, blindSends } = parts.book;
    const failedFirst = late.has(operation.gatewayKey) || blindSends.has(operation.gatewayKey);
    if (operation.problem !== null && !failedFirst && !isWord)
      parts.violated('6 truth', `${orderId}: ${status} with a problem`);
  }
  if (status === 'VOIDED' && !isByWord(parts, change)) {
    const still = parts.gateway.ledger.filter(
      (one) => one.key === operation.gatewayKey && isHeldOrTaken(one),
    );
    if (still.length > 0)
      parts.violated(
        '6 truth',
        `${orderId}: VOIDED, and ${still.map(({ id }) => id).join(', ')} is not free`,
      );
  }
  if (status === 'FAILED') {
    if (after.evidence > 0)
      parts.violated('6 truth', `${orderId}: FAILED over evidence that nobody has looked into`);
    judgeNothingLive(parts, change.rowAfter, operation, '6 truth', 'FAILED');
    judgeForgotten(parts, change, operation);
    judgeReturn(parts, change, nowMs);
    if (!agedByStep(parts, operation)) {
      judgeReason(parts, change, operation);
      judgePatience(parts, change, operation);
    }
  }
  if (status === 'REVIEW' && !agedByStep(parts, operation)) judgeReview(parts, change);
}

/** Whether a person's word makes the change: about the charge, or about the capture or the void that ends it. */
function isByWord(parts: CommitJudgeParts, { args, after }: Change): boolean {
  const { event } = args as { readonly event?: { readonly type?: string } };
  return event?.type === 'operator.settled' || endedByWord(parts, after.paymentId);
}

/** Whether a person's wrong word, or the gateway's breach, ended the payment: see `captures/`. */
export function endedByWord(
  { book, endsOf }: Pick<CommitJudgeParts, 'book' | 'endsOf'>,
  paymentId: string,
): boolean {
  return endsOf(paymentId).some((key) => book.late.has(key) || book.excused.get(key) === 'money');
}

const MADE: ReadonlySet<PaymentStatus> = new Set(['AUTHORIZED', 'COMPLETED', 'VOIDED']);
const TAKEN_ONCE: ReadonlySet<string> = new Set(['succeeded', 'refunded']);
const HELD_ONCE: ReadonlySet<string> = new Set([...TAKEN_ONCE, 'authorized', 'voided', 'sealed']);

/** Whether the database's clock was set after the charge was opened. Then the charge's age, as the engine sees it, cannot be judged. */
function agedByStep({ book }: CommitJudgeParts, { gatewayKey }: OperationRow): boolean {
  return book.stepped.atMs > (book.intended.get(gatewayKey)?.openedMs ?? 0) - STATEMENT_MS;
}

function judgeNothingLive(
  { book, gateway, violated }: CommitJudgeParts,
  { payment }: Row,
  { gatewayKey, n }: OperationRow,
  invariant: string,
  what: string,
): void {
  const { orderId } = payment.order;
  // The call may have been sent, or the charge made, after everything that the engine could know.
  if (book.blindSends.has(gatewayKey) || book.late.has(gatewayKey)) return;
  if (liveUnder(gateway, gatewayKey).length > 0) {
    violated(invariant, `${orderId}: ${what}, but charge ${n} is live at the gateway`);
  } else if (gateway.canStillLand(gatewayKey)) {
    violated(invariant, `${orderId}: ${what}, but charge ${n} may still be made`);
  }
}

function judgeNextCharge(parts: CommitJudgeParts, { rowAfter }: Change): void {
  for (const operation of rowAfter.operations.slice(0, -1)) {
    judgeNothingLive(parts, rowAfter, operation, '3 next charge', 'the next charge was opened');
  }
}

/** An order that went to REVIEW because a charge was found must not become FAILED while that charge is live. */
function judgeReturn(
  { book, gateway, violated }: CommitJudgeParts,
  { before, rowAfter, orderId }: Change,
  nowMs: number,
): void {
  if (before?.operation.status !== 'REVIEW' || book.amnesia) return;
  const [known] = knownMoney(book, gateway, rowAfter, nowMs);
  if (known !== undefined)
    violated('late money', `${orderId}: FAILED after a review, and ${known.id} is still live`);
}

/** After a restore, the charges after this one may have been made and forgotten. Their keys can be derived, so they must be looked up. */
function judgeForgotten(
  { book, gateway, violated }: CommitJudgeParts,
  { accountId, orderId }: Change,
  { n }: OperationRow,
): void {
  if (book.restored === null) return;
  const order = orderName(accountId, orderId);
  const forgotten = gateway.ledger.find(({ key, status }) => {
    const intended = book.intended.get(key);
    return isHeldOrTaken({ status }) && intended?.order === order && isInReach(intended.n, n);
  });
  if (forgotten !== undefined)
    violated('6 truth', `${orderId}: FAILED, but a charge after it is live, and forgotten`);
}

/** FAILED has a reason, and does not come too early. */
function judgeReason(
  parts: CommitJudgeParts,
  { after, orderId, before }: Change,
  operation: OperationRow,
): void {
  const { policy } = parts.plan;
  const declined =
    parts.gateway.ledger.some(
      ({ key, status, code }) =>
        key === operation.gatewayKey && (status === 'declined' || code !== undefined),
    ) || wasDeclined(parts, operation.gatewayKey, after.operation.failureCode);
  // After other terms than were asked for, nobody can tell what the customer has done.
  const isOther = parts.book.excused.get(operation.gatewayKey) === 'money';
  if (operation.problem === 'card_declined' && !declined && !isOther && !wasHeld(parts, operation)) {
    parts.violated('6 truth', `${orderId}: said to be declined, but the gateway never said so`);
  }
  if (operation.problem === null) parts.violated('6 truth', `${orderId}: FAILED without a problem`);
  const { keys, cachesErrors, keyWindowMs } = policy.contract;
  // A process that slept between drawing the payment's id and storing it takes the key to be as old as the id.
  const idAgeMs = after.updatedAtMs - timeOfUuidV7(after.paymentId);
  const retryable =
    keys === 'kept' && !cachesErrors && keyWindowMs > Math.max(3_600_000, idAgeMs + CLOCKS_MS);
  const ageMs = after.updatedAtMs - operation.openedAtMs;
  // Leaves time for a lease to end and be noticed, and for the longest Retry-After. What could not be verified ends after `resolveForMs`.
  const early =
    after.operation.attempts < boundsOf(parts.plan).fewestAttempts &&
    ageMs + 20_000 + policy.retryAfterCapMs < policy.callDeadlineMs &&
    ageMs < policy.resolveForMs;
  const wasReview = before?.operation.status === 'REVIEW';
  if (patienceOf(parts.plan, orderId) !== undefined) return;
  if (wasHeld(parts, operation)) return;
  if (operation.problem === 'gateway_failed' && retryable && early && !wasReview && !parts.book.amnesia) {
    parts.violated('retries', `${orderId}: gave up after ${after.operation.attempts} calls`);
  }
}

/** The gateway has held the money. If it has let go of it before anybody knew, that is as good as a reversal. */
function wasHeld({ gateway }: Pick<CommitJudgeParts, 'gateway'>, { gatewayKey }: OperationRow): boolean {
  return gateway.ledger.some(
    ({ key, hold }) => key === gatewayKey && hold !== undefined && Number.isFinite(hold.untilMs),
  );
}

/** A process's estimate of the database's clock can be ahead by as long as the last answer took: at most a statement's timeout. */
const AHEAD_MS = 6000;

/** An order with a time limit does not fail before that limit because of an outage alone. */
function judgePatience(
  { book, plan, gateway, violated, mark }: CommitJudgeParts,
  { after, orderId, before, event }: Change,
  operation: OperationRow,
): void {
  const { problem, openedAtMs } = operation;
  const patienceS = patienceOf(plan, orderId);
  if (patienceS === undefined || problem !== 'gateway_failed' || before?.operation.status === 'REVIEW')
    return;
  mark('given_up');
  // Both times are the database's. A charge that is stored late counts as opened when its statement arrived.
  const ageMs = (event?.atMs ?? 0) - openedAtMs;
  // An error that the gateway stores under the key ends it early. So may a clock that was set, and a process that was frozen: its estimate
  // is ahead by as long as its last answer took to be read.
  const excused =
    book.amnesia ||
    wasHeld({ gateway }, operation) ||
    plan.policy.contract.cachesErrors ||
    plan.mishaps.some((mishap) => MISLEADS_CLOCKS.has(mishap));
  // If earlier charges cannot be verified, the wait for them ends after `resolveForMs`. Only a simulated one is that short.
  const { resolveForMs, contract } = plan.policy;
  const patienceMs = Math.min(patienceS * 1000, guardedMs(contract));
  const limitMs = before?.operation.step === 'verify' ? Math.min(patienceMs, resolveForMs) : patienceMs;
  if (!excused && ageMs + AHEAD_MS < limitMs)
    violated(
      'patience',
      `${orderId}: FAILED (${after.operation.failureCode}) after ${ageMs} ms of ${patienceS} s`,
    );
}

/** In two steps, what is in doubt is sealed once its key could be forgotten before a call lands. Only a simulated key is that short. */
function guardedMs({ steps, keyWindowMs, landsWithinMs }: GatewayContract): number {
  const guarded = keyWindowMs - landsWithinMs - LONGEST_LEASE_MS;
  return steps === 'one' ? Number.POSITIVE_INFINITY : Math.max(0, guarded);
}

const LONGEST_LEASE_MS = 9000;

const MISLEADS_CLOCKS: ReadonlySet<Mishap> = new Set([
  'clock_jumps',
  'machine_suspended',
  'event_loop_stalls',
  'process_paused',
]);

/** REVIEW is allowed only if the gateway has no lookups, broke its contract, or left the outcome open for too long. */
function judgeReview({ book, plan, violated }: CommitJudgeParts, { after, rowAfter, orderId }: Change): void {
  if (after.operation.failureCode === null) violated('review', `${orderId}: REVIEW without a reason`);
  const { contract, resolveForMs } = plan.policy;
  // A call from a machine whose clocks had both stopped may charge after FAILED.
  const excused = rowAfter.operations.some(
    ({ gatewayKey }) => book.excused.has(gatewayKey) || book.blindSends.has(gatewayKey),
  );
  // A late worker heard that the charge was pending. Without keys, its decline is about one call, so a person is asked.
  const heardPending =
    contract.keys === 'none' && rowAfter.evidence.some(({ outcome }) => outcome.kind === 'pending');
  const openForMs = after.updatedAtMs - (rowAfter.operations.at(-1)?.openedAtMs ?? 0);
  if (contract.lookup && !excused && !heardPending && openForMs < resolveForMs && !book.amnesia) {
    violated('review', `${orderId}: REVIEW (${after.operation.failureCode}) although the gateway can tell`);
  }
}

function liveUnder(gateway: ChargeBooks, key: string): ChargeBooks['ledger'] {
  return gateway.ledger.filter((charge) => charge.key === key && isHeldOrTaken(charge));
}
