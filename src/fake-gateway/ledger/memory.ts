/**
 * The ledger in memory, for tests and benchmarks. It is lost when the process ends. Each step is atomic, because it never waits.
 */
import { asBooked, asBookedOperation, resultOf } from './booked.ts';
import { isLive, isVisible } from './charge-state.ts';
import { idOf, newLedgerTag, OPERATION_PREFIX, seqOf } from './ids.ts';
import { createMemoryBooks } from './memory-books.ts';
import { decideOperation, inOrder } from './operations.ts';
import type {
  Charge,
  Duplicate,
  Filter,
  Ledger,
  ListQuery,
  NewCharge,
  NewOperation,
  OperationResult,
} from './port.ts';
import { hasLanded } from './standing.ts';
import { summarise } from './summary.ts';
import { createTimeline } from './timeline.ts';

/**
 * A ledger in memory, for tests and benchmarks. Everything is lost when the process ends.
 *
 * @example
 * const gateway = await startFakeGateway({ ledger: createMemoryLedger() });
 */
export function createMemoryLedger(): Ledger {
  const tag = newLedgerTag();
  /** The charge with the number n is at n - 1. */
  const charges: Charge[] = [];
  const firstByKey = new Map<string, number>();
  /** Numbers after a key's first: only where keys are ignored or expire. */
  const furtherByKey = new Map<string, number[]>();
  const timeline = createTimeline((seq) => charges[seq - 1]?.createdMs ?? 0);
  const attempts = new Map<string, number>();
  /** The number of the charge that has the operation under a key. */
  const chargeByOperationKey = new Map<string, number>();
  let operationCount = 0;
  let settings: unknown = null;

  const find = (id: string): Charge | undefined => charges[(seqOf(id, 'ch', tag) ?? 0) - 1];
  const byOperationKey = (key: string): Charge | undefined =>
    charges[(chargeByOperationKey.get(key) ?? 0) - 1];
  const ofKey = (key: string): Charge[] =>
    [firstByKey.get(key) ?? 0, ...(furtherByKey.get(key) ?? [])]
      .flatMap((seq) => charges[seq - 1] ?? [])
      .sort((a, b) => a.generation - b.generation);

  function* landed(nowMs: number, from = 0): Generator<Charge> {
    for (const seq of timeline.from(from)) {
      const charge = charges[seq - 1];
      if (charge !== undefined && hasLanded(charge, nowMs)) yield charge;
    }
  }

  function book(charge: NewCharge): { charge: Charge; created: boolean } {
    const isFirst = !firstByKey.has(charge.key);
    const taken = isFirst
      ? undefined
      : ofKey(charge.key).find(({ generation }) => generation === charge.generation);
    if (taken !== undefined) return { charge: taken, created: false };
    const seq = charges.length + 1;
    const booked = asBooked(charge, idOf('ch', tag, seq), seq);
    charges.push(booked);
    if (isFirst) firstByKey.set(charge.key, seq);
    else furtherByKey.set(charge.key, [...(furtherByKey.get(charge.key) ?? []), seq]);
    if (booked.outcome !== 'none') timeline.insert(seq);
    return { charge: booked, created: true };
  }

  function operate(wanted: NewOperation, nowMs: number): OperationResult {
    const charge = find(wanted.chargeId);
    const keeper = byOperationKey(wanted.key);
    const decision = decideOperation(wanted, charge, keeper, nowMs);
    if (decision.kind === 'refuse') return { kind: 'refused', error: decision.error };
    if (charge === undefined) return { kind: 'refused', error: 'charge_not_found' };
    if (decision.kind === 'replay')
      return { kind: 'done', operation: decision.operation, charge, created: false };
    if (keeper !== undefined) {
      const kept = keeper.operations.filter((operation) => operation !== decision.replaces);
      charges[keeper.seq - 1] = { ...keeper, operations: kept };
    }
    operationCount += 1;
    const id = idOf(OPERATION_PREFIX[wanted.kind], tag, operationCount);
    const booked = asBookedOperation(wanted, decision, id, operationCount);
    const others = charges[charge.seq - 1]?.operations ?? [];
    const changed = { ...charge, operations: inOrder([...others, booked]) };
    charges[charge.seq - 1] = changed;
    chargeByOperationKey.set(wanted.key, charge.seq);
    return resultOf(changed, booked);
  }

  function list(query: ListQuery): Charge[] {
    const { after, createdAfterMs = Number.NEGATIVE_INFINITY, limit, nowMs } = query;
    const start = { createdMs: createdAfterMs, seq: Number.POSITIVE_INFINITY };
    const page: Charge[] = [];
    for (const charge of landed(nowMs, timeline.firstAfter(after ?? start))) {
      if (page.length === limit) break;
      if (query.view === 'public' && !isVisible(charge, nowMs)) continue;
      if (charge.createdMs <= createdAfterMs) continue;
      if (query.reference !== undefined && charge.reference !== query.reference) continue;
      if (query.orderId !== undefined && charge.orderId !== query.orderId) continue;
      page.push(charge);
    }
    return page;
  }

  /** The charges that have taken effect and match, oldest first. */
  function* matching({ nowMs, reference, orderId }: Filter): Generator<Charge> {
    for (const charge of landed(nowMs)) {
      if (reference !== undefined && charge.reference !== reference) continue;
      if (orderId !== undefined && charge.orderId !== orderId) continue;
      yield charge;
    }
  }

  return {
    shared: false,
    book: async (charge) => book(charge),
    countAttempt: async (key) => {
      const count = (attempts.get(key) ?? 0) + 1;
      attempts.set(key, count);
      return count;
    },
    byKey: async (key) => ofKey(key),
    byId: async (id) => find(id),
    list: async (query) => list(query),
    operate: async (operation, nowMs) => operate(operation, nowMs),
    byOperationKey: async (key) => byOperationKey(key),
    transact: createMemoryBooks(tag, {
      async book(charge) {
        const booked = book(charge);
        if (!booked.created) throw new Error(`The charge ${charge.key} is booked already.`);
        return booked.charge;
      },
      charges: async (key) => ofKey(key),
      charge: async (id) => find(id),
      operate: async (operation, nowMs) => operate(operation, nowMs),
    }),
    summary: async (filter) => ({
      ...summarise(matching(filter), filter.nowMs),
      landing: charges.filter((charge) => isLanding(charge, filter)).length,
      duplicates: countDuplicates(matching(filter), filter.nowMs).length,
    }),
    duplicates: async (filter, limit) => countDuplicates(matching(filter), filter.nowMs).slice(0, limit),
    readSettings: async () => settings,
    writeSettings: async (value) => {
      settings = value;
    },
  };
}

function isLanding(charge: Charge, { nowMs, reference, orderId }: Filter): boolean {
  if (charge.outcome === 'none' || charge.createdMs <= nowMs) return false;
  if (reference !== undefined && charge.reference !== reference) return false;
  return orderId === undefined || charge.orderId === orderId;
}

function countDuplicates(charges: Iterable<Charge>, nowMs: number): Duplicate[] {
  const counts = new Map<string, number>();
  for (const charge of charges) {
    if (isLive(charge, nowMs)) counts.set(charge.reference, (counts.get(charge.reference) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, live]) => live > 1)
    .map(([reference, live]) => ({ reference, live }))
    .sort((a, b) => b.live - a.live || (a.reference < b.reference ? -1 : 1));
}
