/**
 * The eight faults of a network, with the names and meanings of Toxiproxy. And two of our own: a connection through which nothing gets
 * for a while, and a front that gives old answers to lookups.
 */

/** `upstream`: from the client to the server; `downstream`: back. */
export type Stream = 'upstream' | 'downstream';

/** What is done to the bytes of one direction of every connection, including those that are already open. */
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
   * All bytes are lost, and the connection is closed after `timeoutMs`. 0: when the toxic is removed. Only one direction
   * is affected, and the other goes on.
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

/** Nothing gets through one connection for a while: the first one on which a call is made. */
export interface BlackHole {
  readonly kind: 'black_hole';
  /** Whether only bytes to the server are held, or also those that come back. */
  readonly stream: 'upstream' | 'both';
  /** After this time the connection works again, and what the client's kernel kept resending arrives. */
  readonly forMs: number;
  /**
   * A request that a dead or frozen client left in its kernel arrives within this time or never, as the contract promises. A living
   * client must make sure of that itself.
   */
  readonly kernelMs: number;
}

/** What a front before the gateway does to lookups. */
export interface StaleLookups {
  readonly kind: 'stale_lookups';
  readonly stream: 'both';
  /**
   * `cache`: it answers from a cache, with an `Age` header. `off_by_one`: each lookup on a connection gets the answer to the lookup before.
   */
  readonly how: 'cache' | 'off_by_one';
  /** For the cache: whether it asks the gateway again if a request says `no-cache`. */
  readonly obeys: boolean;
  /** For the cache: whether it treats lookups of all keys as the same, like a cache that is set to ignore the query. */
  readonly ignoresQuery: boolean;
}

export type ConnectionToxic = StreamToxic | BlackHole | StaleLookups;

export type Toxic =
  | ConnectionToxic
  /** Nobody listens: new connections are refused, open ones are closed. */
  | { readonly kind: 'down' };

/** The kinds that Toxiproxy has. */
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
