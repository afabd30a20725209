/** The one place where a charge is made: the bank accepts or declines, or says later. */
import { type BookingFault, delayOf } from '../faults/decide.ts';
import type { Charge, NewCharge } from '../ledger/port.ts';
import type { Work } from './command.ts';
import { StripeError } from './errors.ts';
import type { Intent, LastError, Payment } from './intent.ts';
import { type Decline, GENERIC_DECLINE, type TestMethod } from './methods.ts';
import { toLedger } from './money.ts';
import { writeChargeNote, writeIntent } from './records.ts';

/** How long a bank holds money that nobody captures. */
const HOLD_MS = 7 * 86_400_000;

/** Asks the bank. @throws StripeError if the bank declines. */
export async function charge(work: Work, payment: Payment, method: TestMethod): Promise<void> {
  const fate = work.command.fate as BookingFault | null;
  const refused = method.decline ?? (fate === 'declined' ? GENERIC_DECLINE : null);
  if (refused !== null) return decline(work, payment, method, refused);
  const { intent } = payment;
  const booked = await book(
    work,
    intent,
    method,
    fate,
    fate === 'pending' || fate === 'pending_declined' ? 'pending' : 'succeeded',
  );
  await writeIntent(work.books, { ...intent, lastError: null, attempts: intent.attempts + 1 });
  const holdMs = fate === 'authorization_expires' ? delayOf(work.settings, fate) : HOLD_MS;
  if (!booked.capture) await releaseLater(work, booked, holdMs);
  announce(work, intent, booked, holdMs);
}

function announce({ happened }: Work, intent: Intent, booked: Charge, holdMs: number): void {
  const about = { intentId: intent.id, chargeId: booked.id };
  const { settleMs } = booked;
  if (booked.outcome === 'pending' && settleMs !== null) {
    happened('charge.pending', about);
    happened('payment_intent.processing', { intentId: intent.id });
    if (booked.settleTo === 'declined') {
      happened('charge.failed', about, settleMs);
      happened('payment_intent.payment_failed', { intentId: intent.id }, settleMs);
      return;
    }
  }
  const paidMs = settleMs ?? booked.createdMs;
  happened('charge.succeeded', about, paidMs);
  happened(
    booked.capture ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated',
    { intentId: intent.id },
    paidMs,
  );
  if (booked.capture) return;
  happened('charge.expired', about, paidMs + holdMs);
  happened('payment_intent.canceled', about, paidMs + holdMs);
}

/** The hold ends by itself, unless it is captured before. The ledger decides that when it is read. */
async function releaseLater(
  { books, nowMs }: Work,
  { id, createdMs, settleMs }: Charge,
  holdMs: number,
): Promise<void> {
  const endsMs = (settleMs ?? createdMs) + holdMs;
  await books.operate(
    {
      kind: 'void',
      key: `stripe hold of ${id}`,
      chargeId: id,
      asked: null,
      wrongAmount: false,
      outcome: 'succeeded',
      answer: 200,
      createdMs: endsMs,
      visibleMs: endsMs,
      settleMs: null,
      settleTo: null,
    },
    nowMs,
  );
}

/** Books the declined attempt, and says why it was declined. The payment can be tried again. */
export async function decline(
  work: Work,
  payment: Payment,
  method: TestMethod,
  refused: Decline,
): Promise<never> {
  const { intent } = payment;
  const booked = await book(work, intent, method, null, 'declined');
  const lastError: LastError = {
    type: 'card_error',
    decline: refused,
    chargeId: booked.id,
    method: method.id,
  };
  await writeIntent(work.books, { ...intent, method: null, lastError, attempts: intent.attempts + 1 });
  work.happened('charge.failed', { intentId: intent.id, chargeId: booked.id });
  work.happened('payment_intent.payment_failed', { intentId: intent.id });
  const { code, declineCode, message } = refused;
  throw new StripeError(
    402,
    { type: 'card_error', code, decline_code: declineCode, message },
    { kept: true, intentId: intent.id },
  );
}

async function book(
  work: Work,
  intent: Intent,
  method: TestMethod,
  fate: BookingFault | null,
  outcome: 'succeeded' | 'declined' | 'pending',
): Promise<Charge> {
  const { nowMs, settings, books } = work;
  const { metadata, currency } = intent;
  const amount = toLedger(intent.amount, currency);
  const isPending = outcome === 'pending' && fate !== null;
  const charge: NewCharge = {
    key: intent.id,
    generation: intent.attempts,
    reference: metadata.reference ?? metadata.order_id ?? intent.id,
    orderId: metadata.order_id ?? null,
    accountId: null,
    method: method.id,
    amount: fate === 'wrong_amount' ? amount + 1 : amount,
    currency: fate !== 'wrong_currency' ? currency : currency === 'EUR' ? 'USD' : 'EUR',
    askedAmount: amount,
    askedCurrency: currency,
    capture: intent.capture !== 'manual',
    outcome,
    answer: outcome === 'succeeded' ? 200 : outcome === 'pending' ? 202 : 402,
    createdMs: nowMs,
    visibleMs: nowMs,
    settleMs: isPending ? nowMs + delayOf(settings, fate) : null,
    settleTo: isPending ? (fate === 'pending' ? 'succeeded' : 'declined') : null,
    // A void ends the hold, so that it has a date.
    expiresMs: null,
  };
  const booked = await books.book(charge);
  await writeChargeNote(books, intent, booked);
  return booked;
}
