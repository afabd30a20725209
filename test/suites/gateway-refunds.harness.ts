/** What an adapter that makes refunds gives to join the suite of refunds. */
import type { RefundRequest, ReportedRefund } from '../../src/domain/refund-outcomes.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import type { ConnectSettings } from './gateway.harness.ts';
import type { RawAnswer } from './gateway.server.ts';

/** A refund as the gateway would report it: the request's own values unless changed. */
export type RefundChanges = Partial<Omit<ReportedRefund, 'status'>> & { readonly status?: string };

/** The charge of a refund as the gateway would report it, with what was refunded of it in all. */
export interface ChargeReport {
  readonly id?: string;
  readonly reference?: string;
  readonly currency?: string;
  readonly livemode?: boolean;
  /** In minor units; of any type, since a gateway may send anything. */
  readonly refunded: unknown;
}

/** How one kind of gateway writes its answers about refunds. */
export interface RefundDialect {
  succeeded(request: RefundRequest, changes?: RefundChanges): RawAnswer;
  pending(request: RefundRequest, changes?: RefundChanges): RawAnswer;
  failed(request: RefundRequest, changes?: RefundChanges): RawAnswer;
  /** A lookup's answer that lists these refunds. */
  found(request: RefundRequest, refunds: readonly RefundChanges[]): RawAnswer;
  /** The answer to a question about the charge of the refund. */
  charge(request: RefundRequest, report: ChargeReport): RawAnswer;
  /** The gateway's own error, about this call by its key. */
  error(request: RefundRequest, status: number, word: string): RawAnswer;
  /** The same, without a key. */
  plain(status: number, word?: string): RawAnswer;
}

export interface RefundHarness {
  readonly dialect: RefundDialect;
  /** An adapter for the gateway at this origin. */
  connect(origin: string, options?: ConnectSettings): Gateway;
}

export const REFUND: RefundRequest = {
  key: '4b7a1c52-0a3e-5d4b-8f0e-6a1d2c3b4e5f',
  reference: '7c9e6679-7425-50de-944b-e07fc1f90ae7',
  orderId: 'ORD 1/ü',
  accountId: 'default',
  installationId: '5b1f8a52-3a0e-4a53-9d0c-2f6f0b9f7a10',
  chargeRef: 'ch_1',
  amountMinor: 4_000,
  currency: 'USD',
};
