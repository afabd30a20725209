/** Judges how the servers ended. After SIGTERM a server exits with 0 within 15 s and leaves nothing behind. No server ends by itself. */
import type { Troubles } from '../faults/troubles.ts';
import { type End, TERM_LIMIT_MS } from '../processes/replica.ts';
import type { Finding } from './case.ts';

/** Node and our modules load in 0.3 s; a busy machine takes its time. */
const LOADING_MS = 3_000;

export function judgeEnds(ends: readonly End[], troubles: Pick<Troubles, 'during'>): Finding[] {
  return ends.flatMap((end) => judgeEnd(end, troubles).map((what) => ({ kind: 'process', what }) as const));
}

function judgeEnd(end: End, troubles: Pick<Troubles, 'during'>): string[] {
  const { replica, cause, exit, leftBehind } = end;
  const how = exit.signal ?? `exit code ${exit.code}`;
  const wrong = leftBehind ? [`replica ${replica} left processes behind (${how})`] : [];
  if (cause === 'SIGKILL') return wrong;
  const fromMs = end.toldMs ?? end.startedMs;
  const excused = troubles.during(replica, fromMs, end.endedMs).length > 0;
  if (cause === null) {
    // An orchestrator would start it again. But a server that had been ready must not die because of other parts' faults.
    if (end.wasReady) wrong.push(`replica ${replica} ended by itself (${how})`);
    else if (!excused)
      wrong.push(`replica ${replica} could not start (${how}), although its database was there`);
    return wrong;
  }
  const tookMs = Math.round(end.endedMs - fromMs);
  // Node itself was still loading. None of our code had run, so nothing had to be drained.
  const hadNotBegun = !end.wasReady && exit.signal === 'SIGTERM' && fromMs - end.startedMs < LOADING_MS;
  if (excused || hadNotBegun) return wrong;
  if (exit.code !== 0) wrong.push(`replica ${replica} ended with ${how}, ${tookMs} ms after SIGTERM`);
  else if (tookMs > TERM_LIMIT_MS) wrong.push(`replica ${replica} took ${tookMs} ms to end after SIGTERM`);
  return wrong;
}
