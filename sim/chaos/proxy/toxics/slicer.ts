import { type Behaviour, cutPiece, type Tools } from '../behaviour.ts';

export function slicer(
  options: { averageBytes: number; variationBytes: number; delayMs: number },
  { clock, random }: Tools,
): Behaviour {
  const { averageBytes, variationBytes, delayMs } = options;
  return {
    async pass(piece, onward) {
      let rest = piece;
      while (rest.bytes.length > 0) {
        const size = Math.max(1, averageBytes + random.int(-variationBytes, variationBytes));
        const [first, later] = cutPiece(rest, size);
        await onward(first);
        rest = later;
        if (rest.bytes.length > 0) await clock.sleep(delayMs);
      }
    },
  };
}
