/** The eight faults of a network, by the names and with the meanings that Toxiproxy gave them. */

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

export type Toxic =
  | StreamToxic
  /** Nobody listens: new connections are refused, open ones are closed. */
  | { readonly kind: 'down' };

export type ToxicKind = Toxic['kind'];

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
