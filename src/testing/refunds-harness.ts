/** What an adapter that makes refunds gives to be checked. */
import type { RefundRequest, ReportedRefund } from '../domain/refund-outcomes.ts';
import type { RawAnswer } from './server.ts';

/** A refund as the gateway would report it: the request's own values unless changed. */
export type RefundChanges = Partial<Omit<ReportedRefund, 'status'>> & {
  /** Any text, as the gateway would write it. Default: what the answer is about. */
  readonly status?: string;
};

/** The charge of a refund as the gateway would report it, with what was refunded of it in all. */
export interface ChargeReport {
  /** Default: the charge that was refunded. */
  readonly id?: string;
  /** The order's name at the gateway. Default: the request's. */
  readonly reference?: string;
  /** Default: the request's. */
  readonly currency?: string;
  /** Whether it is real money. Default: the answer does not say. */
  readonly livemode?: boolean;
  /** In minor units; of any type, since a gateway may send anything. */
  readonly refunded: unknown;
}

/** How one kind of gateway writes its answers about refunds. */
export interface RefundDialect {
  /** The refund was made. */
  succeeded(request: RefundRequest, changes?: RefundChanges): RawAnswer;
  /** The gateway has it, and waits for the bank. */
  pending(request: RefundRequest, changes?: RefundChanges): RawAnswer;
  /** The gateway made none, and says so. */
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
