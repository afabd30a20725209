/** Answers by status; 0: the connection broke, or the answer did not come within the patience. */
export type Statuses = Readonly<Record<number, number>>;

export interface StatusCounter {
  add(status: number): void;
  read(): Statuses;
}

export function createStatusCounter(): StatusCounter {
  const counts: Record<number, number> = {};
  return {
    add(status) {
      counts[status] = (counts[status] ?? 0) + 1;
    },
    read: () => ({ ...counts }),
  };
}

/** How many answers have one of these statuses. */
export function countOf(statuses: Statuses, wanted: readonly number[]): number {
  return wanted.reduce((sum, status) => sum + (statuses[status] ?? 0), 0);
}

export function total(statuses: Statuses): number {
  return Object.values(statuses).reduce((sum, count) => sum + count, 0);
}

/** The statuses of both together. */
export function sumOf(all: readonly Statuses[]): Statuses {
  const sum: Record<number, number> = {};
  for (const statuses of all) {
    for (const [status, count] of Object.entries(statuses))
      sum[Number(status)] = (sum[Number(status)] ?? 0) + count;
  }
  return sum;
}
