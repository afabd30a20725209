/**
 * What a gateway promises. The engine derives from it what is safe: whether an unknown call may be resent,
 * and from when on "not found" proves that nothing was charged. A gateway that breaks its contract can make
 * Payonce wrong; nothing else can.
 */
export interface GatewayContract {
  /**
   * `kept`: inside `keyWindowMs` a key has one result. It never charges twice, and once declined it stays declined,
   * whatever still arrives under it; a gateway that keeps charges but forgets declines is `none`.
   * `none`: every call may charge.
   */
  readonly keys: 'kept' | 'none';
  /** How long the gateway remembers a key, counted from its first use. */
  readonly keyWindowMs: number;
  /** Whether an error is stored under the key and replayed; then a resend cannot help and a lookup must. */
  readonly cachesErrors: boolean;
  /** Whether the gateway can be asked what became of a key. */
  readonly lookup: boolean;
  /** How long a charge may exist before a lookup shows it. */
  readonly lookupLagMs: number;
  /**
   * How long after we stopped listening a request may still take effect: after its time-out, its broken connection,
   * or the end of the lease under which it was sent, whichever comes first.
   */
  readonly landsWithinMs: number;
}
