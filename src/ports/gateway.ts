import type { CaptureRequest } from '../domain/capture-outcomes.ts';
import type { GatewayContract } from '../domain/contract.ts';
import type { WebhookReading } from '../domain/gateway-note.ts';
import type {
  CallOutcome,
  ChargeRequest,
  LookupOutcome,
  NotSent,
  PrepareOutcome,
  PrepareRequest,
  SealRequest,
} from '../domain/outcomes.ts';
import type { RefundedCharge, RefundedOutcome, RefundRequest } from '../domain/refund-outcomes.ts';

/** The limits of one exchange with the gateway. */
export interface ExchangeOptions {
  /**
   * How long the whole exchange may take, from now to the last byte of the answer, in milliseconds. Then the adapter must end it and
   * send nothing more: the lease ends soon after, and another worker may call. With `fetch`, use `AbortSignal.timeout(timeoutMs)`.
   */
  readonly timeoutMs: number;
}

/** The limits of one call: those of any exchange, and whether it may still be sent. */
export interface CallOptions extends ExchangeOptions {
  /**
   * Whether the request may still be sent. Call it after the connection is made, in the same tick in which the first byte is written. A
   * process can be suspended while it connects, and another worker may have proved meanwhile that nothing was charged. `false`: send
   * nothing, now or later, and answer `refused`.
   */
  readonly mayLeave: () => boolean;
}

/**
 * How one gateway makes refunds. The rules of `Gateway` hold for every method: translate, send at most one request, never reject. A
 * refund and a charge have the same outcomes; `judgeRefundCall` and `judgeRefundLookup` turn the gateway's report into one.
 *
 * @example
 * refunds: {
 *   async call(request, { timeoutMs, mayLeave }) {
 *     const answer = await post(`/charges/${encodeURIComponent(request.chargeRef)}/refunds`, request, { timeoutMs, mayLeave });
 *     return judgeRefundCall(request, refundIn(answer));
 *   },
 *   lookup: async (request, { timeoutMs }) => judgeRefundLookup(request, await refundsUnder(request.key, timeoutMs)),
 * }
 */
export interface Refunds {
  /** Sends at most one request for the refund, under `request.key`, with its amount. An unknown charge is `unknown`, never `declined`. */
  call(request: RefundRequest, options: CallOptions): Promise<CallOutcome | NotSent>;
  /**
   * Asks the gateway what became of `request.key`, without any effect there. The answer must show the refund as it is now: one that
   * succeeded may have failed since. Called only if the contract's `lookup` is true for refunds.
   */
  lookup(request: RefundRequest, options: ExchangeOptions): Promise<LookupOutcome | NotSent>;
  /**
   * Asks what was refunded of the charge in all, by whoever made the refund, in minor units. Refunds under way count; those that failed
   * do not. Absent: this gateway does not say.
   */
  refunded?(charge: RefundedCharge, options: ExchangeOptions): Promise<RefundedOutcome | NotSent>;
}

