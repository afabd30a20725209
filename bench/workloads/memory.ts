/**
 * *memory*: what the server holds after a million payments, against what it held after a tenth of them, with its caches full
 * both times. More of it would be a leak.
 */
import { claimsOfNewOrders, judgeBooks, judgeStatuses } from '../judge/books.ts';
import { sendBatch } from '../load/batch.ts';
import { sumOf } from '../load/counts.ts';
import { createOrders, newRun, type OrderRequest } from '../load/requests.ts';
import { median } from '../measure/statistics.ts';
import { type Contestant, enter } from '../stage/contestants.ts';
import { residentMb } from '../stage/cpu.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { type Context, leaveAll } from './context.ts';
import { judgeAllSettled } from './new.ts';

export interface MemoryMark {
  readonly payments: number;
  /** Median of the samples over the last payments before the mark. */
  readonly residentMb: number;
}

export interface MemoryResult {
  readonly marks: readonly MemoryMark[];
  readonly cacheEntries: number;
  readonly seconds: number;
}

/** The service's default, which the payments of the first mark fill twice. */
const CACHE_ENTRIES = 50_000;
/** Samples are taken over this share of the payments before the first mark; as many before the second. */
const SAMPLED = 0.4;
const SAMPLE_MS = 100;
/** Earlier, the heap has not grown to the size that the load needs, and that growth would be taken for a leak. */
const WARM_AFTER = 100_000;

export async function measureMemory(context: Context): Promise<MemoryResult> {
  const { stage, plan, findings } = context;
  const { atFirst, atLast, connections } = plan.memory;
  if (atFirst < WARM_AFTER) {
    findings.note(
      `memory: before ${WARM_AFTER.toLocaleString('en')} payments the heap still grows with the load.`,
    );
  }
  const cacheEntries = Math.min(CACHE_ENTRIES, Math.floor(atFirst / 2));
  const contestant = await enter(stage, PAYONCE, { env: { CACHE_ENTRIES: String(cacheEntries) } });
  const startedMs = performance.now();
  const before = await contestant.gateway.ledger();
  const order = createOrders(newRun());
  const sampled = Math.round(atFirst * SAMPLED);
  const pay = (payments: number) => payAll(contestant, { order, payments, connections });
  const answers = [await pay(atFirst - sampled)];
  const first = await sampleWhile(contestant, () => pay(sampled));
  stage.say(`    after ${atFirst} payments: ${first.residentMb} MiB`);
  answers.push(first.result, await pay(atLast - atFirst - sampled));
  const last = await sampleWhile(contestant, () => pay(sampled));
  stage.say(`    after ${atLast} payments: ${last.residentMb} MiB`);
  answers.push(last.result);
  const all = sumOf(answers);
  const after = await contestant.gateway.ledger();
  findings.add(contestant, 'memory', judgeStatuses(all));
  findings.add(contestant, 'memory', judgeBooks({ before, after, ...claimsOfNewOrders(all) }));
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  await judgeAllSettled(context, 'memory', [contestant]);
  await leaveAll(context, 'memory', [contestant]);
  return {
    marks: [
      { payments: atFirst, residentMb: first.residentMb },
      { payments: atLast, residentMb: last.residentMb },
    ],
    cacheEntries,
    seconds,
  };
}

function payAll(
  { target, write }: Contestant,
  options: { readonly order: () => OrderRequest; readonly payments: number; readonly connections: number },
) {
  const { order, payments, connections } = options;
  function* requests(): Generator<string> {
    for (let sent = 0; sent < payments; sent += 1) yield write(order());
  }
  return sendBatch({ target, connections, requests: requests() });
}

/** Under load, because that is when memory matters, and because an idle server gives some of it back. */
async function sampleWhile<T>(
  { server }: Contestant,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly residentMb: number }> {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(residentMb(server.pid)), SAMPLE_MS);
  try {
    const result = await work();
    samples.push(residentMb(server.pid));
    return { result, residentMb: median(samples) ?? 0 };
  } finally {
    clearInterval(timer);
  }
}
