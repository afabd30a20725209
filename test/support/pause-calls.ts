import type { Gate } from '../../src/engine/gate.ts';

/** Stops all calls, as when a gateway refuses our credentials: two different payments are refused in a row. */
export function pauseCalls(gate: Gate, pauseMs: number): void {
  const outcome = { kind: 'forbidden', reason: 'http_401' } as const;
  for (const unit of ['refused_1', 'refused_2']) gate.callEnded({ unit, outcome, leftAtMs: 0, pauseMs });
}
