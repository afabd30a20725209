/** Logarithmic axes: equal factors are equal distances, so that a server ten times as slow can still be read. */

export interface Scale {
  /** Where a value lies, in pixels. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** From the smallest to the largest of the values, which are above 0. `from` and `to` are pixels. */
export function powersOfTwo(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log2(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log2(Math.max(...values))));
  return {
    at: (value) => from + ((Math.log2(value) - low) / (high - low)) * (to - from),
    ticks: [...new Set(values)].sort((a, b) => a - b),
  };
}

/** From a tick at or below the smallest to one at or above the largest of the values; ticks at 1, 2 and 5 of each power of ten. */
export function powersOfTen(values: readonly number[], from: number, to: number): Scale {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const candidates: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1) {
    // Exact at every power: 0.1, without a rounding error.
    for (const digit of [1, 2, 5]) candidates.push(Number(`${digit}e${power}`));
  }
  const low = Math.max(...candidates.filter((tick) => tick <= least));
  // One above the lowest at least, so that the axis has a length.
  const high = Math.min(...candidates.filter((tick) => tick >= most && tick > low));
  return {
    at: (value) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from),
    ticks: candidates.filter((tick) => tick >= low && tick <= high),
  };
}

/**
 * Moves heights apart that are closer than `gap`, and keeps their order; none leaves `bottom`. In the order in which they
 * were given.
 */
export function spread(heights: readonly number[], gap: number, bottom: number): readonly number[] {
  const order = heights.map((_height, index) => index).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  const moved = [...heights];
  let previous = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    previous = Math.max(moved[index] ?? 0, previous + gap);
    moved[index] = previous;
  }
  let limit = bottom;
  for (const index of order.reverse()) {
    moved[index] = Math.min(moved[index] ?? 0, limit);
    limit = (moved[index] ?? 0) - gap;
  }
  return moved;
}
