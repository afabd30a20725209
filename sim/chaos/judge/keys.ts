/** Judges idempotency keys: the same request always gets the same answer, and another request under the key gets a 422. */
import type { Exchange } from '../record.ts';
import type { Finding, OrderFile } from './case.ts';
import { isAccepted, isSettled, meaningOf } from './reading.ts';

export function judgeKeys({ uses }: OrderFile): Finding[] {
  return uses.flatMap((each) => [...judgeSameAnswer(each), ...judgeOtherBodies(each)]);
}

function judgeSameAnswer(uses: readonly Exchange[]): Finding[] {
  const settled = uses.filter(isSettled).toSorted((a, b) => a.answeredMs - b.answeredMs);
  const [first] = settled;
  if (first === undefined) return [];
  const found: Finding[] = [];
  for (const use of settled) {
    if (use.status === first.status && use.text === first.text) continue;
    const what = `the key ${use.key} was answered in two ways`;
    found.push({ kind: 'changed_answer', what, exchanges: [first.n, use.n] });
  }
  for (const use of uses) {
    if (use.status !== 202 || use.askedMs <= first.answeredMs) continue;
    const what = `the key ${use.key} had its answer, and was told 202 after it`;
    found.push({ kind: 'went_back', what, exchanges: [first.n, use.n] });
  }
  return found;
}

function judgeOtherBodies(uses: readonly Exchange[]): Finding[] {
  const accepted = uses.filter(isAccepted).toSorted((a, b) => a.answeredMs - b.answeredMs);
  const [first] = accepted;
  if (first === undefined) return [];
  return accepted
    .filter(({ body }) => meaningOf(body) !== meaningOf(first.body))
    .map(({ n, key }) => {
      const what = `the key ${key} is bound to one request, and another was taken under it`;
      return { kind: 'changed_answer', what, exchanges: [first.n, n] } as const;
    });
}
