/** What must hold for every call that is sent to the gateway, and for every charge that the gateway books. */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { type BookedCharge, type ChargeBooks, isHeldOrTaken } from '../gateway/model.ts';
import type { Plan } from '../plan/plan.ts';
import type { Row } from '../store/database.ts';
import { type Book, type Intended, isInReach, STATEMENT_MS } from './book.ts';
import { isCutShort, judgeFirstByte, LEASE_MARGIN_MS } from './exchanges.ts';
import { isShown } from './late-money.ts';
import { judgeConfirm } from './two-steps.ts';
import { claimantOf } from './wire.ts';

export interface MoneyJudgeParts {
  readonly book: Book;
  readonly gateway: ChargeBooks;
  /** What the operation with this gateway key belongs to, as the database has it now. */
  readonly rowOf: (key: string) => Row | undefined;
  /**
   * The same for a lookup by a process that holds what `holds` says. Before a refund is sent, earlier ones of its payment are looked up
   * under its claim.
   */
  readonly lookedUpFor: (key: string, holds: (row: Row) => boolean) => Row | undefined;
  /** What the charge is confirmed on, as the database has it now. Null: nothing. */
  readonly handleOf: (row: Row, n: number) => string | null;
  readonly policy: Policy;
  readonly plan: Plan;
  readonly violated: (invariant: string, message: string) => void;
  /** True time. */
  readonly nowMs: () => number;
  readonly databaseNowMs: () => number;
}

/** The first byte of a call. */
export interface Sending {
  readonly sender: string;
  readonly request: Pick<ChargeRequest, 'key' | 'orderId' | 'amountMinor' | 'currency' | 'handle'>;
  /** Every clock of the sender's machine had stopped for a while, so the sender cannot know that its lease is over. */
  readonly blind: boolean;
  readonly senderLives: () => boolean;
}

/** The time between a decision of the engine and the moment at which the judge sees it, if nothing is late. */
const TICKS_MS = 1000;

/**
 * A call needs a committed intent, a lease that its sender holds, and a claim that has sent nothing before. It must also
 * start in time.
 */
export function createSendJudge(parts: MoneyJudgeParts): (sending: Sending) => void {
  const { book, rowOf, violated } = parts;
  /** The last call that was sent under each claim. */
  const used = new Map<string, Sending>();
  return (sending) => {
    const { sender, request } = sending;
    const intended = book.intended.get(request.key);
    if (book.idLost)
      return violated('installation', `${sender} sent ${request.orderId} under another installation’s id`);
    if (intended === undefined) return violated('2 intent', `${sender} sent a key that nobody intended`);
    const { orderId } = request;
    const row = rowOf(request.key);
    if (request.amountMinor !== intended.amountMinor || request.currency !== intended.currency) {
      if (!book.amnesia) violated('2 intent', `${sender} sent other terms than were intended for ${orderId}`);
    }
    // A database that lost commits may not know the intent. Then only the derived keys protect the money.
    if (book.amnesia) return;
    const wrong = leaseProblem(parts, row, sending);
    // The database's clock may have ended the lease early, and another process may have claimed the order. Then only the ledger is judged.
    if (isCutShort(parts)) return;
    if (wrong !== null) {
      if (sending.blind) noteBlind(parts, sending, intended);
      else violated(wrong.invariant, `${sender} sent charge ${intended.n} of ${orderId} ${wrong.how}`);
      return;
    }
    const { payment } = row as Row;
    judgeConfirm(parts, sending, row as Row);
    judgeKnown(parts, sending, row as Row, intended);
    const before = used.get(payment.claimId);
    used.set(payment.claimId, sending);
    if (before !== undefined) {
      const late = lateOf(before, sending);
      if (late === null) violated('5 lease', `${sender} sent ${orderId} twice under one claim`);
      else noteBlind(parts, late, intended);
    }
    judgeTime(parts, sending, intended, payment.operation.attempts);
    if (!sending.blind) judgeFirstByte(parts, { sender, key: request.key }, row as Row);
  };
}

interface Problem {
  readonly invariant: string;
  readonly how: string;
}

/** Why the call must not be sent now. Null: it may be. */
function leaseProblem(
  { book, databaseNowMs }: MoneyJudgeParts,
  row: Row | undefined,
  { sender, request }: Sending,
): Problem | null {
  if (row === undefined || current(row)?.gatewayKey !== request.key) {
    return { invariant: '2 intent', how: 'which is not the current one' };
  }
  const { held, operation, claimId, dueAtMs } = row.payment;
  if (!held || operation.step !== 'call' || (dueAtMs ?? 0) <= databaseNowMs()) {
    return { invariant: '5 lease', how: 'without a lease' };
  }
  if (claimantOf(book.wire, claimId)?.name !== sender)
    return { invariant: '5 lease', how: 'under the lease of another' };
  if ((dueAtMs ?? 0) - databaseNowMs() <= LEASE_MARGIN_MS)
    return { invariant: '5 lease', how: 'in the last stretch of its lease' };
  return operation.attempts === 0 ? { invariant: '2 intent', how: 'before it was counted' } : null;
}

/** Of two senders under one claim, the one whose clocks had stopped: the claim was the other one's. Null: neither. */
function lateOf(before: Sending, now: Sending): Sending | null {
  if (before.sender === now.sender) return null;
  if (now.blind) return now;
  return before.blind ? before : null;
}

