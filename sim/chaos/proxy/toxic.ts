/**
 * The eight faults of a network, by the names and with the meanings that Toxiproxy gave them, and two of our own: one connection that
 * leads nowhere for a while, and a front that answers lookups with old answers.
 */

/** `upstream`: from the client to the server; `downstream`: back. */
export type Stream = 'upstream' | 'downstream';

/** What is done to the bytes of one direction of every connection, those that are open already included. */
export type StreamToxic = { readonly stream: Stream } & (
  | /** Every piece arrives `latencyMs` ± `jitterMs` later. */
  {
      readonly kind: 'latency';
      readonly latencyMs: number;
      readonly jitterMs: number;
    } /** No more than this gets through. */
  | {
      readonly kind: 'bandwidth';
      readonly bytesPerSecond: number;
    } /** The end of the connection is passed on this much later. */
  | { readonly kind: 'slow_close'; readonly delayMs: number }
  /**
   * All bytes are lost, and after `timeoutMs` the connection is closed; 0: when the toxic is removed. In one
   * direction only, this is a one-way loss: the other direction goes on.
   */
  | {
      readonly kind: 'timeout';
      readonly timeoutMs: number;
    } /** The connection is reset after `timeoutMs`; 0: at once. */
  | {
      readonly kind: 'reset_peer';
      readonly timeoutMs: number;
    } /** Bytes arrive in bits of `averageBytes` ± `variationBytes`, `delayMs` apart. */
  | {
      readonly kind: 'slicer';
      readonly averageBytes: number;
      readonly variationBytes: number;
      readonly delayMs: number;
    } /** The connection is closed as soon as this many bytes have come through. */
  | { readonly kind: 'limit_data'; readonly bytes: number }
);

/** What is done to one connection, the first on which a call is made: nothing comes through it for a while. */
export interface BlackHole {
  readonly kind: 'black_hole';
  /** Only what goes to the server is lost, or what comes back too. */
  readonly stream: 'upstream' | 'both';
  /** After this long it leads on, and what the client's kernel has sent again and again arrives. */
  readonly forMs: number;
  /**
   * What a dead or frozen client leaves to its kernel arrives within this, or never: that much is promised of every kernel. A client
   * that lives has to see to it itself.
   */
  readonly kernelMs: number;
}

/** What a front before the gateway does to lookups. */
export interface StaleLookups {
  readonly kind: 'stale_lookups';
  readonly stream: 'both';
  /**
   * `cache`: it answers from a cache, and says so by an `Age`. `off_by_one`: each lookup on a connection gets the answer to the lookup before.
   */
  readonly how: 'cache' | 'off_by_one';
  /** Of the cache: whether it asks the gateway anew when a request says `no-cache`. */
  readonly obeys: boolean;
  /** Of the cache: it takes lookups of all keys for the same, as a cache does that was told to ignore the query. */
  readonly ignoresQuery: boolean;
}

export type ConnectionToxic = StreamToxic | BlackHole | StaleLookups;

export type Toxic =
  | ConnectionToxic
  /** Nobody listens: new connections are refused, open ones are closed. */
  | { readonly kind: 'down' };

/** Toxiproxy's own. */
export type ToxicKind = StreamToxic['kind'] | 'down';

export const TOXIC_KINDS = [
  'latency',
  'down',
  'bandwidth',
  'slow_close',
  'timeout',
  'reset_peer',
  'slicer',
  'limit_data',
] as const satisfies readonly ToxicKind[];
