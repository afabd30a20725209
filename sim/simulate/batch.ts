/** Runs many seeds one after the other, and adds up the results. */
import { seededTape } from '../core/tape.ts';
import { isRetold, retell } from './retold.ts';
import { run } from './run.ts';

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
  /** It was told in several ways; see `retold.ts`. */
  readonly retold?: true;
}

export interface Batch {
  seeds: number;
  steps: number;
  virtualMs: number;
  /** Runs that were repeated to compare their traces. */
  repeated: number;
  marks: Record<string, number>;
  failures: Failure[];
  /** The sum of the traces' hashes. Equal runs give equal sums, in whatever order the seeds ran. */
  digest: number;
}

export function emptyBatch(): Batch {
  return { seeds: 0, steps: 0, virtualMs: 0, repeated: 0, marks: {}, failures: [], digest: 0 };
}

/** One seed in this many runs twice. */
const REPEAT_EVERY = 100;

export async function runBatch(fromSeed: number, count: number): Promise<Batch> {
  const batch = emptyBatch();
  for (let seed = fromSeed; seed < fromSeed + count; seed += 1) {
    const result = await run(seededTape(seed), { keepStory: false });
    batch.seeds += 1;
    batch.steps += result.steps;
    batch.virtualMs += result.virtualMs;
    batch.digest = (batch.digest + Number.parseInt(result.hash.slice(0, 8), 16)) % 2 ** 32;
    addMarks(batch, result.marks.counts);
    if (result.violation !== null) batch.failures.push({ seed, ...result.violation });
    if (isRetold(seed)) {
      const { violation, marks } = await retell(seed, { keepStory: false });
      addMarks(batch, Object.entries(marks));
      if (violation !== null) batch.failures.push({ seed, ...violation, retold: true });
    }
    if (seed % REPEAT_EVERY === 0) {
      batch.repeated += 1;
      const again = await run(seededTape(seed), { keepStory: false });
      if (again.hash !== result.hash) {
        const message = `one seed, two traces: ${result.hash} and ${again.hash}`;
        batch.failures.push({ seed, invariant: 'determinism', message });
      }
    }
  }
  return batch;
}

export function addBatch(sum: Batch, part: Batch): void {
  sum.seeds += part.seeds;
  sum.steps += part.steps;
  sum.virtualMs += part.virtualMs;
  sum.repeated += part.repeated;
  sum.digest = (sum.digest + part.digest) % 2 ** 32;
  sum.failures.push(...part.failures);
  addMarks(sum, Object.entries(part.marks));
}

function addMarks({ marks }: Batch, hits: Iterable<readonly [string, number]>): void {
  for (const [name, count] of hits) marks[name] = (marks[name] ?? 0) + count;
}
