/** What an adapter gives to be checked: how it is built, and how its gateway writes each answer. */
import type { ChargeRequest, PrepareRequest, ReportedCharge } from '../domain/outcomes.ts';
import type { Gateway, WebhookDelivery } from '../ports/gateway.ts';
import type { CaptureDialect } from './captures-harness.ts';
import type { Reasons } from './expect.ts';
import type { RefundDialect } from './refunds-harness.ts';
import type { RawAnswer } from './server.ts';

/** A charge as the gateway would report it: the request's own values unless changed. */
export type ChargeChanges = Partial<Omit<ReportedCharge, 'status'>> & {
  /** Any text, as the gateway would write it. Default: what the answer is about. */
  readonly status?: string;
};

/** How one kind of gateway writes its answers. */
export interface Dialect {
  /** The statuses of the gateway's own errors that end a call without telling what became of it. */
  readonly finalErrors: readonly number[];
  /** Whether what was declined stays declined. If not, a lookup shows it as open. */
  readonly declineIsFinal: boolean;
  /** Whether a lookup lists only what has its key. If not, it lists charges of others, too. */
  readonly listsOneKey: boolean;
  /** The charge was made. */
  approved(request: ChargeRequest, changes?: ChargeChanges): RawAnswer;
  /** The gateway has it, and decides later. */
  pending(request: ChargeRequest, changes?: ChargeChanges): RawAnswer;
  /** A definite no. */
  declined(request: ChargeRequest, changes?: ChargeChanges): RawAnswer;
  /** The first call with this key is still being worked on. */
  busy(): RawAnswer;
  /** The key came with other parameters before. */
  keyReused(): RawAnswer;
  /** A lookup's answer that lists these charges. */
  found(request: ChargeRequest, charges: readonly ChargeChanges[]): RawAnswer;
  /** The gateway's own error 500, about this call by its key. */
  failed(request: ChargeRequest): RawAnswer;
  /** Any other answer, without a key, in the gateway's usual media type. */
  plain(status: number): RawAnswer;
}

/** How a gateway of two steps writes its answers. */
export interface TwoStepsDialect {
  /** The object was made, with this id. */
  prepared(request: PrepareRequest, handle: string): RawAnswer;
}

/** How a gateway writes and signs its events. */
export interface WebhookDialect {
  /** The event that this charge succeeded, as it comes in; signed at `wallMs`, in milliseconds since the Unix epoch. */
  succeeded(request: ChargeRequest, wallMs: number): WebhookDelivery;
}

/** What is checked: an adapter, and the dialects of all that it declares. */
export interface GatewayHarness {
  /** How the gateway writes its answers about charges. */
  readonly dialect: Dialect;
  /** How it writes its answers about refunds. Absent: the adapter has no `refunds`. */
  readonly refunds?: RefundDialect;
  /** How it writes its answers about authorised charges, captures and voids. Absent: the adapter has no `captures`. */
  readonly captures?: CaptureDialect;
  /** How it writes its answers about objects. Absent: the adapter has no `twoSteps`. */
  readonly twoSteps?: TwoStepsDialect;
  /** How it writes its events. Absent: the adapter has no `webhooks`. */
  readonly webhooks?: WebhookDialect;
  /** Whether a `reason` must be the very word that Payonce's own adapters say (`exact`), or any word (`any`). Default `any`. */
  readonly reasons?: Reasons;
  /** An adapter for the gateway at this origin, such as `http://127.0.0.1:4711`. It must not connect before it is used. */
  connect(origin: string, options?: ConnectSettings): Gateway;
}

/** What a check needs of the adapter's connections. */
export interface ConnectSettings {
  /** Calls at once. Default: many. */
  readonly maxConnections?: number;
  /** Bytes of a body after which an answer is given up. Default: more than any answer here. */
  readonly maxResponseBytes?: number;
  /** The certificate that is trusted, in PEM. Default: the system's. */
  readonly ca?: string;
}

export const REQUEST: ChargeRequest = {
  key: '0b0e7a0e-5c0f-5f6d-9d5e-0d2f6f1a7c11',
  reference: '7c9e6679-7425-50de-944b-e07fc1f90ae7',
  orderId: 'ORD 1/ü',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  amountMinor: 10_000,
  currency: 'USD',
  method: 'tok_visa',
};
