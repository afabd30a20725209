/** Numbers of charges by the time of their effect, then by number. What lands late is put in its place. */
export interface Timeline {
  insert(seq: number): void;
  size(): number;
  /** Index of the first entry after a place. */
  firstAfter(place: { readonly createdMs: number; readonly seq: number }): number;
  from(index: number): Iterable<number>;
}

/** @param createdMsOf the time of effect of a number that is in the timeline. */
export function createTimeline(createdMsOf: (seq: number) => number): Timeline {
  const entries: number[] = [];

  const firstAfter: Timeline['firstAfter'] = (place) => {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const seq = entries[middle] ?? 0;
      const createdMs = createdMsOf(seq);
      if (createdMs > place.createdMs || (createdMs === place.createdMs && seq > place.seq)) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    insert(seq) {
      const createdMs = createdMsOf(seq);
      const last = entries.at(-1);
      // Time nearly always moves on; only what lands late, or a clock set back, has to search for its place.
      if (last === undefined || createdMsOf(last) <= createdMs) entries.push(seq);
      else entries.splice(firstAfter({ createdMs, seq }), 0, seq);
    },
    size: () => entries.length,
    firstAfter,
    *from(index) {
      for (let at = index; at < entries.length; at += 1) yield entries[at] ?? 0;
    },
  };
}
