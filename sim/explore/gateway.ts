/**
 * The world's own rules for a gateway that keeps the contract it declares, written without using the domain:
 * what is booked when a request arrives, what a repeated key is answered, what a lookup shows.
 */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { CallOutcome, LookupOutcome } from '../../src/domain/outcomes.ts';
import type { Book, Booked, Fault } from './model.ts';

/** One way in which an arriving request can go. */
export interface Arrival {
  readonly book: Book;
  readonly outcome: CallOutcome;
  readonly faults: readonly Fault[];
  readonly what: string;
}

export const ERROR: CallOutcome = { kind: 'unknown', answered: true, reason: 'http_500' };
export const SILENCE: CallOutcome = { kind: 'unknown', answered: false, reason: 'no_answer' };
const REFUSED: CallOutcome = { kind: 'refused', reason: 'rate_limited' };
const FORBIDDEN: CallOutcome = { kind: 'forbidden', reason: 'http_401' };
/** It may have been this very one. So it is no decline. */
const IMPOSSIBLE: CallOutcome = {
  kind: 'unknown',
  answered: true,
  reason: 'already_captured',
  lookFirst: true,
};
const BUSY: CallOutcome = { kind: 'busy' };

export const EMPTY_BOOKS: readonly [Book, Book] = [
  { n: 1, charges: [], bound: null, age: 0 },
  { n: 2, charges: [], bound: null, age: 0 },
];

/**
 * Every way in which a request may be handled when it arrives. An answer is normal where it is what a healthy
 * gateway says (yes, no, the same again); everything else is a fault.
 */
export function arrivals(
  book: Book,
  contract: GatewayContract,
  options: {
    readonly keepsDeclines: boolean;
    /** Another request with this key has not been handled yet. */
    readonly rival: boolean;
    readonly breaksContract: boolean;
    /** Something else has been done to the charge, so this cannot be done any more. Default: it can. */
    readonly impossible?: boolean;
    /** Ways that take more faults are left out. */
    readonly budget: number;
  },
): Arrival[] {
  const ways: Arrival[] = [];
  const add = (what: string, to: Book, outcome: CallOutcome, ...faults: Fault[]): void => {
    if (faults.length <= options.budget) ways.push({ book: to, outcome, faults, what });
  };
  const effect = (what: string, to: Book, outcome: CallOutcome, ...faults: Fault[]): void => {
    add(what, to, outcome, ...faults);
    add(`${what}, and the answer is lost`, to, SILENCE, ...faults, 'answer lost');
  };
  const fresh = (...faults: Fault[]): void => {
    const charged = booked(book, 'live', contract);
    effect('charges and says yes', charged, lastOf(charged), ...faults);
    const no = booked(book, 'declined', contract);
    const declined = options.keepsDeclines ? no : { ...no, bound: book.bound, age: book.age };
    effect('says no', declined, lastOf(declined), ...faults);
    if (options.budget === 0) return;
    const pending = booked(book, 'pending', contract);
    effect('accepts it as pending', pending, lastOf(pending), ...faults, 'pending');
    const wrong = booked(book, 'wrong', contract);
    effect('charges a wrong amount', wrong, lastOf(wrong), ...faults, 'wrong amount');
    add('charges and answers 500', charged, ERROR, ...faults, 'error after the charge');
    if (!contract.cachesErrors) return;
    const kept: Fault = 'error kept under the key';
    add('charges and answers 500, kept', { ...charged, bound: 'error' }, ERROR, ...faults, kept);
    const stuck: Book = { ...book, bound: 'error', age: 0 };
    add('answers 500 uncharged, kept', stuck, ERROR, ...faults, kept);
    add(
      'answers 500 uncharged, kept, and the answer is lost',
      stuck,
      SILENCE,
      ...faults,
      kept,
      'answer lost',
    );
  };
  if (book.bound === null && options.impossible === true) {
    effect('says that it is not possible any more', book, IMPOSSIBLE);
  } else if (book.bound === null) {
    fresh();
    if (options.rival && contract.keys === 'kept') add('is busy with this key', book, BUSY);
  } else {
    const repeated = book.bound === 'error' ? ERROR : resultOf(book.charges[book.bound]);
    effect('repeats the result of this key', book, repeated);
    if (options.breaksContract) fresh('key ignored');
  }
  if (options.budget === 0) return ways;
  add('answers 500 and does nothing', book, ERROR, 'error before the charge');
  add('drops the connection and does nothing', book, SILENCE, 'connection reset, not executed');
  add('refuses the call', book, REFUSED, 'refused');
  add('refuses the credentials', book, FORBIDDEN, 'forbidden');
  return ways;
}

