import { createHistogram } from 'node:perf_hooks';

/** Latencies of one window, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface LatencyRecorder {
  record(ms: number): void;
  read(): Latency;
}

/** Kept in microseconds with three digits of precision. */
export function createLatencyRecorder(): LatencyRecorder {
  const histogram = createHistogram({ figures: 3 });
  const ms = (percentile: number): number => Math.round(histogram.percentile(percentile) / 10) / 100;
  return {
    record: (value) => histogram.record(Math.max(1, Math.round(value * 1000))),
    read: () =>
      histogram.count === 0
        ? { p50: 0, p90: 0, p99: 0, max: 0 }
        : { p50: ms(50), p90: ms(90), p99: ms(99), max: Math.round(histogram.max / 10) / 100 },
  };
}
