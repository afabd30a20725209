/** Compares what a server said with what its gateway really charged. */
import { countOf, type Statuses, total } from '../load/counts.ts';
import { PAID } from '../load/requests.ts';
import type { LedgerSummary } from '../stage/gateway.ts';

export interface Claims {
  readonly before: LedgerSummary;
  readonly after: LedgerSummary;
  /** Orders in between that were reported paid. */
  readonly paid: number;
  /** Orders in between whose answer was not certain: they may be charged or not. */
  readonly uncertain: number;
}

/** What does not fit, in sentences; empty if all is true. */
export function judgeBooks({ before, after, paid, uncertain }: Claims): readonly string[] {
  const charged = after.live - before.live;
  const twice = after.duplicates - before.duplicates;
  const problems: string[] = [];
  if (twice > 0) problems.push(`${count(twice, 'order was', 'orders were')} charged more than once`);
  if (charged < paid)
    problems.push(`${count(paid - charged, 'order was', 'orders were')} reported paid but not charged`);
  if (twice <= 0 && charged > paid + uncertain)
    problems.push(
      `${count(charged - paid - uncertain, 'charge belongs', 'charges belong')} to no paid order`,
    );
  return problems;
}

/** Where every request is for an order of its own. */
export function claimsOfNewOrders(all: Statuses): Pick<Claims, 'paid' | 'uncertain'> {
  const paid = countOf(all, PAID);
  return { paid, uncertain: total(all) - paid };
}

/** Unwelcome, but not false: no answer, "not settled yet", "cannot take it now". */
const TRUE_ANYWAY: readonly number[] = [0, 202, 503];

/** Answers that cannot be true if nothing fails and no request is wrong. */
export function judgeStatuses(all: Statuses): readonly string[] {
  return Object.entries(all)
    .filter(([status]) => !PAID.includes(Number(status)) && !TRUE_ANYWAY.includes(Number(status)))
    .map(([status, times]) => `${count(times, 'answer has', 'answers have')} the wrong status ${status}`);
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
