/** Carries a command out, within one transaction: its effect, its events and its kept answer, or none of them. */
import type { FaultSettings } from '../faults/settings.ts';
import type { Books } from '../ledger/books.ts';
import { authenticate } from './authenticate.ts';
import { cancel } from './cancel.ts';
import { capture } from './capture.ts';
import type { Command, Operation, Work } from './command.ts';
import { confirm } from './confirm.ts';
import { create } from './create.ts';
import { errorText, missing, StripeError } from './errors.ts';
import { type Happening, recordEvents } from './events.ts';
import type { Payment } from './intent.ts';
import type { Json } from './json.ts';
import { type Answer, keep } from './keys.ts';
import { intentObject, lastErrorObject } from './objects.ts';
import { readPayment } from './records.ts';
import { refund } from './refund.ts';

const OPERATIONS: Readonly<
  Record<Exclude<Operation, 'create'>, (work: Work, payment: Payment) => Promise<Json>>
> = {
  confirm,
  capture,
  cancel,
  refund,
  authenticate,
};

export interface Performed {
  readonly answer: Answer;
  /** The ids of the events that have happened. */
  readonly events: readonly string[];
  /** What will happen later. */
  readonly coming: readonly Happening[];
}

/** @throws StripeError if a parameter is wrong: nothing was done, and nothing is kept. */
export async function perform(
  books: Books,
  command: Command,
  settings: FaultSettings,
  nowMs: number,
): Promise<Performed> {
  const happenings: Happening[] = [];
  const work: Work = {
    command,
    books,
    settings,
    nowMs,
    happened: (type, about, atMs = nowMs) => happenings.push({ type, atMs, ...about }),
  };
  const answer = await operate(work).catch(async (error: unknown) => {
    if (error instanceof StripeError && error.kept) return errorAnswer(books, error, nowMs);
    throw error;
  });
  const request = { id: command.requestId, key: command.key };
  const { happened, coming } = await recordEvents(books, happenings, request, nowMs);
  await keep(books, command, answer, nowMs);
  return { answer, events: happened, coming };
}

async function operate(work: Work): Promise<Answer> {
  const { operation, intentId, params } = work.command;
  if (operation === 'create') return { status: 200, body: JSON.stringify(await create(work)) };
  const payment = intentId === null ? undefined : await readPayment(work.books, intentId);
  if (payment === undefined) {
    const named = operation === 'refund' && params.payment_intent === undefined ? 'charge' : 'payment_intent';
    const id = operation === 'refund' ? String(params[named] ?? '') : (intentId ?? '');
    throw missing(named, id, operation === 'refund' ? named : 'intent');
  }
  return { status: 200, body: JSON.stringify(await OPERATIONS[operation](work, payment)) };
}

/** The error, with the payment as it is now. */
async function errorAnswer(
  books: Books,
  { status, detail, intentId }: StripeError,
  nowMs: number,
): Promise<Answer> {
  const payment = intentId === null ? undefined : await readPayment(books, intentId);
  if (payment === undefined) return { status, body: errorText(detail) };
  const { lastError } = payment.intent;
  const about =
    detail.type === 'card_error' && lastError !== null ? lastErrorObject(lastError, payment.intent) : {};
  return { status, body: errorText(detail, { ...about, payment_intent: intentObject(payment, nowMs) }) };
}
