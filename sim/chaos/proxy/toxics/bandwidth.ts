import { type Behaviour, cutPiece, type Tools } from '../behaviour.ts';

/** Bytes go through in portions for a tenth of a second. */
const TICK_MS = 100;

export function bandwidth(options: { bytesPerSecond: number }, { clock }: Tools): Behaviour {
  const perTick = Math.max(1, Math.floor((options.bytesPerSecond * TICK_MS) / 1000));
  return {
    async pass(piece, onward) {
      let rest = piece;
      while (rest.bytes.length > 0) {
        const [first, later] = cutPiece(rest, perTick);
        await clock.sleep((first.bytes.length / options.bytesPerSecond) * 1000);
        await onward(first);
        rest = later;
      }
    },
  };
}