/** Nothing on its machine could have stopped this call. Its answer must still be followed up: see `ending.ts`. */
function noteBlind(
  { book, gateway, nowMs }: MoneyJudgeParts,
  { request, senderLives }: Sending,
  { order }: Intended,
): void {
  const forgottenAtMs = gateway.forgottenAtMs(request.key);
  const keyForgotten = forgottenAtMs !== null && forgottenAtMs <= nowMs();
  book.blindSends.set(request.key, { order, senderLives, keyForgotten });
}

/** No charge is sent while an earlier one of its order is visibly live, if that one failed by absence or has evidence. */
function judgeKnown(
  { book, gateway, policy, violated }: MoneyJudgeParts,
  { sender, request }: Sending,
  { operations, evidence }: Row,
  { openedMs, n }: Intended,
): void {
  if (!policy.contract.lookup) return;
  for (const earlier of operations.slice(0, -1)) {
    if (!earlier.byAbsence && !evidence.some(({ chargeN }) => chargeN === earlier.n)) continue;
    const seen = gateway.ledger.some((charge) => {
      const shownFromMs = Math.max(charge.visibleAtMs, book.liveSinceMs.get(charge.id) ?? 0);
      if (charge.key !== earlier.gatewayKey || !isHeldOrTaken(charge) || shownFromMs >= openedMs)
        return false;
      // In two steps, nothing was confirmed where no handle is stored. So a gateway that gives no answer keeps nobody waiting.
      return policy.contract.steps === 'one' || isShown(book, charge.key, shownFromMs);
    });
    if (seen)
      violated(
        '3 next charge',
        `${sender} sent charge ${n} of ${request.orderId} although charge ${earlier.n} can be seen to be live`,
      );
  }
}

/** No retry after its deadline, and none that could arrive after the gateway has forgotten its key. */
function judgeTime(
  { book, policy, gateway, violated, nowMs }: MoneyJudgeParts,
  { sender, request, blind }: Sending,
  { openedMs, n, patienceS }: Intended,
  attempts: number,
): void {
  const ageMs = nowMs() - openedMs;
  const what = `${sender} sent charge ${n} of ${request.orderId}`;
  // A call that was claimed in time may be sent until its claim ends. If a clock was set back, everything looks younger.
  const looksYounger = book.stepped.backAtMs > openedMs - STATEMENT_MS;
  if (patienceS !== null) {
    if (!looksYounger && !blind && ageMs > patienceS * 1000)
      violated('time', `${what} ${ageMs} ms after it was opened, and it was given ${patienceS} s`);
  } else if (attempts > 1 && !looksYounger && ageMs > policy.callDeadlineMs + policy.leaseMs + TICKS_MS) {
    violated('time', `${what} once more, ${ageMs} ms after it was opened`);
  }
  const forgottenAtMs = gateway.forgottenAtMs(request.key);
  if (forgottenAtMs !== null && nowMs() + policy.contract.landsWithinMs >= forgottenAtMs) {
    violated('time', `${what} once more, which may land when its key is forgotten`);
  }
}

/** The time from when a charge is visible to lookups until every call that was decided before that has arrived. */
const DECIDED_BEFORE_MS = 15_000;

/** A charge from a machine whose clocks had stopped, which nobody could see when the next charge was decided. */
function isUnseen({ blindSends }: Book, { key, visibleAtMs }: BookedCharge, nowMs: number): boolean {
  return blindSends.has(key) && nowMs < visibleAtMs + DECIDED_BEFORE_MS;
}

/** At most one live charge per order, with the order's amount and currency. */
export function judgeBooking(parts: MoneyJudgeParts, charge: BookedCharge): void {
  const { book, gateway, violated, nowMs } = parts;
  const intended = book.intended.get(charge.key);
  if (intended === undefined) {
    violated('2 intent', `the gateway booked ${charge.id} for an unknown key`);
    return;
  }
  if (!isHeldOrTaken(charge)) return;
  if (!book.liveSinceMs.has(charge.id)) book.liveSinceMs.set(charge.id, nowMs());
  const live = gateway.ledger.filter(
    (one) =>
      one === charge || (isHeldOrTaken(one) && counts(parts, one, charge) && !isUnseen(book, one, nowMs())),
  );
  if (live.length > 1 && !book.blindSends.has(charge.key) && !book.words.has(charge.key))
    violated('1 charged twice', `${intended.order}: ${live.map(({ id }) => id).join(', ')}`);
  const wrong = charge.amountMinor !== intended.amountMinor || charge.currency !== intended.currency;
  if (wrong && !book.amnesia && book.excused.get(charge.key) !== 'money') {
    violated('1 charged twice', `${intended.order}: ${charge.id} has other terms than the order`);
  }
}

/** Whether it is a violation if both are live. */
function counts({ book, policy }: MoneyJudgeParts, one: BookedCharge, charge: BookedCharge): boolean {
  const [a, b] = [book.intended.get(one.key), book.intended.get(charge.key)];
  // A late charge is judged when the next one is sent, by whether it was visible: see `judgeKnown`.
  if (a === undefined || b === undefined || a.order !== b.order) return false;
  if (book.late.has(one.key) || book.late.has(charge.key)) return false;
  const { restored } = book;
  // The processes look up every charge that they know, and those after it, as far as they must.
  if (restored?.asked === true) {
    const knownN = Math.max(b.n, restored.knownN.get(a.order) ?? 0);
    return a.n <= knownN || isInReach(a.n, knownN);
  }
  // If the database forgot that a later charge was opened, the earlier one is sent again. This limit is documented.
  if (book.amnesia) return policy.contract.keys === 'kept' && one.key === charge.key && restored === null;
  return true;
}

function current(row: Row): Row['operations'][number] | undefined {
  return row.operations.at(-1);
}
