import type { Behaviour, Tools } from '../behaviour.ts';

/** The delay is counted from a piece's arrival, so that a stream becomes late but not slow. */
export function latency(
  options: { latencyMs: number; jitterMs: number },
  { clock, random }: Tools,
): Behaviour {
  return {
    async pass(piece, onward) {
      const lateMs = options.latencyMs + random.int(-options.jitterMs, options.jitterMs);
      await clock.sleep(Math.max(0, piece.arrivedMs + lateMs - clock.nowMs()));
      await onward(piece);
    },
  };
}
