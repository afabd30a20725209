import type { Tool } from '../tool.ts';
import { charge } from './charge.ts';
import { explainPayment } from './explain-payment.ts';
import { listPayments } from './list-payments.ts';
import { lookNow } from './look-now.ts';
import { capture, voidPayment } from './operations.ts';
import { refund } from './refund.ts';
import { showPayment } from './show-payment.ts';

export const TOOLS: readonly Tool[] = [
  charge,
  showPayment,
  explainPayment,
  listPayments,
  refund,
  capture,
  voidPayment,
  lookNow,
];
