/** The numbers of charges, in the order of their effect, then by number. A charge that lands late is put in its place. */
export interface Timeline {
  insert(seq: number): void;
  size(): number;
  /** The index of the first entry after a place. */
  firstAfter(place: { readonly createdMs: number; readonly seq: number }): number;
  from(index: number): Iterable<number>;
}

/** @param createdMsOf returns when the charge with a number takes effect. */
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
      // Nearly always it goes to the end. Only a late charge, or one after the clock was set back, needs a search.
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
