import { type Behaviour, cutPiece, type Victim } from '../behaviour.ts';

export function limitData(options: { bytes: number }): Behaviour {
  const sent = new WeakMap<Victim, number>();
  return {
    async pass(piece, onward, victim) {
      const before = sent.get(victim) ?? 0;
      const [allowed] = cutPiece(piece, Math.max(0, options.bytes - before));
      sent.set(victim, before + allowed.bytes.length);
      if (allowed.bytes.length > 0) await onward(allowed);
      if (before + piece.bytes.length >= options.bytes) victim.close();
    },
  };
}
