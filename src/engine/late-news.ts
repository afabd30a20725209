/** What adapters that were given up reported of money after that, while it is being stored. No worker waits for it, so the drain does. */
export interface LateNews {
  /** `work` never rejects. */
  note(work: Promise<void>): void;
  /** Resolves when nothing of it is under way. */
  stored(): Promise<void>;
}

export function createLateNews(): LateNews {
  const underWay = new Set<Promise<void>>();
  return {
    note(work) {
      underWay.add(work);
      void work.then(() => underWay.delete(work));
    },
    async stored() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
