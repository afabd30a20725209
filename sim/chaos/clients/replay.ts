/**
 * After the end every key is used once more, at both replicas, with its own request and with another one. The first must
 * get a final answer (or REVIEW), the second must get a 422, and neither may change anything.
 */
import { inParallel } from '../in-parallel.ts';
import { isEnd } from '../judge/capture-reading.ts';
import { bodyOf, isAccepted, isPost } from '../judge/reading.ts';
import { isRefundEnd } from '../judge/refund-reading.ts';
import type { Exchange } from '../record.ts';
import type { Line, Target } from './http.ts';

const CONCURRENCY = 12;

export interface ReplayOptions {
  readonly line: Line;
  readonly targets: readonly Target[];
  readonly exchanges: readonly Exchange[];
  readonly signal: AbortSignal;
}

/** Repeats every key that was ever accepted: such a key is known to be bound. */
export async function replayAll({ line, targets, exchanges, signal }: ReplayOptions): Promise<void> {
  const bound = new Map<string, Exchange>();
  for (const exchange of exchanges) {
    const { key, path } = exchange;
    if (
      !isPost(exchange) ||
      key === null ||
      !(isAccepted(exchange) || isRefundEnd(exchange) || isEnd(exchange))
    )
      continue;
    // The same text is another key for another payment's refund, and for a charge.
    if (!bound.has(`${path} ${key}`)) bound.set(`${path} ${key}`, exchange);
  }
  await inParallel([...bound.values()], CONCURRENCY, async ({ orderId, key, body, path }, index) => {
    if (signal.aborted) return;
    const shared = {
      client: 'judge',
      method: 'POST',
      path,
      orderId,
      key,
      prefer: 'wait=2',
    } as const;
    for (const target of targets) await line.ask({ ...shared, scenario: 'final replay', target, body });
    // There is no other request for a void of the same payment.
    if (path.endsWith('/void')) return;
    const target = targets[index % targets.length] as Target;
    await line.ask({ ...shared, scenario: 'final change', target, body: changed(body) });
  });
}

function changed(body: string | null): string {
  const order = bodyOf(body ?? '');
  // A refund without an amount is for all that is left.
  return JSON.stringify({ ...order, amount: Number(order.amount ?? 0) + 1 });
}
