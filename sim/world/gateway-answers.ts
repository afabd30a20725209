/**
 * The gateway's side of the HTTP protocol (`docs/fake-gateway.md`). It turns what the model says into exchanges, and the
 * real adapter translates those.
 */
import type { ChargeRequest } from '../../src/domain/outcomes.ts';
import type { Answer, AnswerHeaders, Exchange } from '../../src/gateways/http/exchange.ts';
import type { BookedCharge, Reply } from '../gateway/model.ts';

/** A key that no charge has. */
export const OTHER_KEY = '00000000-0000-4000-8000-000000000000';

/** A charge as an answer shows it. */
interface ChargeJson {
  readonly id: string;
  readonly status: BookedCharge['status'];
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly idempotency_key: string;
  readonly code?: string;
}

export const RESET: Exchange = { kind: 'broken', reason: 'connection_reset' };
export const TIMEOUT: Exchange = { kind: 'broken', reason: 'timeout' };
export const GARBAGE: Exchange = answer(200, '<html>Bad luck</html>');
export const FORBIDDEN: Exchange = answer(401, { error: 'unauthorized' });
export const DOWN: Exchange = answer(503, { error: 'down' });
const ERROR: Exchange = answer(500, { error: 'Gateway error' });
const IN_PROGRESS: Exchange = answer(409, { error: 'in_progress' }, { 'retry-after': '1' });
const KEY_REUSED: Exchange = answer(422, { error: 'key_reused' });

export function notSent(reason: string): Exchange {
  return { kind: 'not_sent', reason };
}

export function limited(retryAfterSeconds: number): Exchange {
  return answer(429, { error: 'rate_limited' }, { 'retry-after': String(retryAfterSeconds) });
}

export function replied(reply: Reply): Exchange {
  switch (reply.kind) {
    case 'charge':
      return answer(STATUS[reply.charge.status], json(reply.charge));
    case 'error':
      return ERROR;
    case 'in_progress':
      return IN_PROGRESS;
    case 'key_reused':
      return KEY_REUSED;
  }
}

/** The same reply with two statuses: approved and declined. */
export function ambiguous(reply: Reply): Exchange {
  if (reply.kind !== 'charge') return replied(reply);
  const charge = json(reply.charge);
  return answer(402, `${JSON.stringify(charge).slice(0, -1)},"status":"declined"}`);
}

/** An approval of a charge that was never made, under another key. */
export function approvedForAnother(request: ChargeRequest): Exchange {
  return answer(200, anothers(request));
}

/** @param echo the key that the answer repeats; null: the gateway repeats none. */
export function list(charges: readonly BookedCharge[], echo: string | null): string {
  return listOf(charges.map(json), echo);
}

export function listAboutAnother(request: ChargeRequest, echo: string | null): string {
  return listOf([anothers(request)], echo);
}

/** The list, and then an empty one under the same name. */
export function ambiguousList(charges: readonly BookedCharge[], echo: string | null): string {
  return `${list(charges, echo).slice(0, -1)},"data":[]}`;
}

export function listed(body: string, headers: AnswerHeaders = {}): Exchange {
  return answer(200, body, headers);
}

function listOf(data: readonly ChargeJson[], echo: string | null): string {
  return JSON.stringify(echo === null ? { data } : { data, idempotency_key: echo });
}

const STATUS = { succeeded: 200, declined: 402, pending: 202, refunded: 200 } as const;

function answer(status: number, body: object | string, headers: AnswerHeaders = {}): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(text),
    // Answers that a front mixes up are a separate fault.
    standsAlone: true,
  };
}

function json({ id, status, amountMinor: amount, currency, reference, key }: BookedCharge): ChargeJson {
  const charge = { id, status, amount, currency, reference, idempotency_key: key };
  return status === 'declined' ? { ...charge, code: 'card_declined' } : charge;
}

function anothers({ amountMinor: amount, currency, reference }: ChargeRequest): ChargeJson {
  return { id: 'ch_other', status: 'succeeded', amount, currency, reference, idempotency_key: OTHER_KEY };
}
