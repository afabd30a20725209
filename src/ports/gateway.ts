import type { GatewayContract } from '../domain/contract.ts';
import type { CallOutcome, ChargeRequest, LookupOutcome, NotSent } from '../domain/outcomes.ts';

/** The bounds of one exchange with the gateway. */
export interface ExchangeOptions {
  /**
   * The longest that the whole exchange may take, from now to the last byte of the answer, in milliseconds. Then the adapter ends it
   * and sends nothing more: the lease ends soon after, and another worker may be calling. With `fetch`, that
   * is `AbortSignal.timeout(timeoutMs)`.
   */
  readonly timeoutMs: number;
}

/** The bounds of one call: those of any exchange, and whether it may still be sent. */
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
 * does not invent keys, and never rejects for what a gateway or a network can do (that is an outcome). If it throws all the same, the
 * engine takes the call as `unknown` and the lookup as `unavailable`. What it cannot send because its own machine is short of something
 * (files, ports, memory) is `not_sent`: no attempt, and no fault of the gateway. `examples/library.mjs` has a whole adapter.
 */
export interface Gateway {
  /**
   * Stored with every payment, and what tells one gateway from another: 1 to 64 visible ASCII characters. Keep it across releases;
   * give another gateway, or another account at it, another name. `fake` is the fake gateway's.
   */
  readonly name: string;
  /** What the gateway promises. Read once, by `createPayonce`. */
  readonly contract: GatewayContract;
  /** Whether real money moves. `false` for a fake gateway or a sandbox. Default `true`. */
  readonly livemode?: boolean;
  /** Sends at most one request for the charge, under `request.key`. */
  call(request: ChargeRequest, options: CallOptions): Promise<CallOutcome | NotSent>;
  /** Asks the gateway what became of `request.key`, without any effect there. Called only where `contract.lookup` is true. */
  lookup(request: ChargeRequest, options: ExchangeOptions): Promise<LookupOutcome | NotSent>;
  /** Closes the connections. Nothing is called after it. With `createPayonce`, you call it, after `stop`. */
  close(): Promise<void>;
}