/** An event of the gateway, as it came in. */
export interface WebhookDelivery {
  /** The body, byte for byte: its signature covers the bytes. */
  readonly body: Uint8Array;
  /** The headers by name, in lower case. One that came several times is joined with commas. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * How a gateway charges in two steps. The rules of `Gateway` hold for every method. With it, `Gateway.call` confirms `request.handle` under
 * `request.key`, and `Gateway.lookup` reads `request.handle`. Without a handle, `lookup` lists what carries `request.key`; what it cannot list
 * completely is `unavailable`.
 */
export interface TwoSteps {
  /** Makes the object, under `request.prepareKey`. Moves no money. The object carries `request.key` and `request.reference`. */
  prepare(request: PrepareRequest, options: CallOptions): Promise<PrepareOutcome | NotSent>;
  /**
   * Sees to it that nothing can land on `request.handle` any more, under `request.sealKey`. What it answers means nothing: the object is read
   * afterwards. `not_sent` if nothing was sent.
   */
  seal(request: SealRequest, options: ExchangeOptions): Promise<NotSent | undefined>;
}

/** What of an order tells whether a gateway can charge it. */
export type OrderTerms = Pick<ChargeRequest, 'amountMinor' | 'currency' | 'method'>;

/**
 * How one gateway captures what it has authorised, and lets go of it. The rules of `Gateway` hold for every method: translate, send at most one
 * request, never reject; a lookup may send two. A gateway that has these takes charges with `captureMethod: 'manual'`: it then only authorises
 * the money.
 *
 * An answer such as "already captured" is no decline: answer `unknown`, so that a lookup decides.
 *
 * @example
 * captures: {
 *   capture: {
 *     async call(request, { timeoutMs, mayLeave }) {
 *       const answer = await post(`/charges/${encodeURIComponent(request.chargeRef)}/capture`, request, { timeoutMs, mayLeave });
 *       return judgeCaptureCall('capture', request, captureIn(answer));
 *     },
 *     lookup: async (request, { timeoutMs }) =>
 *       judgeChargeBehind('capture', request, await chargeOf(request.chargeRef, timeoutMs)),
 *   },
 *   void: { … },
 * }
 */
export interface Captures {
  /** Takes `amountMinor` of what was authorised; the gateway lets go of the rest. */
  readonly capture: CaptureEffect;
  /** Lets go of all that was authorised. */
  readonly void: CaptureEffect;
}

/** A capture or a void at the gateway. */
export interface CaptureEffect {
  /** Sends at most one request, under `request.key`. An unknown charge is `unknown`, never `declined`. */
  call(request: CaptureRequest, options: CallOptions): Promise<CallOutcome | NotSent>;
  /**
   * Asks the gateway what became of `request.key`, without any effect there: by the key or, if it does not know the key, by what has become of
   * the charge. `judgeCaptureLookup` and `judgeChargeBehind` judge both. The contract's `lookup` must be true for both kinds, and for charges.
   */
  lookup(request: CaptureRequest, options: ExchangeOptions): Promise<LookupOutcome | NotSent>;
}

/**
 * One payment gateway. An adapter only translates. It does not retry, does not follow redirects and does not invent keys. It never
 * rejects for a failure of the gateway or the network: that is an outcome. If it throws all the same, the engine takes the call as
 * `unknown` and the lookup as `unavailable`. If its own machine lacks files, ports or memory to send the request, it answers
 * `not_sent`: that is no attempt, and no fault of the gateway. `examples/library.mjs` has a whole adapter.
 */
export interface Gateway {
  /**
   * Stored with every payment, to tell gateways apart: 1 to 64 visible ASCII characters. Keep it across releases. Give another gateway,
   * or another account at it, another name. `fake` is the fake gateway's.
   */
  readonly name: string;
  /**
   * Where it is, such as its base URL, without secrets: 1 to 2,000 visible ASCII characters. Kept in the database. A start with another address is refused while payments or refunds
   * are open, unless `acceptGatewayChange` says that it is the same gateway. Absent: nothing is compared.
   */
  readonly address?: string;
  /**
   * What the gateway promises, for all that this adapter offers. Read once, by `createPayonce`, which rejects if it is unsafe, and says what to
   * write.
   */
  readonly contract: GatewayContract;
  /** Whether real money moves. `false` for a fake gateway or a sandbox. Default `true`. */
  readonly livemode?: boolean;
  /**
   * Where its credentials are set, such as the name of a setting. The alarm `gateway_forbidden` tells it to whoever is on call. It must not be
   * the credentials. Absent: the alarm does not say.
   */
  readonly credentials?: string;
  /**
   * Why this gateway never charges an order like this, as a sentence without its full stop; null: it may. The order is then refused before
   * anything is stored or sent, and the client reads the sentence, so it repeats nothing secret. It must answer at once, by the order alone:
   * what the gateway decides by its state or its account is a decline. Absent: it may charge any order.
   */
  refuses?(order: OrderTerms): string | null;
  /** Sends at most one request for the charge, under `request.key`. */
  call(request: ChargeRequest, options: CallOptions): Promise<CallOutcome | NotSent>;
  /** Asks the gateway what became of `request.key`, without any effect there. Called only if the contract's `lookup` is true for charges. */
  lookup(request: ChargeRequest, options: ExchangeOptions): Promise<LookupOutcome | NotSent>;
  /** How it charges in two steps, if the contract's `steps` is `two`. Absent: it charges in one. */
  readonly twoSteps?: TwoSteps;
  /** How refunds are made. Absent: the gateway takes none, and a request for one is refused before anything is stored. */
  readonly refunds?: Refunds;
  /**
   * How money that was authorised is captured or voided. Absent: the gateway cannot authorise first, and a request for it is refused before
   * anything is stored.
   */
  readonly captures?: Captures;
  /**
   * Reads an event that the gateway sent. A pure function: it checks the signature and its age, says what the event is about, and decides
   * nothing. `wallMs`: now, in milliseconds since the Unix epoch. It must compare signatures in constant time, and must
   * not return a promise. Absent: events are not taken.
   */
  readonly webhooks?: (delivery: WebhookDelivery, wallMs: number) => WebhookReading;
  /** Closes the connections. Nothing is called after it. With `createPayonce`, call it yourself, after `stop`. */
  close(): Promise<void>;
}
