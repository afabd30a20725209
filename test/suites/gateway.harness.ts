/** What an adapter gives to join the suite: how it is built, and how its gateway writes each answer. */
import type { ChargeRequest, ReportedCharge } from '../../src/domain/outcomes.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import type { RawAnswer } from './gateway.server.ts';

/** A charge as the gateway would report it: the request's own values unless changed. */
export type ChargeChanges = Partial<Omit<ReportedCharge, 'status'>> & { readonly status?: string };

/** How one kind of gateway writes its answers. */
export interface Dialect {
  /** The statuses of the gateway's own errors that end a call without telling what became of it. */
  readonly finalErrors: readonly number[];
  /** Whether what was declined stays declined. If not, a lookup shows it as open. */
  readonly declineIsFinal: boolean;
  /** Whether a lookup lists only what has its key. If not, it lists charges of others, too. */
  readonly listsOneKey: boolean;
  approved(request: ChargeRequest, changes?: ChargeChanges): RawAnswer;
  pending(request: ChargeRequest, changes?: ChargeChanges): RawAnswer;
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

export interface GatewayHarness {
  readonly dialect: Dialect;
  /** An adapter for the gateway at this origin. */
  connect(origin: string, options?: ConnectSettings): Gateway;
}

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
