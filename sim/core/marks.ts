/** How often each thing that a run is there to meet was met. A proof that never met a fault says nothing about it. */
export interface Marks {
  hit(name: string): void;
  readonly counts: ReadonlyMap<string, number>;
}

export function createMarks(): Marks {
  const counts = new Map<string, number>();
  return { counts, hit: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1) };
}
