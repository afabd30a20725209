/** Medians, and ratios of what was measured in the same round: whatever disturbed the machine then, disturbed both. */

/** The middle value, or the mean of the two in the middle; null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[middle - 1];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

/** The value below which this share of them lies (nearest rank); null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/** One measured value of one round. */
export interface RoundValue {
  readonly round: number;
  readonly value: number;
}

/**
 * The median of the ratios of each round to the same round of the base; null where no round has both. Not the ratio of
 * the medians: they may come from different rounds, when the machine was more or less busy.
 */
export function medianRatio(values: readonly RoundValue[], base: readonly RoundValue[]): number | null {
  const baseOf = new Map(base.map(({ round, value }) => [round, value]));
  const ratios = values.flatMap(({ round, value }) => {
    const against = baseOf.get(round);
    return against === undefined || against === 0 ? [] : [value / against];
  });
  return median(ratios);
}
