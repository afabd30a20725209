/** Which exchange of a proxy's connections is broken, and where in it. */

/** The direction of the bytes. */
export type Direction = 'to_server' | 'to_client';

/**
 * What happens to an exchange. `request`: the server never gets the request. `answer`: the server has done it, but the
 * client gets no answer. `late`: the client is cut off first, and the server gets the request at the next `deliver`.
 */
export type Break = 'request' | 'answer' | 'late';

export interface Breaks {
  plan(how: Break, after?: number): void;
  forget(): void;
  /** Exchanges broken so far. */
  count(): number;
  /** For one connection: called for every piece of data before it is passed on; returns whether to break there, and how. */
  watch(): (direction: Direction) => Break | null;
}

export function createBreaks(): Breaks {
  let planned: { readonly how: Break; after: number } | null = null;
  let count = 0;

  function reached(direction: Direction): Break | null {
    if (planned === null || (direction === 'to_client') !== (planned.how === 'answer')) return null;
    if (planned.after > 0) {
      planned.after -= 1;
      return null;
    }
    const { how } = planned;
    planned = null;
    count += 1;
    return how;
  }

  return {
    plan(how, after = 0) {
      planned = { how, after };
    },
    forget() {
      planned = null;
    },
    count: () => count,
    watch() {
      let speaking: Direction | null = null;
      return (direction) => {
        const begins = direction !== speaking;
        speaking = direction;
        return begins ? reached(direction) : null;
      };
    },
  };
}