function lastOf(book: Book): CallOutcome {
  return resultOf(book.charges.at(-1));
}

/** What the gateway says to a call about a charge in its books. */
function resultOf(charge: Booked | undefined): CallOutcome {
  if (charge === undefined) return ERROR;
  const { id: ref } = charge;
  switch (charge.status) {
    case 'live':
    // The key repeats its answer, and knows nothing of what came later.
    case 'undone':
      return { kind: 'approved', ref };
    case 'wrong':
      return { kind: 'mismatch', ref, reason: 'amount_mismatch' };
    case 'pending':
      return { kind: 'pending', ref };
    case 'declined':
      return { kind: 'declined', code: 'no', ref };
  }
}

function booked(book: Book, status: Booked['status'], contract: GatewayContract): Book {
  const { n } = book;
  const charges = [...book.charges, { id: `${n}${book.charges.length}`, status, age: 0 }];
  if (contract.keys === 'none') return { ...book, charges };
  return { n, charges, bound: charges.length - 1, age: book.bound === null ? 0 : book.age };
}

/** Whether a request that may arrive during the next `ticks` could book something under this key. */
export function couldBook(book: Book, contract: GatewayContract, ticks: number): boolean {
  return book.bound === null || book.age + ticks >= contract.keyWindowMs;
}

/** Whether something is booked that moves money, or may yet. */
export function isAtGateway({ charges }: Book): boolean {
  return charges.some(({ status }) => status !== 'declined' && status !== 'undone');
}

/** The two ends of a pending charge. */
export function decided(book: Book): { readonly book: Book; readonly what: string }[] {
  const at = book.charges.findIndex((charge) => charge.status === 'pending');
  if (at < 0) return [];
  return (['live', 'declined'] as const).map((status) => ({
    book: { ...book, charges: book.charges.map((one, i) => (i === at ? { ...one, status } : one)) },
    what: status === 'live' ? 'lets the pending charge succeed' : 'declines the pending charge',
  }));
}

/** What succeeded fails after all. Null: nothing did. */
export function undone(book: Book): Book | null {
  const at = book.charges.findIndex((charge) => charge.status === 'live');
  if (at < 0) return null;
  return { ...book, charges: book.charges.map((one, i) => (i === at ? { ...one, status: 'undone' } : one)) };
}

/** Everything that a lookup of this key may find: a charge within the lag is shown or not. */
export function findings(book: Book, contract: GatewayContract): LookupOutcome[] {
  let views: Booked[][] = [[]];
  for (const charge of book.charges) {
    const shown = views.map((view) => [...view, charge]);
    const mayHide = contract.lookupLagMs > 0 && charge.age <= contract.lookupLagMs;
    views = mayHide ? [...views, ...shown] : shown;
  }
  return views.map(finding);
}

function finding(view: readonly Booked[]): LookupOutcome {
  const live = view.filter(({ status }) => status === 'live' || status === 'wrong');
  if (live.length > 1) return { kind: 'duplicated', refs: live.map(({ id }) => id) };
  const one = live[0];
  if (one?.status === 'live') return { kind: 'succeeded', ref: one.id };
  if (one !== undefined) return { kind: 'mismatch', ref: one.id, reason: 'amount_mismatch' };
  const pending = view.find(({ status }) => status === 'pending');
  if (pending !== undefined) return { kind: 'pending', ref: pending.id };
  const [declined] = view;
  if (declined !== undefined) return { kind: 'declined', code: 'no', ref: declined.id };
  return { kind: 'absent' };
}
