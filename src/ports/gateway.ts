import type { GatewayContract } from '../domain/contract.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../domain/outcomes.ts';

export interface ExchangeOptions {
  /**
   * Upper bound of the whole exchange, from now to the last byte of the answer, in milliseconds. The adapter ends it then,
   * and sends nothing more: the lease ends soon after, and another worker may be calling. With `fetch`, that
   * is `AbortSignal.timeout(timeoutMs)`.
   */
  readonly timeoutMs: number;
}

export interface CallOptions extends ExchangeOptions {
  /**
   * Whether the request may still leave. Ask it in the same tick in which the first byte is written, after the connection
   * is up: a process can be suspended while it connects, and another worker may have proved meanwhile that nothing was
   * charged. `false`: send nothing, now or later, and answer `refused`.
   */
  readonly mayLeave: () => boolean;
}

/**
 * One payment gateway. An adapter translates and nothing else: it does not retry, does not follow redirects,
 * does not invent keys, and never rejects for what a gateway or a network can do (that is an outcome). Should
 * it throw all the same, the engine takes the call as `unknown`. What it cannot send for want of something on its own machine
 * (files, ports, memory) is `not_sent`: no attempt, and no fault of the gateway.
 */
export interface Gateway {
  /** Stored with every payment; stable across releases. */
  readonly name: string;
  readonly contract: GatewayContract;
  /** Whether real money moves. `false` for a fake gateway or a sandbox. Default `true`. */
  readonly livemode?: boolean;
  /** Sends exactly one request for the charge, under `request.key`. */
  call(request: ChargeRequest, options: CallOptions): Promise<CallOutcome | NotSent>;
  /** Asks what became of `request.key`. Called only where `contract.lookup` is true; has no effect at the gateway. */
  lookup(request: ChargeRequest, options: ExchangeOptions): Promise<LookupOutcome | NotSent>;
  /** Releases connections; no call follows. */
  close(): Promise<void>;
}
