/** Pages for clients. */
import type { PaymentStatus } from '../../domain/payment.ts';

export interface PaymentsQuery {
  readonly accountId: string;
  readonly orderId?: string;
  readonly status?: PaymentStatus;
  readonly limit: number;
  readonly before?: string;
}

export interface EventsQuery {
  readonly accountId: string;
  readonly paymentId: string;
  readonly after: number;
  readonly limit: number;
}
