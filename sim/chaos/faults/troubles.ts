/** When a replica had an excuse: it was frozen, or its database was away. The schedule only says what was planned, so this is kept apart. */

export interface Trouble {
  readonly replica: string;
  readonly what: 'frozen' | 'database_away';
  readonly fromMs: number;
  /** Infinity while it lasts. */
  readonly untilMs: number;
}

export interface Troubles {
  /** Notes the beginning. The returned function notes the end. */
  begin(replicas: readonly string[], what: Trouble['what']): () => void;
  /** The troubles that overlap this time. */
  during(replica: string, fromMs: number, untilMs: number): Trouble[];
}

export function createTroubles(): Troubles {
  const all: { replica: string; what: Trouble['what']; fromMs: number; untilMs: number }[] = [];
  return {
    begin(replicas, what) {
      const fromMs = performance.now();
      const begun = replicas.map((replica) => ({ replica, what, fromMs, untilMs: Number.POSITIVE_INFINITY }));
      all.push(...begun);
      return () => {
        for (const trouble of begun) trouble.untilMs = performance.now();
      };
    },
    during: (replica, fromMs, untilMs) =>
      all.filter((one) => one.replica === replica && one.fromMs < untilMs && one.untilMs > fromMs),
  };
}
