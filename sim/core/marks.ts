/** How often a run met each thing that it should meet. A proof that never met a fault says nothing about it. */
export interface Marks {
  hit(name: string): void;
  readonly counts: ReadonlyMap<string, number>;
}

export function createMarks(): Marks {
  const counts = new Map<string, number>();
  return { counts, hit: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1) };
}
